// The cloud bridge: publishes outbox entries to every configured cloud and reports what each
// confirmed.
#pragma once

#include "actors/cloud/batcher.hpp"
#include "actors/cloud/mqtt_client.hpp"
#include "actors/cloud/pacer.hpp"
#include "actors/cloud/result_format.hpp"
#include "actors/interfaces.hpp"
#include "actors/ledger/authority.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/stage.hpp"
#include "core/config/config.hpp"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace monopod {

/// Speaks schemas/outbox.fbs to the ledger stage and MQTT to the clouds. Keeps nothing: an entry
/// that is unconfirmed when a connection breaks comes again from the ledger, with the same key.
/// Without batches and pace a result is published as it comes. Else it waits here, at most as many
/// as the window that the ledger was told, until its message is due and the pace allows it.
class cloud_stage final : public stage<cloud_actor> {
public:
  cloud_stage(caf::actor_config& cfg, loop& host, void* zmq_context, const monopod::config& conf,
              metrics& counts, authority lead = {});

  const char* name() const override { return "cloud"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  // One message.
  struct in_flight {
    std::uint64_t entry = 0;         // its first
    std::vector<std::uint64_t> more; // further ones of a batch
    std::uint64_t published_ns = 0;  // boot time
  };
  struct cloud {
    cloud(const std::string& cloud_name, const cloud_config& cloud_conf, topic_template results)
        : name(cloud_name), conf(&cloud_conf), topic(std::move(results)),
          pace(cloud_conf.pace_messages_s, cloud_conf.pace_bytes_s),
          waiting(cloud_conf.batch_results,
                  cloud_conf.batch_results > 1 ? cloud_conf.batch_ms * ns_per_ms : 0),
          at_once(cloud_conf.batch_results == 1 && !pace.bounded()) {}

    std::string name;
    const cloud_config* conf;
    topic_template topic;
    std::unique_ptr<mqtt_client> client;
    pacer pace;
    batcher waiting;
    bool at_once;                         // results do not wait here
    loop::timer_id wake = 0;              // 0: none
    std::uint64_t wake_ns = 0;            // when it fires
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

  void forget_entries();
  void make_cloud(const std::string& name, const cloud_config& conf);
  void connect(cloud& c);
  void on_connected(cloud& c);
  void on_disconnected(cloud& c, const std::string& reason);
  void on_confirmed(cloud& c, int message_id, const std::optional<std::string>& refused);
  void confirm(cloud& c, const in_flight& message);
  static int qos_of(const cloud& c) { return std::min<int>(c.conf->qos, c.client->max_qos()); }
  std::string presence(const char* state) const;
  std::string status_topic(const std::string& cloud_name, const cloud_config& conf) const;

  void on_ledger_message(inbound& in);
  // cloud_publishing.cpp
  void take_entry(cloud& c, std::uint64_t entry, const payload& finished_op);
  void publish_one(cloud& c, std::uint64_t entry, const wire::Op& op);
  void publish_due(cloud& c);
  void publish_batch(cloud& c, const batcher::topic& from);
  void wake_at(cloud& c, std::uint64_t at_ns);
  void describe(const wire::Op& op, std::size_t results, const cloud_config& conf);
  bool hand_over(cloud& c, const std::string& topic, std::span<const std::byte> message,
                 in_flight results, std::span<const wire::Op* const> ops);
  void give_up(cloud& c, std::uint64_t entry, std::size_t bytes, std::size_t limit_bytes);
  static std::size_t payload_limit(const cloud& c, std::string_view topic,
                                   std::span<const mqtt_client::user_property> properties);

  void report(const cloud& c, std::uint64_t entry);
  void send_reports();
  void attach();
  status_part make_status() const;

  const monopod::config& conf_;
  metrics& counts_;
  result_formatter formatter_;
  link* ledger_link_ = nullptr;
  std::map<std::string, std::unique_ptr<cloud>, std::less<>> clouds_;
  authority lead_;
  bool attached_ = false;
  // Confirmed, not yet told to the ledger: the link was full. At most the entries in flight.
  std::deque<std::pair<const cloud*, std::uint64_t>> reports_;
  std::vector<std::uint64_t> op_scratch_;
  std::string topic_scratch_;
  std::vector<const wire::Op*> batch_scratch_;
  std::vector<mqtt_client::user_property> properties_; // of the message that is made; none if off
  std::uint64_t published_at_ns_ = 0;                  // its stamp
  std::minstd_rand jitter_;
  flatbuffers::FlatBufferBuilder builder_{512};
};

} // namespace monopod
