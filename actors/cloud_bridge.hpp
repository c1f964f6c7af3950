// The cloud bridge: publishes outbox entries to every configured cloud and reports what each
// confirmed.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/metrics.hpp"
#include "actors/mqtt_client.hpp"
#include "actors/result_format.hpp"
#include "actors/stage.hpp"
#include "core/config.hpp"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// Speaks schemas/outbox.fbs to the ledger's keeper and MQTT to the clouds. Keeps nothing: an entry
/// that is unconfirmed when a connection breaks comes again from the ledger, with the same key.
class cloud_bridge final : public stage<cloud_bridge_actor> {
public:
  cloud_bridge(caf::actor_config& cfg, loop& host, void* zmq_context, const monopod::config& conf,
               metrics& counts);

  const char* name() const override { return "cloud"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  struct in_flight {
    std::uint64_t entry = 0;
    std::uint64_t published_ns = 0; // boot time
  };
  struct cloud {
    cloud(const std::string& cloud_name, const cloud_config& cloud_conf, topic_template results)
        : name(cloud_name), conf(&cloud_conf), topic(std::move(results)) {}

    std::string name;
    const cloud_config* conf;
    topic_template topic;
    std::unique_ptr<mqtt_client> client;
    std::map<int, in_flight> unconfirmed; // by MQTT message id; at most the window
    std::uint32_t backoff_ms = 0;
    std::uint64_t published = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t attempts = 0;
    prometheus::Counter* published_total = nullptr;
    prometheus::Counter* confirmed_total = nullptr;
    prometheus::Counter* attempts_total = nullptr;
    prometheus::Counter* unpublishable_total = nullptr;
    prometheus::Gauge* connected_gauge = nullptr;
    prometheus::Histogram* puback = nullptr;
  };

  void make_cloud(const std::string& name, const cloud_config& conf);
  void connect(cloud& c);
  void on_connected(cloud& c);
  void on_disconnected(cloud& c, const std::string& reason);
  void on_confirmed(cloud& c, int message_id, const std::optional<std::string>& refused);
  std::string presence(const char* state) const;
  std::string status_topic(const std::string& cloud_name, const cloud_config& conf) const;

  void on_ledger_message(inbound& in);
  void publish(cloud& c, std::uint64_t entry, const payload& finished_op);
  void report(const cloud& c, std::uint64_t entry);
  void send_reports();
  void attach();
  status_part make_status() const;

  const monopod::config& conf_;
  metrics& counts_;
  result_formatter formatter_;
  link* ledger_link_ = nullptr;
  std::map<std::string, std::unique_ptr<cloud>, std::less<>> clouds_;
  std::uint64_t epoch_ = 1; // of a standalone node
  bool attached_ = false;
  // Confirmed, not yet told to the ledger: the link was full. At most the entries in flight.
  std::deque<std::pair<const cloud*, std::uint64_t>> reports_;
  std::vector<std::uint64_t> op_scratch_;
  std::string topic_scratch_;
  std::minstd_rand jitter_;
  flatbuffers::FlatBufferBuilder builder_{512};
};

} // namespace monopod
