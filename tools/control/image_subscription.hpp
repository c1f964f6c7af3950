// A client's subscription to a camera at the gateway, which is made again whenever it breaks.
#pragma once

#include "tools/control/completion.hpp"
#include "tools/control/vei.grpc.pb.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace monopod::control {

/// SubscribeImage as its client sees it. The handlers run on the completion queue's thread, one
/// frame at a time.
class image_subscription {
public:
  struct handlers {
    std::function<void(const VEIv1_0::ImageData&)> take;
    std::function<void()> subscribed; // frames arrive from now on; called each time
    /// If set, a subscription that breaks is not made again, and this is told why.
    std::function<void(const grpc::Status&)> ended = {};
  };

  /// The queue's thread must run until the subscription is destroyed.
  image_subscription(VEIv1_0::VEIv1_0::Stub& stub, grpc::CompletionQueue& queue, std::string camera,
                     handlers h);
  ~image_subscription();
  image_subscription(const image_subscription&) = delete;
  image_subscription& operator=(const image_subscription&) = delete;

  /// Takes no more frames; the destructor waits until all operations have ended. Any thread.
  void stop();

private:
  // One call, with everything that gRPC needs until its operations have ended.
  struct attempt {
    grpc::ClientContext context;
    grpc::Status status;
    VEIv1_0::ImageData image;
    std::unique_ptr<grpc::ClientAsyncReader<VEIv1_0::ImageData>> stream;
  };

  void open_call();
  void opened(bool ok);
  void greeted(bool ok);
  void read(bool ok);
  void finish();
  void finished(bool ok);
  void retry(bool ok);
  bool stopping();
  void close();

  VEIv1_0::VEIv1_0::Stub& stub_;
  grpc::CompletionQueue& queue_;
  const std::string camera_;
  const handlers handlers_;
  step<image_subscription> opened_{*this, &image_subscription::opened};
  step<image_subscription> greeted_{*this, &image_subscription::greeted};
  step<image_subscription> read_{*this, &image_subscription::read};
  step<image_subscription> finished_{*this, &image_subscription::finished};
  step<image_subscription> retry_{*this, &image_subscription::retry};
  grpc::Alarm alarm_;

  std::mutex mutex_; // guards the flags and attempt_
  std::condition_variable changed_;
  std::unique_ptr<attempt> attempt_;
  bool stopping_ = false;
  bool closed_ = false;
};

} // namespace monopod::control
