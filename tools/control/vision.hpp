// The control's vision application: the emulator between SubscribeImage and PublishToCloud.
#pragma once

#include "actors/vision/emulated_worker.hpp"
#include "core/config/config.hpp"
#include "tools/control/connection.hpp"
#include "tools/control/frame_stamp.hpp"
#include "tools/control/habits/waiting_calls.hpp"
#include "tools/control/image_subscription.hpp"
#include "tools/control/metrics_endpoint.hpp"
#include "tools/control/outgoing_stream.hpp"
#include "tools/control/vei.grpc.pb.h"

#include <flatbuffers/flatbuffers.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod::control {

struct vision_options {
  std::string gateway = "127.0.0.1:50051";
  std::vector<std::string> cameras;
  std::string app = "emulator";
  std::string metrics; // empty: none
  config names;        // site and node
  vision_config work;
  liveness_check liveness = liveness_check::pings;
  bool call_per_frame = false; // a call for each result, which is waited for: waiting_calls.hpp
};

/// Runs until stop_requested is set. Throws std::runtime_error with the remedy if an address can't
/// be used. Returns the exit code: 1 if a call failed with call_per_frame.
int run_vision(const vision_options& o);

/// Serves one frame at a time, like an application with one model, on the thread that reads the
/// frame and writes its result. Frames that arrive meanwhile wait in the connection, and then at
/// the gateway.
class vision {
public:
  explicit vision(const vision_options& o);
  ~vision();
  vision(const vision&) = delete;
  vision& operator=(const vision&) = delete;

  /// A call failed with call_per_frame; stop_requested will be set. Any thread.
  bool failed() const { return failed_; }

private:
  void serve(const std::string& camera, const VEIv1_0::ImageData& image);
  std::string detect(const std::string& camera, const frame_stamp& frame,
                     std::uint64_t started_at_ns);
  void subscribed();
  void open_results();
  image_subscription::handlers handlers_of(const std::string& camera);
  void publish(VEIv1_0::PubCloudParams result);
  void fail(const grpc::Status& status);

  const vision_options options_;
  std::atomic<std::uint64_t> frames_ = 0;
  std::atomic<std::uint64_t> malformed_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;

  // On the completion queue's thread.
  emulated_worker emulator_;
  flatbuffers::FlatBufferBuilder builder_{1024};
  std::vector<unsigned char> pixels_;
  std::size_t awaited_; // subscriptions that are not made yet

  std::unique_ptr<VEIv1_0::VEIv1_0::Stub> stub_;
  client_queue queue_;
  std::unique_ptr<outgoing_stream<VEIv1_0::PubCloudParams>> results_; // null if calls_ is there
  std::unique_ptr<waiting_calls> calls_;                              // with call_per_frame
  std::vector<std::unique_ptr<image_subscription>> subscriptions_;
  std::unique_ptr<metrics_endpoint> metrics_;
};

} // namespace monopod::control
