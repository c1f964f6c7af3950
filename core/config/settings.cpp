// Every configurable value, declared once: add it to core/config/config.hpp and here
// (core/config/settings_cloud.cpp for a cloud), then run `monopod config docs` and `monopod config
// example` into docs/.
#include "core/config/settings.hpp"

#include "core/config/declare_setting.hpp"
#include "core/config/setting_checks.hpp"
#include "core/limits.hpp"

#include <utility>

namespace monopod {

namespace {

void declare_node(std::vector<setting>& t) {
  t.push_back(declare(TOP(site), {.help = "Site of this node; part of every result's key and topic",
                                  .check = check_name}));
  t.push_back(declare(TOP(node), {.help = "Name of this node; empty: the host's name",
                                  .check = check_name_or_empty}));
  t.push_back(declare(IN(log, level), {.help = "Least level that is logged", .runtime = true}));
  t.push_back(declare(IN(log, format), {.help = "key=value text or JSON lines, on stderr"}));
  t.push_back(declare(IN(gateway, listen), {.help = "ZeroMQ endpoints for cameras",
                                            .min = 1,
                                            .max = limits::camera_endpoints,
                                            .check = check_endpoint}));
  t.push_back(declare(IN(gateway, max_frame_bytes), {.help = "A larger frame is refused",
                                                     .unit = "bytes",
                                                     .min = 1024,
                                                     .max = limits::frame_bytes}));
  t.push_back(
      declare(IN(gateway, max_skew_ms), {.help = "How far a camera's stamp may lie in the future",
                                         .unit = "ms",
                                         .max = 60 * ms_per_minute,
                                         .runtime = true}));
  t.push_back(declare(IN(gateway, max_cameras), {.help = "Further cameras are refused",
                                                 .unit = "cameras",
                                                 .min = 1,
                                                 .max = limits::cameras}));
  t.push_back(declare(IN(broker, listen), {.help = "ZeroMQ endpoints for applications in other "
                                                   "processes; empty: none",
                                           .max = limits::camera_endpoints,
                                           .check = check_endpoint}));
  t.push_back(declare(
      IN(broker, ack),
      {.help =
           "When a camera is acknowledged: processed, once every application's result is "
           "committed, so that a crash loses nothing; replicated, once the frame itself is in the "
           "memory of every node in sync, so that a node's crash loses nothing, even if the camera "
           "is gone, too; accepted, once the frame is in memory, so "
           "that a crash loses what was in flight, which is counted"}));
  t.push_back(declare(IN(broker, app_timeout_s),
                      {.help = "An application that gives no sign of life for so long (no result, "
                               "no Subscribe) is forgotten: frames are acknowledged without its "
                               "result; 0: never",
                       .unit = "s",
                       .max = 7 * 24 * 3600}));
  t.push_back(declare(IN(ledger, durability),
                      {.help = "Where cursors and outbox live: in memory, or on disk, where they "
                               "survive kill -9 and the loss of power"}));
  t.push_back(declare(IN(ledger, directory), {.help = "State directory, for disk"}));
  t.push_back(declare(IN(link, frames), {.help = "Frames from gateway to broker; the broker binds",
                                         .check = check_endpoint}));
  t.push_back(declare(IN(link, apps), {.help = "Broker to applications; the broker binds",
                                       .check = check_endpoint}));
  t.push_back(declare(IN(link, results), {.help = "Ledger to cloud bridge; the ledger binds",
                                          .check = check_endpoint}));
  t.push_back(declare(IN(loop, spin_us),
                      {.help = "Busy-wait before sleeping in poll", .unit = "us", .max = 10'000}));
  t.push_back(declare(IN(loop, realtime),
                      {.help = "Run before all ordinary processes (SCHED_RR), where that is "
                               "allowed: root, CAP_SYS_NICE or LimitRTPRIO"}));
  t.push_back(declare(IN(loop, stall_ms), {.help = "A longer turn is counted and logged",
                                           .unit = "ms",
                                           .min = 1,
                                           .max = ms_per_minute,
                                           .runtime = true}));
  t.push_back(declare(IN(http, listen),
                      {.help = "Address and port of metrics, health and status; empty: no HTTP",
                       .check = check_http_listen}));
}

void declare_group(std::vector<setting>& t) {
  t.push_back(declare(IN(group, name), {.help = "Name of the group; nodes of another are refused",
                                        .check = check_name}));
  t.push_back(declare(IN(group, members),
                      {.help = "Members about which there is nothing else to say, instead of an "
                               "empty [member.NAME] for each",
                       .max = limits::group_members,
                       .check = check_name}));
  t.push_back(
      declare(IN(group, discover),
              {.help = "Name and port under which the members without an address are found, "
                       "as a headless Service of Kubernetes; IPv4. Empty: each has an address",
               .check = check_name_and_port}));
  t.push_back(declare(IN(group, profile),
                      {.help = "How long a lost node stays unnoticed: lan, within 300 ms; fast, "
                               "within 120 ms, for nodes with little else to do; wifi, 550 ms"}));
  t.push_back(declare(IN(group, directory),
                      {.help = "State directory of this node's votes, which one process at a time "
                               "holds; as lasting as the machine, or the node is a new one after "
                               "each start"}));
  t.push_back(declare(NAMED(member, address),
                      {.help = "ZeroMQ endpoint that the member binds and the others connect "
                               "to; empty: found by group.discover",
                       .check = check_peer_address}));
  t.push_back(
      declare(NAMED(member, listen), {.help = "Where the member itself binds, if not at its "
                                              "address; empty: there, or at all of its addresses",
                                      .check = check_endpoint_or_empty}));
  t.push_back(declare(NAMED(member, role), {.help = "A replica of the node, or a witness, which "
                                                    "votes only"}));
  t.push_back(declare(NAMED(member, votes), {.help = "Whether it votes about who is primary; an "
                                                     "odd number of voters is best"}));
}

void declare_kubernetes(std::vector<setting>& t) {
  t.push_back(
      declare(IN(kubernetes, service),
              {.help = "Service without selector, in an EndpointSlice of which this pod writes its "
                       "address while it is the primary; empty: none",
               .check = check_name_or_empty}));
  t.push_back(declare(IN(kubernetes, address), {.help = "IPv4 address of this pod (status.podIP)",
                                                .check = check_host_or_empty}));
}

void declare_vision(std::vector<setting>& t) {
  t.push_back(declare(NAMED(vision, cameras),
                      {.help = "Patterns of the cameras it subscribes to, with * and ?",
                       .min = 1,
                       .max = limits::patterns_per_subscription,
                       .check = check_pattern}));
  t.push_back(declare(NAMED(vision, distribution),
                      {.help = "Distribution of the service time", .runtime = true}));
  t.push_back(declare(NAMED(vision, service_ms), {.help = "Mean service time per frame",
                                                  .unit = "ms",
                                                  .max = ms_per_minute,
                                                  .runtime = true}));
  t.push_back(declare(NAMED(vision, deviation_ms),
                      {.help = "Standard deviation of the service time; not for constant",
                       .unit = "ms",
                       .max = ms_per_minute,
                       .runtime = true}));
  t.push_back(
      declare(NAMED(vision, work), {.help = "Whether the service time is waited for or computed"}));
  t.push_back(declare(NAMED(vision, decode), {.help = "Decode the JPEG first"}));
  t.push_back(declare(NAMED(vision, detections), {.help = "Made-up detections per frame",
                                                  .unit = "detections",
                                                  .max = limits::detections_per_frame,
                                                  .runtime = true}));
  t.push_back(declare(NAMED(vision, seed),
                      {.help = "Seed of service times and detections", .max = forever}));
  t.push_back(declare(NAMED(vision, credit), {.help = "Frames it may hold at a time",
                                              .unit = "frames",
                                              .min = 1,
                                              .max = limits::app_credit_max}));
  t.push_back(declare(NAMED(vision, policy),
                      {.help = "Which frames it gets: every one, the latest, or the newest few"}));
  t.push_back(declare(NAMED(vision, bound), {.help = "Frames that wait per camera, for bounded",
                                             .unit = "frames",
                                             .min = 1,
                                             .max = limits::bounded_frames_max}));
  t.push_back(declare(
      NAMED(vision, max_age_ms),
      {.help = "Older frames are skipped; 0: none", .unit = "ms", .max = 60 * ms_per_minute}));
  t.push_back(declare(
      NAMED(vision, max_fps),
      {.help = "Frames a second of each camera; 0: all", .unit = "frames a second", .max = 1000}));
  t.push_back(declare(NAMED(vision, own_thread), {.help = "Runs on a loop (thread) of its own"}));
}

// How the sections of one kind, a map in a config, are listed and made.
template <auto Sections>
section_info named_section(std::string name, std::string help, std::string made_name,
                           std::size_t most) {
  return {std::move(name),
          true,
          std::move(help),
          std::move(made_name),
          most,
          [](const config& c) {
            std::vector<std::string> names;
            for (const auto& [n, section] : c.*Sections)
              names.push_back(n);
            return names;
          },
          [](config& c, const std::string& n) { (c.*Sections)[n]; }};
}

section_info plain_section(std::string name, std::string help) {
  return {std::move(name), false, std::move(help), "", 1, nullptr, nullptr};
}

} // namespace

const std::vector<setting>& settings() {
  static const auto table = [] {
    std::vector<setting> t;
    declare_node(t);
    declare_group(t);
    declare_kubernetes(t);
    declare_vision(t);
    declare_cloud(t);
    return t;
  }();
  return table;
}

const config& reference_config() {
  static const auto reference = [] {
    config c;
    for (const auto& section : sections())
      if (section.named)
        section.make(c, "NAME");
    return c;
  }();
  return reference;
}

const std::vector<section_info>& sections() {
  static const std::vector<section_info> all{
      plain_section("log", "What is logged"),
      plain_section("gateway", "Where cameras connect"),
      plain_section("broker", "Where applications connect"),
      plain_section("ledger", "What the node remembers"),
      plain_section("link", "ZeroMQ endpoints between the stages"),
      plain_section("loop", "The event loop"),
      plain_section("http", "Metrics, health and status"),
      plain_section("group", "The group of nodes of which one is primary"),
      plain_section("kubernetes", "What the cluster is told"),
      named_section<&config::member>("member",
                                     "Members of the group by their node's name, one section each; "
                                     "none: a node on its own",
                                     "", limits::group_members),
      named_section<&config::vision>("vision", "Emulated vision applications, one section each",
                                     "emulator", limits::apps),
      named_section<&config::cloud>("cloud", "Clouds that get the results, one section each",
                                    "local", limits::clouds),
  };
  return all;
}

} // namespace monopod
