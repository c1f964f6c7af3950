// The ledger stage: turns finished frames into committed ops, and hands outbox entries to the
// cloud stage.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/ledger/node_replica.hpp"
#include "actors/ledger/outbox_alarm.hpp"
#include "actors/ledger/outbox_turns.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/stage.hpp"
#include "core/config/config.hpp"
#include "replication/known_cameras.hpp"
#include "replication/ledger.hpp"
#include "schemas/codec.hpp"
#include "schemas/outbox_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Works on the node's ledger, which outlives it: a restarted ledger stage goes on where its
/// predecessor was. On a standalone node an op is committed when it is applied (node_replica).
/// Speaks schemas/outbox.fbs to cloud stages: each cloud gets its unconfirmed entries, oldest first
/// with fresh ones between them (outbox_turns), at most its window at a time, and loses one only
/// when it confirms it.
class ledger_stage final : public stage<ledger_actor> {
public:
  ledger_stage(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
               const monopod::config& conf, metrics& metrics, node_replica& lent);

  const char* name() const override { return "ledger"; }

  /// The endpoint where cloud stages attach, with the port that the system chose. Before the loop
  /// runs, or on its thread.
  std::string results_endpoint() const { return results_link_->bound_endpoint(); }

  /// Lets go of the broker, which has a handle of the ledger stage: each would keep the other for
  /// ever.
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  struct cloud {
    peer_id peer = 0; // the cloud stage that serves it; 0: none is attached
    bool connected = false;
    std::uint64_t connection = 0;      // its number; a broken one may be replaced before this node
                                       // is told that it broke
    std::uint32_t window = 0;          // entries that may be unconfirmed at the cloud stage
    std::size_t hold_above = SIZE_MAX; // entries waiting beyond which cameras are held back
    std::uint32_t in_flight = 0;
    outbox_turns turns; // the entries sent on this attachment
    outbox_alarm alarm;
    prometheus::Gauge* waiting = nullptr;
    prometheus::Gauge* level = nullptr;
    prometheus::Counter* dropped = nullptr;
    prometheus::Counter* pictures_dropped = nullptr; // null: it gets none
  };

  template <class... Answer>
  using promise = caf::typed_response_promise<Answer...>;
  // A question that is answered once its op is committed.
  template <class... Answer>
  struct waiting {
    std::uint64_t index = 0; // of the op
    promise<Answer...> answer;
  };

  void serve();
  // The op is not made if this node does not serve any more: the node that serves next starts from
  // its own ledger.
  template <class Body>
  void append(flatbuffers::Offset<Body> body, bool urgent) {
    const auto encoded = finish_op(builder_, replica_.next_index(), replica_.epoch(), body);
    if (replica_.append(
            std::make_shared<const std::vector<std::uint8_t>>(encoded.begin(), encoded.end()),
            urgent))
      settle();
  }
  // Cameras that are opened, closed and forgotten (ledger_cameras.cpp).
  promise<camera_position> open(const std::string& camera, std::uint64_t stream);
  bool make_room();
  void begin();
  promise<bool, std::string> forget(const std::string& camera);
  std::string reason_to_keep(const std::string& camera) const;
  void on_stream_opened(std::uint64_t index, const std::string& camera);
  void on_camera_forgotten(std::uint64_t index, const std::string& camera, apply_result result);
  void end_waiting();
  camera_position position(const std::string& camera, const camera_cursor& cursor) const;
  unfinished_cameras unfinished();

  void append_frame(unsealed_op op);
  promise<bool> subscribe(const std::string& app, const std::optional<subscription>& wants);
  void on_subscription(std::uint64_t index);
  void settle();
  void on_committed(const wire::Op& op, apply_result result);
  void on_frame_taken(const wire::Frame& frame);
  void on_finished(std::uint64_t index, const wire::Finished& finished, apply_result result);
  void on_cloud_acked(const wire::CloudAcked& acked);

  void on_cloud_stage_message(inbound& in);
  void on_attach(peer_id peer, const wire::CloudAttach& attach);
  void on_published(peer_id peer, const wire::Published& published);
  void send_entries(const std::string& name, cloud& c);
  void count_dropped_pictures(std::size_t dropped);
  void send_picture(std::uint64_t index);
  bool send_picture_to(peer_id peer, std::span<const std::uint8_t> op, const payload& jpeg);
  void show_outbox(const std::string& name, cloud& c);
  bool outbox_busy() const;
  bool must_hold() const;
  void tell_broker(const std::string& camera, const camera_cursor& cursor);
  void release_held();
  status_part make_status() const;

  metrics& metrics_;
  node_replica& replica_;
  const ledger& ledger_; // as far as it is committed
  // By index: one for each camera that the broker is opening, one for each subscription that
  // changes (at most limits::app_changes, and those that are forgotten), one for each operator who
  // forgets a camera.
  std::deque<waiting<camera_position>> opening_;
  std::deque<waiting<bool>> subscribing_;
  std::vector<waiting<bool, std::string>> forgetting_;
  std::uint64_t incarnation_;
  known_cameras cameras_;
  std::uint64_t began_index_ = 0;     // ops below it were made by others, which knew what was open
  std::uint64_t victims_from_ns_ = 0; // until then cameras are opened again, and none is forgotten
  link* results_link_ = nullptr;
  std::map<std::string, cloud, std::less<>> clouds_;
  op_pictures pictures_;
  bool retry_scheduled_ = false;
  broker_actor broker_;        // it appends
  std::set<std::string> held_; // cameras whose commits the broker is yet to be told
  flatbuffers::FlatBufferBuilder builder_{1024};
};

} // namespace monopod
