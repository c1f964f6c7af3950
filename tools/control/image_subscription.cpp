#include "tools/control/image_subscription.hpp"

#include "core/log.hpp"
#include "tools/control/outgoing_stream.hpp"

#include <utility>

namespace monopod::control {

image_subscription::image_subscription(VEIv1_0::VEIv1_0::Stub& stub, grpc::CompletionQueue& queue,
                                       std::string camera, handlers h)
    : stub_(stub), queue_(queue), camera_(std::move(camera)), handlers_(std::move(h)) {
  const std::lock_guard lock(mutex_);
  open_call();
}

image_subscription::~image_subscription() {
  stop();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_; });
}

void image_subscription::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  attempt_->context.TryCancel();
  alarm_.Cancel();
}

bool image_subscription::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void image_subscription::open_call() {
  VEIv1_0::SubImageParams request;
  request.set_cameraid(camera_);
  attempt_ = std::make_unique<attempt>();
  attempt_->context.set_wait_for_ready(true);
  // The call is made and started in two steps: on a connected channel it opens, on the queue's
  // thread, before a function that does both has returned.
  attempt_->stream = stub_.PrepareAsyncSubscribeImage(&attempt_->context, request, &queue_);
  attempt_->stream->StartCall(&opened_);
}

void image_subscription::opened(bool ok) {
  if (ok)
    attempt_->stream->ReadInitialMetadata(&greeted_);
  else
    finish();
}

void image_subscription::greeted(bool ok) {
  if (!ok) {
    finish();
    return;
  }
  if (handlers_.subscribed)
    handlers_.subscribed();
  attempt_->stream->Read(&attempt_->image, &read_);
}

void image_subscription::read(bool ok) {
  if (!ok) {
    finish();
    return;
  }
  if (!attempt_->image.error().empty())
    log_limited(log_level::error, "vision", "the gateway refuses",
                {{"camera", camera_}, {"reason", attempt_->image.error()}});
  else if (!stopping())
    handlers_.take(attempt_->image);
  attempt_->stream->Read(&attempt_->image, &read_);
}

void image_subscription::finish() { attempt_->stream->Finish(&attempt_->status, &finished_); }

void image_subscription::finished(bool) {
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    close();
    return;
  }
  log_limited(log_level::warn, "vision", "the gateway ended a subscription",
              {{"camera", camera_}, {"reason", attempt_->status.error_message()}});
  if (handlers_.ended) {
    handlers_.ended(attempt_->status);
    close();
    return;
  }
  alarm_.Set(&queue_, std::chrono::system_clock::now() + reopen_delay, &retry_);
}

void image_subscription::retry(bool) {
  const std::lock_guard lock(mutex_);
  if (stopping_)
    close();
  else
    open_call();
}

void image_subscription::close() {
  closed_ = true;
  changed_.notify_all();
}

} // namespace monopod::control
