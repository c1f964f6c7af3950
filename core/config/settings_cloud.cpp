// The settings of a cloud. See core/config/settings.cpp.
#include "core/config/declare_setting.hpp"
#include "core/config/secrets.hpp"
#include "core/config/setting_checks.hpp"
#include "core/limits.hpp"

namespace monopod {

namespace {

void declare_connection(std::vector<setting>& t) {
  t.push_back(
      declare(NAMED(cloud, preset), {.help = "Defaults and limits of a kind of cloud, see "
                                             "docs/clouds.md; other settings override them"}));
  t.push_back(
      declare(NAMED(cloud, host), {.help = "Host of the MQTT broker", .check = check_host}));
  t.push_back(
      declare(NAMED(cloud, port), {.help = "Port of the MQTT broker", .min = 1, .max = 65'535}));
  t.push_back(declare(NAMED(cloud, version), {.help = "MQTT version"}));
  t.push_back(declare(NAMED(cloud, qos), {.help = "MQTT quality of service", .max = 2}));
  t.push_back(declare(NAMED(cloud, topic),
                      {.help = "Topic of results; may hold {site} {node} {camera} {app} {cloud}",
                       .check = check_topic}));
  t.push_back(declare(
      NAMED(cloud, event_topic),
      {.help = "Topic of the events in cameras' zones; may hold the same", .check = check_topic}));
  t.push_back(declare(NAMED(cloud, status_topic),
                      {.help = "Topic of this node's status; may hold {site} {node} {cloud}",
                       .check = check_status_topic}));
  t.push_back(declare(NAMED(cloud, status_retain),
                      {.help = "Whether the broker keeps the status for later subscribers"}));
  t.push_back(declare(NAMED(cloud, format), {.help = "Format of results"}));
  t.push_back(declare(NAMED(cloud, client_id),
                      {.help = "MQTT client identifier; empty: monopod-{site}-{node}-{cloud}"}));
  t.push_back(declare(NAMED(cloud, username), {.help = "User at the broker; empty: anonymous"}));
  t.push_back(declare(
      NAMED(cloud, password),
      {.help = "Password at the broker; better in a file", .runtime = true, .secret = true}));
  t.push_back(
      declare(NAMED(cloud, password_file),
              {.help = "File that holds the password, which nobody else may read; may begin "
                       "with %d/, the service's credentials",
               .check = check_secret_file}));
  t.push_back(declare(NAMED(cloud, tls),
                      {.help = "TLS 1.2 or newer; the broker's certificate is checked"}));
  t.push_back(
      declare(NAMED(cloud, ca_file), {.help = "PEM file of the authorities that may sign "
                                              "the broker's certificate; empty: the system's",
                                      .check = check_file_or_empty}));
  t.push_back(declare(
      NAMED(cloud, cert_file),
      {.help = "PEM file of this node's certificate, if the broker asks for one; empty: none",
       .check = check_file_or_empty}));
  t.push_back(declare(NAMED(cloud, key_file),
                      {.help = "PEM file of its private key, which nobody else may read",
                       .check = check_secret_file}));
  t.push_back(
      declare(NAMED(cloud, alpn),
              {.help = "Protocol name to ask for in the TLS handshake (ALPN); empty: none"}));
  t.push_back(
      declare(NAMED(cloud, expiry_s),
              {.help = "MQTT 5 message expiry; 0: none", .unit = "s", .max = 365 * 24 * 3600}));
  t.push_back(declare(NAMED(cloud, keepalive_s),
                      {.help = "MQTT keep-alive", .unit = "s", .min = 5, .max = 65'535}));
  t.push_back(declare(NAMED(cloud, user_properties),
                      {.help = "MQTT 5 user properties with each result: key, epoch, schema, "
                               "format; they cost about 150 bytes a message"}));
}

void declare_flow(std::vector<setting>& t) {
  t.push_back(declare(NAMED(cloud, in_flight), {.help = "Most unconfirmed messages at a time",
                                                .unit = "messages",
                                                .min = 1,
                                                .max = limits::cloud_in_flight_max}));
  t.push_back(declare(NAMED(cloud, payload_max_bytes),
                      {.help = "Largest message; a batch stays below it, and a single result above "
                               "it is counted as unpublishable",
                       .unit = "bytes",
                       .min = 1024,
                       .max = limits::cloud_payload_bytes}));
  t.push_back(declare(NAMED(cloud, pace_messages_s),
                      {.help = "Most messages a second; the rest waits in the outbox; 0: no limit",
                       .unit = "messages a second",
                       .max = 100'000}));
  t.push_back(declare(NAMED(cloud, pace_bytes_s),
                      {.help = "Most bytes a second, payload and topic; 0: no limit",
                       .unit = "bytes a second",
                       .max = 1'000'000'000}));
  t.push_back(declare(NAMED(cloud, batch_results),
                      {.help = "Most results of one topic in one message, as an array; 1: each "
                               "result is a message of its own",
                       .unit = "results",
                       .min = 1,
                       .max = limits::batch_results_max}));
  t.push_back(
      declare(NAMED(cloud, batch_ms), {.help = "How long a result waits for its batch to fill",
                                       .unit = "ms",
                                       .min = 1,
                                       .max = ms_per_minute}));
  t.push_back(declare(NAMED(cloud, fresh_share),
                      {.help = "Share of fresh results among those sent while a backlog drains, "
                               "oldest first; 0: the backlog goes first; 1: fresh results go first",
                       .max = 1}));
  t.push_back(declare(
      NAMED(cloud, outbox_entries),
      {.help = "Most results kept while the cloud is away; beyond that the oldest is dropped",
       .unit = "results",
       .min = 1,
       .max = limits::outbox_entries}));
  t.push_back(declare(NAMED(cloud, full),
                      {.help = "What happens when a connected cloud is slower than the cameras and "
                               "its outbox is three quarters full: cameras wait for their "
                               "acknowledgements, or the oldest results are dropped"}));
  t.push_back(declare(
      NAMED(cloud, reconnect_min_ms),
      {.help = "First wait before reconnecting", .unit = "ms", .min = 10, .max = ms_per_minute}));
  t.push_back(declare(NAMED(cloud, reconnect_max_ms), {.help = "Longest wait before reconnecting",
                                                       .unit = "ms",
                                                       .min = 10,
                                                       .max = 60 * ms_per_minute}));
}

void declare_images(std::vector<setting>& t) {
  t.push_back(declare(NAMED(cloud, image),
                      {.help = "Picture published with a result: none, the frame's JPEG as it is, "
                               "or what lies around the detections; needs MQTT 5"}));
  t.push_back(declare(NAMED(cloud, image_topic),
                      {.help = "Topic of pictures; may hold {site} {node} {camera} {app} {cloud}",
                       .check = check_topic}));
  t.push_back(declare(NAMED(cloud, image_labels),
                      {.help = "Only results with a detection of one of these labels get a "
                               "picture; empty: every result",
                       .max = limits::picture_labels,
                       .runtime = true}));
  t.push_back(declare(NAMED(cloud, image_every_s),
                      {.help = "Least time between two pictures of one camera; 0: a picture with "
                               "each result",
                       .unit = "s",
                       .max = 24 * 3600,
                       .runtime = true}));
  t.push_back(declare(NAMED(cloud, image_budget_bytes),
                      {.help = "Memory for pictures that wait for the cloud; beyond it the oldest "
                               "one is dropped",
                       .unit = "bytes",
                       .min = 64 * 1024,
                       .max = limits::picture_budget_bytes,
                       .runtime = true}));
}

} // namespace

void declare_cloud(std::vector<setting>& t) {
  declare_connection(t);
  declare_flow(t);
  declare_images(t);
}

} // namespace monopod
