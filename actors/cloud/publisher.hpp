// One cloud's way from outbox entries to MQTT messages, and from confirmations back to entries.
#pragma once

#include "actors/cloud/batcher.hpp"
#include "actors/cloud/mqtt_port.hpp"
#include "actors/cloud/pacer.hpp"
#include "actors/cloud/result_format.hpp"
#include "actors/metrics.hpp"
#include "core/clock.hpp"
#include "core/config/config.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// The clocks of a publisher, read for each message: since boot, and of the day.
struct publisher_clocks {
  std::uint64_t (*boottime_ns)() = &monopod::boottime_ns;
  std::uint64_t (*realtime_ns)() = &monopod::realtime_ns;
};

/// The op in these bytes, aligned, which live as long; null if it is not a result's.
const wire::Op* result_op(std::span<const std::byte> aligned);

/// Keeps nothing for good: an entry that is unconfirmed when a connection breaks is handed over
/// again, with the same key. Without batches and pace a result is published at once. Otherwise it
/// waits here, at most as many as the window that the ledger was told, until its message is due and
/// the pace allows it. The events of a result go before it, in a message of their own; its entry is
/// settled when both are. Not thread-safe; opens no socket and sets no timer.
class publisher {
public:
  /// Both are called from within take(), publish_due() and confirmed(), which they must not call.
  struct owner {
    std::function<bool()> may_act;                    // asked before each message (L2, O2)
    std::function<void(std::uint64_t entry)> settled; // confirmed or given up, once an entry
  };

  /// `cloud`, `conf`, `metrics` and `port` outlive it.
  publisher(std::string name, const cloud_config& cloud, const config& conf, metrics& metrics,
            mqtt_port& port, owner from, publisher_clocks time = {});

  /// An entry of the outbox; one that can't be published now is dropped, since it is handed over
  /// again.
  void take(std::uint64_t entry, const payload& finished_op);
  /// Publishes as much as window and pace allow.
  void publish_due();
  /// When publish_due() has something to do without a confirmation; nothing if nothing waits for a
  /// time. Boot time.
  std::optional<std::uint64_t> wake_ns() const { return wake_ns_; }
  /// The broker confirmed a message (QoS 1: PUBACK; 2: PUBCOMP). False if it is not one of results.
  bool confirmed(int message_id);
  bool knows(int message_id) const { return unconfirmed_.contains(message_id); }
  /// A message that is not a result leaves, and counts for the pace.
  void note_other(std::size_t bytes) { pace_.take(bytes, time_.boottime_ns()); }
  /// When a message that is not a result may leave as far as the pace goes; nothing while results
  /// wait here. Boot time.
  std::optional<std::uint64_t> other_ready_ns() const {
    return waiting_.size() > 0 ? std::nullopt : std::optional(pace_.ready_ns());
  }
  /// Forgets all entries: the connection is gone, or another node serves.
  void clear();

  bool busy() const { return !unconfirmed_.empty() || waiting_.size() > 0; }
  int qos() const { return std::min<int>(cloud_.qos, port_.max_qos()); }
  std::uint32_t in_flight() const; // results
  std::size_t messages_in_flight() const { return unconfirmed_.size(); }
  std::uint64_t published_results() const { return published_; }
  std::uint64_t confirmed_results() const { return confirmed_; }

private:
  // One message.
  struct message {
    std::uint64_t entry = 0;         // its first
    std::vector<std::uint64_t> more; // further ones of a batch
    std::uint64_t published_ns = 0;  // boot time
    bool events = false;             // of the entry's result, not the result
  };

  void publish_one(std::uint64_t entry, const wire::Op& op);
  void publish_batch(const batcher::topic& from);
  bool publish_events(std::uint64_t entry, const wire::Op& op);
  void describe(const wire::Op& op, std::size_t results);
  void describe_events(const wire::Op& op);
  std::size_t payload_limit(std::string_view topic) const;
  bool hand_over(const std::string& topic, std::span<const std::byte> bytes, message results,
                 std::span<const wire::Op* const> ops);
  void note(int id, std::size_t bytes, message m);
  void settle(const message& m);
  void settle_part(std::uint64_t entry);
  void give_up(std::uint64_t entry, std::size_t bytes, std::size_t limit_bytes,
               const char* what = "result");

  std::string name_;
  const cloud_config& cloud_;
  const config& conf_;
  metrics& metrics_;
  mqtt_port& port_;
  owner owner_;
  publisher_clocks time_;
  topic_template topic_;
  topic_template event_topic_;
  pacer pace_;
  batcher waiting_;
  bool at_once_;                       // results do not wait here
  std::map<int, message> unconfirmed_; // by MQTT message id; at most the window, and their events
  std::map<std::uint64_t, int> parts_; // unconfirmed messages of entries that have events
  std::optional<std::uint64_t> wake_ns_;
  std::uint64_t published_ = 0;
  std::uint64_t confirmed_ = 0;
  prometheus::Counter& published_total_;
  prometheus::Counter& confirmed_total_;
  prometheus::Counter& unpublishable_total_;
  prometheus::Counter& events_total_;
  prometheus::Histogram& puback_;
  result_formatter formatter_;
  // Reused: the usual result needs no allocation.
  std::vector<std::uint64_t> op_scratch_;
  std::string topic_scratch_;
  std::string event_topic_scratch_;
  std::vector<const wire::Op*> batch_scratch_;
  std::vector<mqtt_port::user_property> properties_; // of the next message; none if off
  std::uint64_t published_at_ns_ = 0;                // its stamp
};

} // namespace monopod
