// The broker: N cameras to M applications. It carries out what delivery decides, over its two
// serving links.
#pragma once

#include "actors/frames/delivery.hpp"
#include "actors/frames/zone_watch.hpp"
#include "actors/interfaces.hpp"
#include "actors/ledger/authority.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/stage.hpp"
#include "core/config/config.hpp"
#include "schemas/pipeline_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace monopod {

/// Speaks schemas/pipeline.fbs to gateways, schemas/app.fbs to applications, and CAF messages to
/// the ledger stage, which lives in the same process. Owns the frames in flight; nothing here is
/// durable. The subscriptions outlive it.
class broker final : public stage<broker_actor> {
public:
  broker(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
         const monopod::config& conf, metrics& metrics, ledger_actor ledger,
         subscription_book& subscriptions, authority lead = {});

  const char* name() const override { return "broker"; }

  /// The endpoints where applications attach, with the ports that the system chose: link.apps, then
  /// broker.listen. Before the loop runs, or on its thread.
  const std::vector<std::string>& app_endpoints() const { return apps_link_->bound_endpoints(); }
  /// The same for gateways.
  std::string frames_endpoint() const { return frames_link_->bound_endpoint(); }

protected:
  behavior_type make_behavior() override;

private:
  struct app_peer {
    peer_id peer = 0;
    std::uint64_t session = 0;
    std::uint64_t incarnation = 0; // of this attachment
    prometheus::Counter* frames = nullptr;
    prometheus::Counter* results = nullptr;
    prometheus::Counter* skipped_newer = nullptr;
    prometheus::Counter* skipped_age = nullptr;
    prometheus::Counter* skipped_rate = nullptr;
    std::uint32_t silent_s = 0;  // sweeps since it was last heard
    bool attached = false;       // to this broker, since it serves
    std::uint64_t heard_ns = 0;  // the turn in which it subscribed last
    skipped_frames skipped_seen; // counted already
  };
  // A question to the ledger stage: where the camera stands.
  struct opening {
    peer_id gateway = 0; // the one that asked; 0: none, frames are to be finished without it
    std::uint64_t stream = 0;
  };
  // All that the broker knows of one camera: found once for each message about it. The camera is
  // open (at delivery), or asked for, or both.
  struct camera_record {
    std::uint64_t ahead() const { return acked_seq - committed_seq; }
    // The camera is away, and the ledger has all its frames as settled.
    bool has_left() const {
      return gateway == 0 && !asked && at_delivery != nullptr &&
             committed_seq >= at_delivery->last_seq;
    }

    std::string name;
    delivery::camera* at_delivery = nullptr; // null until it is opened for the first time
    std::optional<opening> asked;            // the ledger stage has not answered yet
    peer_id gateway = 0;                     // the one that it is at; 0: the camera is away
    std::uint64_t committed_seq = 0;         // of the current stream: settled in the ledger
    // The cursor that the camera may be told: the same, or more (`accepted`, `replicated`).
    std::uint64_t acked_seq = 0;
    std::uint64_t taken_seq = 0;  // frames up to here that are owed are in the ledger
    std::uint64_t taking_seq = 0; // the last frame that is in the ledger, or on its way there
    bool cursor_owed = false;     // the camera is to be told its cursor, at the end of the turn
    bool opened = false;          // and that this answers its Hello
    bool replaying = false;       // the camera was asked to send again
  };
  using camera_map = std::map<std::string, camera_record, std::less<>>;
  using app_map = std::map<std::string, app_peer, std::less<>>;
  static constexpr auto refuse_reasons = static_cast<std::size_t>(wire::AppRefuseReason::MAX) + 1;

  // Beginning to serve, and ceasing to (broker_apps.cpp).
  void serve(std::uint64_t epoch);
  void subscribe_known();
  void forget_waiting();
  void put_off(peer_id peer, const wire::Subscribe& subscribe, std::span<const std::byte> message);
  void tell_not_primary(peer_id peer);

  void on_gateway_message(inbound& in);
  // Opening and closing cameras (broker_open.cpp).
  camera_record* find_or_add(std::string_view name);
  camera_record* find_open(std::string_view name);
  void on_open(peer_id gateway, const wire::Open& open);
  void refuse_open(peer_id gateway, const std::string& camera, std::uint64_t stream);
  void on_close(peer_id gateway, std::string_view name);
  void close_if_idle(camera_record& c);
  bool close_one_that_left();
  void drop(camera_map::iterator at);
  void forget_silent_gateways();
  void on_ledger(const ledger_actor& ledger);
  void ask_ledger(const camera_record& c);
  void on_opened(const std::string& name, const camera_position& where);
  // Frames that the ledger holds (broker_taken.cpp).
  void take(camera_record& c, const frame_info& info, const payload& body);
  void on_taken(std::string_view name, std::uint64_t stream, std::uint64_t seq);
  void finish_taken(camera_record& c, const std::vector<op_bytes>& frames);
  void ask_unfinished();
  // The cursors that cameras are told (broker_cursors.cpp).
  void update_cursor(camera_record& c);
  void on_committed(std::string_view name, std::uint64_t stream, std::uint64_t settled_seq);
  void owe_cursor(camera_record& c, bool opened);
  void send_cursors();

  void on_frame(peer_id gateway, const wire::Frame& frame, const payload& body);
  bool beyond_credit(const camera_record& c, const frame_info& info);

  // Results, which become ops of the ledger (broker_results.cpp).
  void on_result(const std::string& app, const wire::AppResult& result,
                 std::span<const std::byte> message);
  void finish_unowed(const camera_record& c, const frame_info& info);
  std::uint64_t session_of(std::string_view app) const;
  void append(std::string_view camera, const frame_info& info, std::uint64_t settled_seq,
              std::string_view app, const wire::AppResult* result, const payload& picture = {});

  void on_app_message(inbound& in);
  void on_subscribe(peer_id peer, const wire::Subscribe& subscribe);
  void deliver(std::string_view app);
  app_map::iterator add_app(std::string_view name);
  bool remembers(std::string_view app, const subscription& wants) const;
  void remember(const std::string& app, const subscription& wants);
  void tell_ledger(const std::string& app, const std::optional<subscription>& wants);
  void tell_subscribed(const std::string& app);
  void forget_silent_apps();
  void remove_series(const app_peer& a);
  std::size_t forget_app(app_map::iterator at);
  bool make_room_for_app();
  caf::result<bool, std::string> forget_app_as_asked(const std::string& app);
  bool reachable(const app_peer& a);
  void append_settled();
  static void count_skipped(app_peer& a, const skipped_frames& now);
  send_result send_frame(const app_peer& to, const delivery::next_frame& next);
  void refuse_app(peer_id peer, wire::AppRefuseReason why, std::string_view camera,
                  std::uint64_t stream, std::uint64_t seq);

  status_part make_status() const;

  const monopod::config& conf_;
  metrics& metrics_;
  ledger_actor ledger_;
  subscription_book& subscriptions_;
  link* frames_link_ = nullptr;
  link* apps_link_ = nullptr;
  delivery delivery_;
  zone_watch zones_;
  authority lead_;
  std::uint64_t incarnation_;

  camera_map cameras_;                        // at most limits::broker_cameras
  std::map<peer_id, std::uint32_t> gateways_; // sweeps since each was last heard
  bool cursors_scheduled_ = false;
  std::uint64_t ahead_ = 0; // frames acknowledged and not committed, of all cameras

  app_map apps_;
  std::uint64_t apps_looked_at_ns_ = 0; // last look for applications that are gone
  std::size_t changes_ = 0;             // of subscriptions, that the ledger does not have yet
  // The Subscribe of each application, by name, for the time when this node is the primary.
  struct waiting_app {
    peer_id peer = 0;
    std::uint64_t heard_ns = 0; // the turn in which it came
    std::vector<std::uint64_t> message;
  };
  std::map<std::string, waiting_app, std::less<>> waiting_; // at most limits::apps
  std::unordered_map<peer_id, std::string> app_of_peer_;
  std::array<prometheus::Counter*, refuse_reasons> refusals_{};
  bool retry_scheduled_ = false;
  flatbuffers::FlatBufferBuilder builder_{512};
};

} // namespace monopod
