// One cloud's pictures: which results get one, and when it leaves.
#pragma once

#include "actors/cloud/picture_cutter.hpp"
#include "actors/cloud/picture_outbox.hpp"
#include "actors/cloud/publisher.hpp"
#include "actors/cloud/result_format.hpp"
#include "actors/metrics.hpp"
#include "core/config/config.hpp"
#include "schemas/ledger_generated.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace monopod {

/// Results go first: a picture leaves only while no result waits for the cloud, and few bytes are
/// on their way, so that a result that arrives then waits for little. A picture that is dropped is
/// counted by reason; it never costs a result. Not thread-safe; opens no socket and sets no timer.
class picture_sender {
public:
  struct owner {
    std::function<bool()> may_act; // asked before each message (L2, O2)
    std::function<void(payload jpeg, const picture_area& area,
                       std::function<void(picture_cutter::outcome)> done)>
        cut; // `done` is called before this sender goes, or never
  };

  /// `cloud`, `conf`, `metrics`, `port` and `results` outlive it. Settings may change at run time.
  picture_sender(std::string name, const cloud_config& cloud, const config& conf, metrics& metrics,
                 mqtt_port& port, publisher& results, owner from, publisher_clocks time = {});
  ~picture_sender();
  picture_sender(const picture_sender&) = delete;
  picture_sender& operator=(const picture_sender&) = delete;

  /// The result of a verified op with an inference, just committed, and its frame's JPEG. The owner
  /// calls send_due() a moment later, as after each of the functions below.
  void take(const wire::Op& op, const payload& jpeg);
  /// Results that the ledger stage still holds back go before pictures.
  void note_more_results(bool more) { more_results_ = more; }
  /// Publishes as much as results, window and pace allow.
  void send_due();
  /// When send_due() has something to do although nothing happens; nothing if nothing waits for a
  /// time. Boot time.
  std::optional<std::uint64_t> wake_ns() const { return wake_ns_; }
  bool knows(int message_id) const { return outbox_.knows(message_id); }
  /// The broker confirmed, or refused, the picture that it knows under this id.
  void confirmed(int message_id, bool refused);
  /// The connection is gone: unconfirmed pictures wait for the next one.
  void send_again();
  /// This node does not serve any more: another one publishes the results, without these pictures.
  void drop_all();

  /// Returns true while pictures wait for a cloud that is connected.
  bool busy() const { return port_.connected() && outbox_.size() > 0; }
  std::size_t waiting() const { return outbox_.size(); }
  std::size_t waiting_bytes() const { return outbox_.bytes(); }
  std::uint64_t published() const { return published_; }
  std::uint64_t dropped() const { return dropped_; }

private:
  bool is_due(const std::string& camera);
  void add(picture_message p);
  bool may_leave(const picture_message& p);
  bool publish(const picture_message& p);
  void drop(const char* reason, std::size_t pictures = 1);
  void show();

  std::string name_;
  const cloud_config& cloud_;
  const config& conf_;
  metrics& metrics_;
  mqtt_port& port_;
  publisher& results_;
  owner owner_;
  publisher_clocks time_;
  topic_template topic_;
  picture_outbox outbox_;
  bool more_results_ = false;
  std::optional<std::uint64_t> wake_ns_;
  // When each camera had its last picture; at most limits::cameras, and those that may have the
  // next one are forgotten.
  std::map<std::string, std::uint64_t, std::less<>> last_ns_;
  std::uint64_t published_ = 0;
  std::uint64_t dropped_ = 0;
  prometheus::Counter& published_total_;
  prometheus::Gauge& waiting_gauge_;
  prometheus::Gauge& bytes_gauge_;
};

} // namespace monopod
