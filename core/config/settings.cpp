// Every configurable value, declared once. To add one, add it to core/config/config.hpp and here
// (or to core/config/settings_cloud.cpp), and write the output of `monopod config docs` and
// `monopod config example` to docs/.
#include "core/config/settings.hpp"

#include "core/config/declare_setting.hpp"
#include "core/config/polygon.hpp"
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
  t.push_back(declare(IN(log, level), {.help = "Lowest level that is logged", .runtime = true}));
  t.push_back(declare(IN(log, format), {.help = "key=value text or JSON lines, on stderr"}));
  t.push_back(declare(IN(gateway, listen), {.help = "ZeroMQ endpoints for cameras",
                                            .min = 1,
                                            .max = limits::camera_endpoints,
                                            .check = check_endpoint}));
  t.push_back(
      declare(IN(gateway, max_frame_bytes), {.help = "Largest frame; a larger one is refused",
                                             .unit = "bytes",
                                             .min = 1024,
                                             .max = limits::frame_bytes}));
  t.push_back(
      declare(IN(gateway, max_skew_ms), {.help = "How far a camera's stamp may lie in the future",
                                         .unit = "ms",
                                         .max = 60 * ms_per_minute,
                                         .runtime = true}));
  t.push_back(
      declare(IN(gateway, max_cameras), {.help = "Most cameras at a time; further ones are refused",
                                         .unit = "cameras",
                                         .min = 1,
                                         .max = limits::cameras}));
  t.push_back(declare(
      IN(gateway, connections_per_address),
      {.help = "Most connections of cameras from one IP address but this host's own; raise it if "
               "cameras share an address, for example behind a NAT",
       .unit = "connections",
       .min = 1,
       .max = limits::connections_per_address_max}));
  t.push_back(declare(IN(broker, listen), {.help = "ZeroMQ endpoints for applications in other "
                                                   "processes; empty: none",
                                           .max = limits::camera_endpoints,
                                           .check = check_endpoint}));
  t.push_back(declare(
      IN(broker, ack),
      {.help = "When a frame is acknowledged: processed, once every application's result is "
               "committed, so that a crash loses nothing; replicated, once every node in sync "
               "holds the frame in memory, so that the crash of a node loses nothing, even if the "
               "camera is gone, too; accepted, once this node holds the frame in memory, so that a "
               "crash loses the frames in flight, which are counted"}));
  t.push_back(
      declare(IN(broker, app_timeout_s),
              {.help = "An application that is silent for this long (no result, no Subscribe) is "
                       "forgotten: frames are acknowledged without its result; 0: never",
               .unit = "s",
               .max = 7 * 24 * 3600}));
}

void declare_ledger_and_loop(std::vector<setting>& t) {
  t.push_back(declare(IN(ledger, durability),
                      {.help = "Where cursors and outboxes live: in memory, or on disk, where they "
                               "survive kill -9 and a loss of power"}));
  t.push_back(declare(IN(ledger, directory), {.help = "State directory, if durability is disk"}));
  t.push_back(declare(IN(link, frames), {.help = "Frames from gateway to broker; the broker binds",
                                         .check = check_link_endpoint}));
  t.push_back(
      declare(IN(link, apps),
              {.help = "Frames and results between broker and applications; the broker binds",
               .check = check_link_endpoint}));
  t.push_back(
      declare(IN(link, results), {.help = "Results from ledger to cloud stage; the ledger binds",
                                  .check = check_link_endpoint}));
  t.push_back(declare(
      IN(loop, spin_us),
      {.help = "How long the loop waits busily before it sleeps", .unit = "us", .max = 10'000}));
  t.push_back(declare(IN(loop, realtime),
                      {.help = "Run before all ordinary processes (SCHED_RR), if that is "
                               "permitted: as root, or by CAP_SYS_NICE or LimitRTPRIO"}));
  t.push_back(declare(IN(loop, stall_ms),
                      {.help = "A turn of the loop that takes longer is counted and logged",
                       .unit = "ms",
                       .min = 1,
                       .max = ms_per_minute,
                       .runtime = true}));
  t.push_back(declare(IN(http, listen),
                      {.help = "Address and port of metrics, health and status; empty: no HTTP",
                       .check = check_http_listen}));
  t.push_back(declare(IN(http, names),
                      {.help = "Names of this node in URLs of metrics and status, in addition to "
                               "addresses, localhost and the names of nodes",
                       .max = limits::http_names,
                       .check = check_host}));
}

void declare_group(std::vector<setting>& t) {
  t.push_back(
      declare(IN(group, name), {.help = "Name of the group; nodes of another group are refused",
                                .check = check_name}));
  t.push_back(declare(
      IN(group, members),
      {.help = "Members without settings of their own, instead of an empty [member.NAME] for each",
       .max = limits::group_members,
       .check = check_name}));
  t.push_back(
      declare(IN(group, discover),
              {.help = "Name and port under which members without an address are found, like a "
                       "headless Service of Kubernetes; IPv4. Empty: every member has an address",
               .check = check_name_and_port}));
  t.push_back(declare(IN(group, profile),
                      {.help = "How long a lost node may go unnoticed: lan, 300 ms; fast, 120 ms, "
                               "for nodes with little else to do; wifi, 550 ms"}));
  t.push_back(
      declare(IN(group, directory),
              {.help = "Directory of this node's votes, held by one process at a time; it must "
                       "last as long as the machine, or the node is a new one after each start"}));
  t.push_back(declare(NAMED(member, address),
                      {.help = "ZeroMQ endpoint that the member binds and the others connect "
                               "to; empty: found by group.discover",
                       .check = check_peer_address}));
  t.push_back(declare(NAMED(member, listen),
                      {.help = "Endpoint that the member itself binds, if not its address; empty: "
                               "its address, or all of its machine's",
                       .check = check_endpoint_or_empty}));
  t.push_back(declare(NAMED(member, role),
                      {.help = "A replica of the node, or a witness, which only votes"}));
  t.push_back(declare(
      NAMED(member, votes),
      {.help =
           "Whether the member votes on which node is primary; an odd number of voters is best"}));
}

void declare_kubernetes(std::vector<setting>& t) {
  t.push_back(declare(IN(kubernetes, service),
                      {.help = "Service without a selector; while this pod is primary, it writes "
                               "its address into an EndpointSlice of that Service; empty: none",
                       .check = check_name_or_empty}));
  t.push_back(declare(IN(kubernetes, address), {.help = "IPv4 address of this pod (status.podIP)",
                                                .check = check_host_or_empty}));
}

void declare_camera(std::vector<setting>& t) {
  t.push_back(
      declare(NAMED(camera, ignore),
              {.help = "Areas of the picture, each as X Y X Y X Y ... (0 to 1): a detection "
                       "whose foot lies in one does not count, as in \"0 0 1 0 1 0.2 0 0.2\"",
               .max = limits::zones_per_camera,
               .check = check_polygon,
               .runtime = true}));
  t.push_back(declare(NAMED(camera, zones),
                      {.help = "Areas with names, each as NAME X Y X Y X Y ..., as in \"door 0 0.3 "
                               "0.2 0.3 0.2 1 0 1\": detections tell their zones, and tracks that "
                               "enter and leave make events",
                       .max = limits::zones_per_camera,
                       .check = check_named_polygon,
                       .runtime = true}));
}

void declare_vision(std::vector<setting>& t) {
  t.push_back(declare(
      NAMED(vision, plugin),
      {.help = "What looks at the frames: a plug-in's name, like monopod-nanodet, its file, or "
               "emulator, which makes detections up; see docs/detector.md",
       .check = check_plugin}));
  t.push_back(
      declare(NAMED(vision, options), {.help = "The plug-in's own settings, KEY=VALUE each, as in "
                                               "\"classes=person+car\"",
                                       .max = limits::plugin_options,
                                       .check = check_option}));
  t.push_back(declare(NAMED(vision, cameras),
                      {.help = "Patterns of the cameras it subscribes to, with * and ?",
                       .min = 1,
                       .max = limits::patterns_per_subscription,
                       .check = check_pattern}));
  t.push_back(
      declare(NAMED(vision, distribution),
              {.help = "The emulator's distribution of the service time", .runtime = true}));
  t.push_back(
      declare(NAMED(vision, service_ms), {.help = "The emulator's mean service time per frame",
                                          .unit = "ms",
                                          .max = ms_per_minute,
                                          .runtime = true}));
  t.push_back(declare(NAMED(vision, deviation_ms),
                      {.help = "Standard deviation of the service time; not for constant",
                       .unit = "ms",
                       .max = ms_per_minute,
                       .runtime = true}));
  t.push_back(declare(NAMED(vision, work),
                      {.help = "Whether the emulator spends that time waiting or computing"}));
  t.push_back(
      declare(NAMED(vision, decode), {.help = "Whether the emulator decodes the JPEG first"}));
  t.push_back(
      declare(NAMED(vision, detections), {.help = "The emulator's made-up detections per frame",
                                          .unit = "detections",
                                          .max = limits::detections_per_frame,
                                          .runtime = true}));
  t.push_back(
      declare(NAMED(vision, seed),
              {.help = "The emulator's seed of service times and detections", .max = forever}));
  t.push_back(
      declare(NAMED(vision, credit), {.help = "Most frames that it may hold at a time; 0: one for "
                                              "a plug-in, 32 for the emulator",
                                      .unit = "frames",
                                      .max = limits::app_credit_max}));
  t.push_back(
      declare(NAMED(vision, policy),
              {.help = "Which frames it receives: every one, the latest, or the newest few"}));
  t.push_back(
      declare(NAMED(vision, bound), {.help = "Most frames that wait per camera, for policy bounded",
                                     .unit = "frames",
                                     .min = 1,
                                     .max = limits::bounded_frames_max}));
  t.push_back(
      declare(NAMED(vision, max_age_ms), {.help = "Frames older than this are skipped; 0: no limit",
                                          .unit = "ms",
                                          .max = 60 * ms_per_minute}));
  t.push_back(
      declare(NAMED(vision, max_fps), {.help = "Most frames a second from each camera; 0: all",
                                       .unit = "frames a second",
                                       .max = 1000}));
  t.push_back(
      declare(NAMED(vision, own_thread),
              {.help = "Whether the emulator has a thread of its own; plug-ins always have"}));
}

// Lists and makes the sections of one kind, which are a map in a config.
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
          [](config& c, const std::string& n) { (c.*Sections)[n]; },
          [](config& c, const std::string& n) { (c.*Sections).erase(n); }};
}

section_info at_run_time(section_info section) {
  section.runtime = true;
  return section;
}

section_info plain_section(std::string name, std::string help) {
  return {std::move(name), false, std::move(help), "", 1, nullptr, nullptr, nullptr};
}

} // namespace

const std::vector<setting>& settings() {
  static const auto table = [] {
    std::vector<setting> t;
    declare_node(t);
    declare_ledger_and_loop(t);
    declare_group(t);
    declare_kubernetes(t);
    declare_camera(t);
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
      plain_section("log", "The log"),
      plain_section("gateway", "The gateway, to which cameras connect"),
      plain_section("broker", "The broker, to which applications connect"),
      plain_section("ledger", "The ledger, in which the node remembers"),
      plain_section("link", "ZeroMQ endpoints between the stages"),
      plain_section("loop", "The event loop"),
      plain_section("http", "Metrics, health and status"),
      plain_section("group", "The group of nodes of which one is primary"),
      plain_section("kubernetes", "Kubernetes"),
      named_section<&config::member>("member",
                                     "Members of the group by their node's name, one section each; "
                                     "none: a node on its own",
                                     "", limits::group_members),
      at_run_time(named_section<&config::camera>(
          "camera", "Settings of single cameras, one section for each camera's name", "",
          limits::cameras)),
      named_section<&config::vision>(
          "vision", "Vision applications inside the node, one section each; none: no such", "",
          limits::apps),
      named_section<&config::cloud>("cloud", "Clouds that receive the results, one section each",
                                    "local", limits::clouds),
  };
  return all;
}

} // namespace monopod
