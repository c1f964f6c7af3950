// The gateway: owns the camera socket, decides who may speak for a camera, and lets in what the
// pipeline can hold.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/ledger/authority.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/stage.hpp"
#include "core/config/config.hpp"
#include "schemas/camera_generated.h"
#include "schemas/pipeline_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace monopod {

/// Cameras speak schemas/camera.fbs to it; it speaks schemas/pipeline.fbs to the broker. It keeps
/// nothing durable: the ledger says where a camera stands, through the broker, whenever a camera
/// says Hello.
class gateway final : public stage<gateway_actor> {
public:
  gateway(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
          const monopod::config& conf, metrics& metrics, authority lead = {});

  const char* name() const override { return "gateway"; }

  /// The endpoints where cameras connect, with the ports that the system chose. Before the loop
  /// runs, or on its thread.
  const std::vector<std::string>& camera_endpoints() const {
    return cameras_link_->bound_endpoints();
  }

protected:
  behavior_type make_behavior() override;

private:
  struct camera {
    peer_id peer = 0; // the connection that speaks for it
    std::uint64_t session = 0;
    std::uint64_t stream = 0;   // as the camera opened it
    bool open = false;          // false until the broker has answered Open
    bool just_opened = false;   // no frame was accepted since then
    std::uint64_t cursor = 0;   // the camera may forget its frames up to here
    std::uint64_t promised = 0; // highest cursor that it was told, by this gateway or one before it
    struct accepted {
      std::uint64_t seq;
      std::size_t bytes;
    };
    std::deque<accepted> in_flight; // above the cursor
    std::size_t bytes_in_flight = 0;
    bool replays = false; // frames that were in flight are sent again
    bool owes_ack = false;
    std::uint64_t last_frame_ns = 0;
    std::uint64_t frames = 0;
    prometheus::Counter* counter = nullptr;
  };
  static constexpr auto refuse_reasons = static_cast<std::size_t>(wire::RefuseReason::MAX) + 1;
  using camera_map = std::map<std::string, camera, std::less<>>;

  void serve(std::uint64_t epoch);
  // Messages from cameras.
  void on_camera_message(inbound& in);
  void on_hello(peer_id peer, const wire::Hello& hello);
  void on_frame(peer_id peer, const wire::Frame& frame, const payload& body);
  std::optional<wire::RefuseReason> check(const camera& c, const wire::Frame& frame,
                                          const payload& body) const;
  camera_map::iterator find_or_add(peer_id peer, const wire::Hello& hello);
  void on_bye(peer_id peer, const wire::Bye& bye);
  bool may_take_over(const std::string& camera_name, const camera& c, peer_id peer,
                     std::uint64_t session);

  // To and from the broker (gateway_broker.cpp).
  void attach();
  void send_open(const std::string& name, const camera& c);
  void tell_closed();
  void on_open_refused(const wire::OpenRefused& refused);
  void forward(const wire::Frame& frame, const payload& body, std::uint64_t received_at_ns);
  void retry_unsent();
  void on_broker_message(inbound& in);
  void on_settled(const wire::Cursor& cursor);
  void on_opened(const std::string& name, camera& c, const wire::Cursor& cursor);
  void count_lost(const std::string& name, camera& c);
  void on_attached(std::uint64_t incarnation);

  // Answers to cameras (gateway_answers.cpp).
  void welcome(const std::string& name, const camera& c);
  void owe_ack(camera& c);
  void send_acks();
  send_result send_ack(const std::string& camera_name, const camera& c);
  send_result tell_not_primary(peer_id peer, std::string_view camera_name, std::uint64_t stream);
  void refuse(peer_id peer, std::string_view camera_name, std::uint64_t stream, std::uint64_t seq,
              wire::RefuseReason why, std::string_view detail);
  std::uint32_t credit() const;
  std::size_t credit_bytes() const;
  void remove(camera_map::iterator at);
  void forget_in_flight(camera& c, std::uint64_t seq);
  bool busy() const;
  void remove_unreachable();
  void regulate_intake();
  status_part make_status() const;

  const monopod::config& conf_;
  metrics& metrics_;
  std::array<prometheus::Counter*, refuse_reasons> refusals_{}; // by reason
  link* cameras_link_ = nullptr;
  link* broker_link_ = nullptr;
  camera_map cameras_;
  std::set<std::string, std::less<>> left_; // cameras that the broker is yet to be told of
  authority lead_;
  std::uint64_t broker_incarnation_ = 0; // 0: not attached
  std::size_t frames_in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  std::uint64_t swept_ns_ = 0; // last look for cameras that are gone
  bool draining_ = false;
  bool acks_scheduled_ = false;
  bool reading_ = true;
  // A frame that the link to the broker had no room for; nothing more is read until it is sent.
  struct unsent_frame {
    std::vector<std::uint8_t> envelope;
    payload body;
  };
  std::optional<unsent_frame> unsent_;
  flatbuffers::FlatBufferBuilder builder_{512};
};

} // namespace monopod
