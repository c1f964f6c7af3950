// Every configurable value, declared once: add it to core/config.hpp and here, then run `monopod
// config docs` and `monopod config example` into docs/.
#include "core/settings.hpp"

#include "core/limits.hpp"
#include "core/setting_checks.hpp"
#include "core/setting_words.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <type_traits>

namespace monopod {

namespace {

// How a member of each type is a setting_value.
template <class Member>
struct member_traits {
  static_assert(std::is_integral_v<Member>);
  static constexpr auto type = setting_type::integer;
  static setting_value read(Member m) { return static_cast<std::int64_t>(m); }
  static Member write(const setting_value& v) {
    return static_cast<Member>(std::get<std::int64_t>(v));
  }
};
template <class Member, setting_type Type>
struct plain_traits {
  static constexpr auto type = Type;
  static setting_value read(const Member& m) { return m; }
  static Member write(const setting_value& v) { return std::get<Member>(v); }
};
template <>
struct member_traits<bool> : plain_traits<bool, setting_type::boolean> {};
template <>
struct member_traits<double> : plain_traits<double, setting_type::number> {};
template <>
struct member_traits<std::string> : plain_traits<std::string, setting_type::text> {};
template <>
struct member_traits<std::vector<std::string>>
    : plain_traits<std::vector<std::string>, setting_type::list> {};
template <class Enum>
requires std::is_enum_v<Enum>
struct member_traits<Enum> {
  static constexpr auto type = setting_type::word;
  static setting_value read(Enum e) {
    return std::string(words_of(e, static_cast<std::size_t>(e)));
  }
  static Enum write(const setting_value& v) {
    std::size_t i = 0;
    while (std::get<std::string>(v) != words_of(Enum{}, i)) // checked before
      ++i;
    return static_cast<Enum>(i);
  }
};

struct details {
  std::string help;
  std::string unit = {};
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::optional<setting_problem> (*check)(const std::string&) = nullptr;
  bool runtime = false;
  bool secret = false;
};

template <class Access>
setting declare(std::string_view section, std::string_view name, bool named, Access access,
                details d) {
  using member = std::remove_cvref_t<decltype(access(std::declval<config&>(), std::string{}))>;
  using traits = member_traits<member>;
  setting s;
  s.section = section;
  s.name = name;
  s.named = named;
  s.type = traits::type;
  s.unit = std::move(d.unit);
  s.min = d.min;
  s.max = d.max;
  if constexpr (std::is_enum_v<member>)
    for (std::size_t i = 0; words_of(member{}, i) != nullptr; ++i)
      s.words.emplace_back(words_of(member{}, i));
  s.help = std::move(d.help);
  s.runtime = d.runtime;
  s.secret = d.secret;
  s.check = d.check;
  s.get = [access](const config& c, const std::string& n) { return traits::read(access(c, n)); };
  s.set = [access](config& c, const std::string& n, const setting_value& v) {
    access(c, n) = traits::write(v);
  };
  return s;
}

constexpr std::int64_t ms_per_minute = 60'000;
constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

// The member's name is the key's name, so that they can't differ.
// NOLINTBEGIN(cppcoreguidelines-macro-usage): only a macro makes a text of a name
#define TOP(member)                                                                                \
  "", #member, false, [](auto& c, const std::string&) -> auto& { return c.member; }
#define IN(section, member)                                                                        \
#section, #member, false, [](auto& c, const std::string&) -> auto& { return c.section.member; }
#define NAMED(section, member)                                                                     \
#section, #member, true, [](auto& c, const std::string& name) -> auto& {                         \
    return c.section.at(name).member;                                                              \
  }
// NOLINTEND(cppcoreguidelines-macro-usage)

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
           "committed, so that a crash loses nothing; accepted, once the frame is in memory, so "
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
  t.push_back(declare(IN(loop, io_threads),
                      {.help = "I/O threads of ZeroMQ", .unit = "threads", .min = 1, .max = 8}));
  t.push_back(declare(IN(loop, stall_ms), {.help = "A longer turn is counted and logged",
                                           .unit = "ms",
                                           .min = 1,
                                           .max = ms_per_minute,
                                           .runtime = true}));
  t.push_back(declare(IN(http, listen),
                      {.help = "Address and port of metrics, health and status; empty: no HTTP",
                       .check = check_http_listen}));
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

void declare_cloud(std::vector<setting>& t) {
  t.push_back(declare(NAMED(cloud, preset),
                      {.help = "Defaults and limits of a cloud, see docs/clouds.md; what is set "
                               "beside it goes first"}));
  t.push_back(
      declare(NAMED(cloud, host), {.help = "Host of the MQTT broker", .check = check_host}));
  t.push_back(declare(NAMED(cloud, port), {.help = "Its port", .min = 1, .max = 65'535}));
  t.push_back(declare(NAMED(cloud, version), {.help = "MQTT version"}));
  t.push_back(declare(NAMED(cloud, qos), {.help = "MQTT quality of service", .max = 2}));
  t.push_back(declare(NAMED(cloud, topic),
                      {.help = "Topic of results; may hold {site} {node} {camera} {app} {cloud}",
                       .check = check_topic}));
  t.push_back(declare(NAMED(cloud, status_topic),
                      {.help = "Topic of this node's status; may hold {site} {node} {cloud}",
                       .check = check_status_topic}));
  t.push_back(declare(NAMED(cloud, status_retain),
                      {.help = "The broker keeps the status for those who subscribe later"}));
  t.push_back(declare(NAMED(cloud, format), {.help = "Format of results"}));
  t.push_back(declare(NAMED(cloud, client_id),
                      {.help = "MQTT client identifier; empty: monopod-{site}-{node}-{cloud}"}));
  t.push_back(declare(NAMED(cloud, username), {.help = "User at the broker; empty: anonymous"}));
  t.push_back(
      declare(NAMED(cloud, password),
              {.help = "Password at the broker; better given by environment", .secret = true}));
  t.push_back(declare(NAMED(cloud, tls),
                      {.help = "TLS 1.2 or newer; the broker's certificate is checked"}));
  t.push_back(
      declare(NAMED(cloud, ca_file), {.help = "PEM file of the authorities that may sign "
                                              "the broker's certificate; empty: the system's",
                                      .check = check_file_or_empty}));
  t.push_back(declare(NAMED(cloud, cert_file), {.help = "PEM file of our certificate, for brokers "
                                                        "that ask for one; empty: none",
                                                .check = check_file_or_empty}));
  t.push_back(declare(NAMED(cloud, key_file),
                      {.help = "PEM file of its private key", .check = check_file_or_empty}));
  t.push_back(
      declare(NAMED(cloud, alpn),
              {.help = "Protocol name to ask for in the TLS handshake (ALPN); empty: none"}));
  t.push_back(
      declare(NAMED(cloud, expiry_s),
              {.help = "MQTT 5 message expiry; 0: none", .unit = "s", .max = 365 * 24 * 3600}));
  t.push_back(declare(NAMED(cloud, keepalive_s),
                      {.help = "MQTT keep-alive", .unit = "s", .min = 5, .max = 65'535}));
  t.push_back(declare(NAMED(cloud, user_properties),
                      {.help = "MQTT 5 user properties beside each result: key, epoch, schema, "
                               "format; costs some 150 bytes a message"}));
}

void declare_cloud_flow(std::vector<setting>& t) {
  t.push_back(declare(NAMED(cloud, in_flight), {.help = "Unconfirmed messages at a time",
                                                .unit = "messages",
                                                .min = 1,
                                                .max = limits::cloud_in_flight_max}));
  t.push_back(declare(NAMED(cloud, payload_max_bytes),
                      {.help = "Largest message; a batch stays below it, a single result beyond "
                               "it is counted as unpublishable",
                       .unit = "bytes",
                       .min = 1024,
                       .max = limits::cloud_payload_bytes}));
  t.push_back(declare(NAMED(cloud, pace_messages_s),
                      {.help = "Messages a second at most; what is beyond waits in the outbox; "
                               "0: no bound",
                       .unit = "messages a second",
                       .max = 100'000}));
  t.push_back(declare(NAMED(cloud, pace_bytes_s),
                      {.help = "Bytes a second at most, payload and topic; 0: no bound",
                       .unit = "bytes a second",
                       .max = 1'000'000'000}));
  t.push_back(declare(NAMED(cloud, batch_results),
                      {.help = "Results of one topic in one message, as an array; 1: each result "
                               "is a message",
                       .unit = "results",
                       .min = 1,
                       .max = limits::batch_results_max}));
  t.push_back(
      declare(NAMED(cloud, batch_ms), {.help = "How long a result waits for a batch to become full",
                                       .unit = "ms",
                                       .min = 1,
                                       .max = ms_per_minute}));
  t.push_back(declare(NAMED(cloud, fresh_share),
                      {.help = "Share of fresh results in what is sent while a backlog drains, "
                               "oldest first; 0: the backlog goes first, 1: fresh results do",
                       .max = 1}));
  t.push_back(
      declare(NAMED(cloud, outbox_entries),
              {.help = "Results kept while the cloud is away; beyond it the oldest is dropped",
               .unit = "results",
               .min = 1,
               .max = limits::outbox_entries}));
  t.push_back(declare(
      NAMED(cloud, full),
      {.help =
           "When a connected cloud is slower than the cameras and its outbox three quarters "
           "full: cameras wait for their acknowledgements, or the oldest results are dropped"}));
  t.push_back(declare(NAMED(cloud, reconnect_min_ms), {.help = "First wait before connecting again",
                                                       .unit = "ms",
                                                       .min = 10,
                                                       .max = ms_per_minute}));
  t.push_back(
      declare(NAMED(cloud, reconnect_max_ms), {.help = "Longest wait before connecting again",
                                               .unit = "ms",
                                               .min = 10,
                                               .max = 60 * ms_per_minute}));
}

#undef TOP
#undef IN
#undef NAMED

} // namespace

const std::vector<setting>& settings() {
  static const auto table = [] {
    std::vector<setting> t;
    declare_node(t);
    declare_vision(t);
    declare_cloud(t);
    declare_cloud_flow(t);
    return t;
  }();
  return table;
}

const config& reference_config() {
  static const auto reference = [] {
    config c;
    c.vision["NAME"];
    c.cloud["NAME"];
    return c;
  }();
  return reference;
}

const std::vector<section_info>& sections() {
  static const std::vector<section_info> all{
      {"log", false, "What is logged", ""},
      {"gateway", false, "Where cameras connect", ""},
      {"broker", false, "Where applications connect", ""},
      {"ledger", false, "What the node remembers", ""},
      {"link", false, "ZeroMQ endpoints between the stages", ""},
      {"loop", false, "The event loop", ""},
      {"http", false, "Metrics, health and status", ""},
      {"vision", true, "Emulated vision applications, one section each", "emulator"},
      {"cloud", true, "Clouds that get the results, one section each", "local"},
  };
  return all;
}

} // namespace monopod
