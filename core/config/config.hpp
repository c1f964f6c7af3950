// Everything that an operator can set. The values here are the defaults. core/config/settings.cpp
// declares the unit, range and explanation of each; that one declaration makes the TOML key, the
// flag, the environment variable, --help and docs/configuration.md.
#pragma once

#include "core/log.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace monopod {

enum class service_distribution { constant, normal, lognormal };
enum class service_kind { wait, cpu };
enum class mqtt_version { v311, v5 };
enum class result_format { json, flatbuffers };
enum class delivery_policy { every, latest, bounded };
enum class outbox_full { block, drop_oldest };
// What is published of a result's frame: nothing, its JPEG, or what lies around the detections.
enum class image_mode { none, frame, crop };
enum class cloud_preset { plain, aws_iot_core, azure_event_grid };
// When a camera is acknowledged: once its frame's results are committed, once the frame is
// committed as an op of its own, or once the frame is in this node's memory.
enum class ack_mode { processed, replicated, accepted };
enum class ledger_durability { memory, disk };
// A witness votes and keeps no ledger (C4).
enum class member_role { replica, witness };
// The durations of the lease between primary and backups (actors/ledger/group_settings.hpp).
enum class lease_profile { lan, fast, wifi };

/// The plug-in that makes detections up, and is in the pod itself.
inline constexpr const char* emulator_plugin = "emulator";

/// A vision application inside the pod: one section [vision.NAME] each, where NAME is the
/// application's name.
struct vision_config {
  std::string plugin = emulator_plugin;  // what looks at the frames: a name, or a file (with a '/')
  std::vector<std::string> options;      // of a plug-in, "key=value" each
  std::vector<std::string> cameras{"*"}; // patterns of camera names
  service_distribution distribution = service_distribution::constant;
  double service_ms = 0.0;   // mean service time per frame
  double deviation_ms = 0.0; // standard deviation for normal and lognormal
  service_kind work = service_kind::wait;
  bool decode = false;          // decode the JPEG first
  std::uint32_t detections = 3; // made-up detections per frame
  std::uint64_t seed = 1;       // for service times and detections
  std::uint32_t credit = 0;     // frames that it may hold at a time; 0: as fits the plug-in
  delivery_policy policy = delivery_policy::every;
  std::uint32_t bound = 1;      // frames that wait for each camera, for bounded
  std::uint32_t max_age_ms = 0; // older frames are skipped; 0: no limit
  double max_fps = 0;           // frames a second of each camera; 0: all
  bool own_thread = false;      // the emulator runs on a loop of its own, as plug-ins do
  bool has_plugin() const { return plugin != emulator_plugin; }
  bool operator==(const vision_config&) const = default;
};

/// A camera with settings of its own: one section [camera.NAME] each, where NAME is its name.
struct camera_config {
  std::vector<std::string>
      ignore;                     // polygons (core/config/polygon.hpp) whose detections don't count
  std::vector<std::string> zones; // named polygons
  bool operator==(const camera_config&) const = default;
};

/// One cloud: one section [cloud.NAME] each.
struct cloud_config {
  cloud_preset preset =
      cloud_preset::plain; // defaults and limits of a cloud (core/config/presets.hpp)
  std::string host = "localhost";
  std::uint16_t port = 1883;
  mqtt_version version = mqtt_version::v5;
  std::uint8_t qos = 1;
  std::string topic = "monopod/{site}/results/{camera}/{app}";      // also {node}, {cloud}
  std::string event_topic = "monopod/{site}/events/{camera}/{app}"; // the same
  std::string status_topic = "monopod/{site}/nodes/{node}";
  bool status_retain = true; // the MQTT broker keeps the status for later subscribers
  result_format format = result_format::json;
  std::string client_id; // empty: monopod-{site}-{node}-{cloud}
  std::string username;
  std::string password;
  std::string password_file;    // holds the password; empty: `password`
  bool tls = false;             // the broker's certificate is always checked
  std::string ca_file;          // PEM; empty: the system's authorities
  std::string cert_file;        // PEM, our certificate; empty: none
  std::string key_file;         // PEM, of cert_file
  std::string alpn;             // protocol asked for in the TLS handshake; empty: none
  std::uint32_t expiry_s = 0;   // MQTT 5 message expiry; 0: none
  bool user_properties = false; // MQTT 5: key, epoch, schema and format with each result
  std::uint32_t keepalive_s = 30;
  std::uint32_t in_flight = 20; // unconfirmed messages at a time
  std::uint32_t payload_max_bytes = 1024 * 1024;
  std::uint32_t pace_messages_s = 0;     // messages a second; 0: as fast as they arrive
  std::uint32_t pace_bytes_s = 0;        // bytes a second, topics included; 0: no bound
  std::uint32_t batch_results = 1;       // results in one message; 1: a message each
  std::uint32_t batch_ms = 100;          // how long a result may wait for others
  double fresh_share = 0.5;              // share of fresh results while a backlog drains
  std::uint32_t outbox_entries = 10'000; // results kept while the cloud is away
  outbox_full full = outbox_full::block; // if it is connected but slower than the cameras
  std::uint32_t reconnect_min_ms = 200;
  std::uint32_t reconnect_max_ms = 30'000;
  image_mode image = image_mode::none;
  std::string image_topic = "monopod/{site}/images/{camera}/{app}"; // also {node}, {cloud}
  std::vector<std::string> image_labels; // of results that get a picture; empty: of all
  double image_every_s = 0;              // between two pictures of one camera; 0: with each result
  std::uint32_t image_budget_bytes = 32 * 1024 * 1024; // of pictures that wait
};

/// A node of the group: one section [member.NAME] each, where NAME is its `node`.
struct member_config {
  std::string address; // ZeroMQ endpoint that it binds and the others connect to; empty: discovered
  std::string listen;  // where it binds, if not at `address`
  member_role role = member_role::replica;
  bool votes = true;
};

struct config {
  std::string site = "site";
  std::string node; // empty: the host's name
  struct {
    log_level level = log_level::info;
    log_format format = log_format::text;
  } log;
  struct {
    std::vector<std::string> listen{"tcp://127.0.0.1:5570"}; // ZeroMQ endpoints for cameras
    std::uint32_t max_frame_bytes = 2 * 1024 * 1024;
    std::uint32_t max_skew_ms = 2'000; // how far a camera's stamp may lie in the future
    std::uint32_t max_cameras = 256;
    std::uint32_t connections_per_address = 64; // of cameras
  } gateway;
  struct {
    std::vector<std::string> listen{"tcp://127.0.0.1:5571"}; // for applications in other processes
    ack_mode ack = ack_mode::processed;
    std::uint32_t app_timeout_s = 60; // then a silent application is owed nothing more; 0: never
  } broker;
  struct {
    ledger_durability durability = ledger_durability::memory;
    std::string directory = "/var/lib/monopod"; // of ledger.sqlite
  } ledger;
  struct {
    std::string frames = "inproc://frames";   // gateway to broker; the broker binds
    std::string apps = "inproc://apps";       // broker to applications; the broker binds
    std::string results = "inproc://results"; // ledger stage to cloud stage; the ledger stage binds
  } link;
  struct {
    std::uint32_t spin_us = 0;   // busy-wait before sleeping in poll
    std::uint32_t stall_ms = 40; // a longer turn is counted and logged
    bool realtime = false;       // run before ordinary processes, if that is allowed
  } loop;
  struct {
    std::string listen = "127.0.0.1:9570"; // empty: no HTTP
    std::vector<std::string> names;        // of this node in URLs, in addition to its addresses
  } http;
  struct {
    std::string name = "monopod";     // nodes of another group are refused
    std::vector<std::string> members; // those without a section of their own; they join `member`
    std::string discover;             // NAME:PORT under which members without an address are found
    lease_profile profile = lease_profile::lan;
    std::string directory = "/var/lib/monopod"; // of this node's votes, with their lock
  } group;
  struct {
    std::string service; // its EndpointSlice names the primary; empty: none
    std::string address; // of this pod
  } kubernetes;
  std::map<std::string, member_config> member; // none configured: a node on its own
  std::map<std::string, camera_config> camera;
  std::map<std::string, vision_config> vision; // none configured: no vision
  std::map<std::string, cloud_config> cloud;   // none configured: one named "local"
};

/// Whether a cloud publishes pictures.
inline bool wants_images(const config& c) {
  return std::ranges::any_of(c.cloud,
                             [](const auto& i) { return i.second.image != image_mode::none; });
}

} // namespace monopod
