#include "tools/control/habits/waiting_calls.hpp"

#include "core/log.hpp"

#include <grpcpp/support/sync_stream.h>

namespace monopod::control {

grpc::Status waiting_calls::send(const VEIv1_0::PubCloudParams& result) {
  grpc::ClientContext context;
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_)
      return {grpc::StatusCode::CANCELLED, "the application stops"};
    waiting_ = &context;
  }
  VEIv1_0::ErrorResponse reply;
  const auto stream = stub_.PublishToCloud(&context, &reply);
  if (stream->Write(result))
    stream->WritesDone();
  auto status = stream->Finish();
  {
    const std::lock_guard lock(mutex_);
    waiting_ = nullptr;
  }
  if (status.ok() && !reply.errormsg().empty())
    log_limited(log_level::warn, "vision", "the gateway complains", {{"reason", reply.errormsg()}});
  return status;
}

void waiting_calls::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (waiting_ != nullptr)
    waiting_->TryCancel();
}

} // namespace monopod::control
