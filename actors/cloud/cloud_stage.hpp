// The cloud stage: publishes outbox entries to every configured cloud and reports the entries that
// each confirmed.
#pragma once

#include "actors/cloud/mqtt_client.hpp"
#include "actors/cloud/picture_cutter.hpp"
#include "actors/cloud/picture_sender.hpp"
#include "actors/cloud/publisher.hpp"
#include "actors/interfaces.hpp"
#include "actors/ledger/authority.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/stage.hpp"
#include "core/config/config.hpp"
#include "schemas/outbox_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// Speaks schemas/outbox.fbs to the ledger stage and MQTT to the clouds; a publisher for each cloud
/// makes the messages. Keeps no results: an entry that is unconfirmed when a connection breaks
/// arrives again from the ledger stage, with the same key. Pictures live here alone.
class cloud_stage final : public stage<cloud_actor> {
public:
  cloud_stage(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
              const monopod::config& conf, metrics& metrics, authority lead = {});

  const char* name() const override { return "cloud"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  struct cloud {
    std::string name;
    const cloud_config* conf;
    std::unique_ptr<mqtt_client> client;
    std::optional<publisher> results;
    std::optional<picture_sender> pictures; // if it gets any
    loop::timer_id wake = 0;                // 0: none
    std::uint64_t wake_ns = 0;              // when it fires
    loop::timer_id picture_wake = 0;
    std::uint64_t picture_wake_ns = 0;
    std::uint32_t backoff_ms = 0;
    std::uint64_t attempts = 0; // the last one is the connection's number
    prometheus::Counter* attempts_total = nullptr;
    prometheus::Gauge* connected_gauge = nullptr;
  };

  void forget_entries();
  void make_cloud(const std::string& name, const cloud_config& conf);
  void make_pictures(cloud& c);
  void connect(cloud& c);
  void on_connected(cloud& c);
  void on_disconnected(cloud& c, const std::string& reason);
  void on_confirmed(cloud& c, int message_id, const std::optional<std::string>& refused);
  std::string presence(const char* state) const;
  std::string status_topic(const std::string& cloud_name, const cloud_config& conf) const;

  void on_ledger_message(inbound& in);
  void on_entry(const wire::Entry& entry, const payload& op);
  void on_picture(const wire::Picture& message, const payload& jpeg);
  void publish_due(cloud& c);
  void wake_when_due(cloud& c);
  void send_pictures_soon(cloud& c);
  void wake_pictures(cloud& c, std::uint64_t at_ns);
  void report(const cloud& c, std::uint64_t entry);
  void send_reports();
  void attach();
  status_part make_status() const;

  const monopod::config& conf_;
  metrics& metrics_;
  link* ledger_link_ = nullptr;
  std::map<std::string, std::unique_ptr<cloud>, std::less<>> clouds_;
  std::optional<picture_cutter> cutter_; // until the stage ends
  authority lead_;
  std::uint64_t serving_changes_ = 0; // when entries were forgotten last
  bool attached_ = false;
  // Confirmed, not yet told to the ledger: the link was full. At most the entries in flight.
  std::deque<std::pair<const cloud*, std::uint64_t>> reports_;
  std::minstd_rand jitter_;
  flatbuffers::FlatBufferBuilder builder_{512};
  std::vector<std::uint64_t> op_scratch_;
};

} // namespace monopod
