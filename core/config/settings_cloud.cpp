// The settings of a cloud. See core/config/settings.cpp.
#include "core/config/declare_setting.hpp"
#include "core/config/setting_checks.hpp"
#include "core/limits.hpp"

namespace monopod {

namespace {

void declare_connection(std::vector<setting>& t) {
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

void declare_flow(std::vector<setting>& t) {
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

} // namespace

void declare_cloud(std::vector<setting>& t) {
  declare_connection(t);
  declare_flow(t);
}

} // namespace monopod
