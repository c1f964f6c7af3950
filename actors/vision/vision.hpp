// A vision application inside the pod, attached to the broker like any other application.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/metrics.hpp"
#include "actors/runtime/stage.hpp"
#include "actors/vision/vision_worker.hpp"
#include "core/config/config.hpp"
#include "schemas/app_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Speaks schemas/app.fbs to the broker. Has its worker, the emulator or a plug-in, look at one
/// frame at a time; lives on the pod's loop, or on one of its own when its work would hold up the
/// pod: a plug-in's always, the emulator's with vision.NAME.own_thread. `session` tells the broker
/// that a restarted one is the same application.
class vision final : public stage<vision_actor> {
public:
  vision(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context, const std::string& app,
         const std::string& endpoint, const vision_config& conf, metrics& metrics,
         std::uint64_t session);

  const char* name() const override { return "vision"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  void subscribe();
  status_part make_status() const;
  void on_message(inbound& in);
  void on_subscribed(std::uint64_t incarnation);
  void on_refused(wire::AppRefuseReason why);
  void forget();
  void serve_next();
  void finish(const vision_frame& f, std::uint64_t started_at_ns);
  void grant(std::uint32_t frames);
  void send_message(std::span<const std::uint8_t> message);
  void send_waiting();

  const std::string app_;
  vision_config conf_;
  metrics& metrics_;
  std::unique_ptr<vision_worker> worker_; // made on the loop's thread
  std::uint32_t credit_;
  link* broker_link_ = nullptr;
  std::uint64_t session_;
  std::uint64_t incarnation_ = 0; // of our attachment; 0: not attached
  std::uint64_t epoch_ = 1;
  std::deque<vision_frame> queue_; // at most the credit given
  bool answered_ = false;          // the broker knows this application
  bool serving_ = false;
  std::uint32_t credit_owed_ = 0; // frames taken since the last grant
  std::deque<std::vector<std::uint8_t>>
      waiting_; // messages that the link had no room for; at most twice the credit
  flatbuffers::FlatBufferBuilder builder_{1024};
};

} // namespace monopod
