// The application's habit of one PublishToCloud call for each result (--call-per-frame).
#pragma once

#include "tools/control/vei.grpc.pb.h"

#include <grpcpp/client_context.h>

#include <mutex>

namespace monopod::control {

/// VEI's yolo.py calls once for each frame, on the channel that its frames arrive by, and waits for
/// the answer before it takes the next frame.
class waiting_calls {
public:
  /// The stub must outlive it.
  explicit waiting_calls(VEIv1_0::VEIv1_0::Stub& stub) : stub_(stub) {}
  waiting_calls(const waiting_calls&) = delete;
  waiting_calls& operator=(const waiting_calls&) = delete;

  /// Waits for the answer as long as it takes, and logs what the answer complains about, as nobody
  /// reads it in yolo.py either. One thread calls.
  grpc::Status send(const VEIv1_0::PubCloudParams& result);
  /// The call that waits and all later ones fail. Any thread.
  void cancel();

private:
  VEIv1_0::VEIv1_0::Stub& stub_;
  std::mutex mutex_; // guards the members below
  grpc::ClientContext* waiting_ = nullptr;
  bool cancelled_ = false;
};

} // namespace monopod::control
