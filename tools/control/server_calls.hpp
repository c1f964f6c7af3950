// The calls of the gateway's service, with one class for each shape of an RPC. All of them belong
// to the completion queue's thread.
#pragma once

#include "core/payload.hpp"
#include "tools/control/completion.hpp"
#include "tools/control/dropping_queue.hpp"
#include "tools/control/habits/departed_subscribers.hpp"
#include "tools/control/nats_bus.hpp"
#include "tools/control/vei.grpc.pb.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace monopod::control {

/// A call that is served, or one that waits for the next client.
class call {
public:
  virtual ~call() = default;
};

/// All calls that exist. Each call ends itself.
class call_list {
public:
  template <class Call>
  void begin(const typename Call::method& method) {
    auto c = std::make_unique<Call>(*this, method);
    const std::lock_guard lock(mutex_);
    calls_.emplace(c.get(), std::move(c));
  }
  void end(call& c) {
    const std::lock_guard lock(mutex_);
    calls_.erase(&c);
    if (calls_.empty())
      none_.notify_all();
  }
  /// Waits until all have ended. False if some have not in time. Any thread.
  bool wait_until_none(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, patience, [this] { return calls_.empty(); });
  }

private:
  std::mutex mutex_; // guards the calls
  std::condition_variable none_;
  std::unordered_map<call*, std::unique_ptr<call>> calls_;
};

/// A stream of requests, answered once: at its end, or as soon as a request can't be taken.
template <class Request>
class upload final : public call {
public:
  using reader = grpc::ServerAsyncReader<VEIv1_0::ErrorResponse, Request>;
  struct method {
    std::function<void(grpc::ServerContext*, reader*, void* tag)> accept;
    std::function<std::string(Request&)> take; // says what is wrong with the request, if anything
    /// If set, it is told of streams that ended in any way but the regular one.
    std::function<void(const std::string& peer)> cut = {};
  };

  upload(call_list& calls, const method& m)
      : calls_(calls), method_(m), awaited_ends_(m.cut ? 2 : 1) {
    if (method_.cut)
      context_.AsyncNotifyWhenDone(&left_);
    method_.accept(&context_, &reader_, &accepted_);
  }

private:
  void accepted(bool ok) {
    if (!ok) {
      calls_.end(*this); // the server stops
      return;
    }
    calls_.begin<upload>(method_);
    if (method_.cut)
      peer_ = context_.peer();
    reader_.Read(&request_, &read_);
  }

  void read(bool ok) {
    if (ok && reply_.errormsg().empty())
      reply_.set_errormsg(method_.take(request_));
    if (ok && reply_.errormsg().empty())
      reader_.Read(&request_, &read_);
    else
      reader_.Finish(reply_, grpc::Status::OK, &finished_);
  }

  void finished(bool) { end(); }

  // Only now it is known how the stream ended: a read fails at its regular end, too.
  void left(bool) {
    if (context_.IsCancelled())
      method_.cut(peer_);
    end();
  }

  void end() {
    if (--awaited_ends_ == 0)
      calls_.end(*this);
  }

  call_list& calls_;
  const method& method_;
  int awaited_ends_; // completions that come when the call is over
  std::string peer_; // nobody knows it any more when the call is over
  grpc::ServerContext context_;
  reader reader_{&context_};
  Request request_;
  VEIv1_0::ErrorResponse reply_;
  step<upload> accepted_{*this, &upload::accepted};
  step<upload> read_{*this, &upload::read};
  step<upload> finished_{*this, &upload::finished};
  step<upload> left_{*this, &upload::left};
};

/// One request, one answer.
template <class Request, class Reply>
class exchange final : public call {
public:
  using responder = grpc::ServerAsyncResponseWriter<Reply>;
  struct method {
    std::function<void(grpc::ServerContext*, Request*, responder*, void* tag)> accept;
    std::function<grpc::Status(const Request&, Reply&)> answer;
  };

  exchange(call_list& calls, const method& m) : calls_(calls), method_(m) {
    method_.accept(&context_, &request_, &responder_, &accepted_);
  }

private:
  void accepted(bool ok) {
    if (!ok) {
      calls_.end(*this);
      return;
    }
    calls_.begin<exchange>(method_);
    responder_.Finish(reply_, method_.answer(request_, reply_), &finished_);
  }

  void finished(bool) { calls_.end(*this); }

  call_list& calls_;
  const method& method_;
  grpc::ServerContext context_;
  responder responder_{&context_};
  Request request_;
  Reply reply_;
  step<exchange> accepted_{*this, &exchange::accepted};
  step<exchange> finished_{*this, &exchange::finished};
};

/// One request, answered by a stream of messages from NATS, whose bytes pass through unchanged.
/// The first answer is the initial metadata, once the subscription is made. A subscriber that is
/// slower than its messages misses the oldest ones, and one that leaves is forgotten.
class download final : public call {
public:
  using writer = grpc::ServerAsyncWriter<grpc::ByteBuffer>;
  struct method {
    std::function<void(grpc::ServerContext*, grpc::ByteBuffer*, writer*, void* tag)> accept;
    /// Null if the request is wrong; `refusal` is then the last message.
    std::function<std::unique_ptr<nats_bus::subscription>(
        const grpc::ByteBuffer& request, nats_bus::receiver r, std::string& refusal)>
        subscribe;
    std::atomic<std::uint64_t>& dropped;
    /// The most messages that wait for one subscriber. At the limit the oldest is dropped, counted
    /// and logged.
    std::size_t waiting_messages = 64;
    /// If set, the gateway ends with a subscriber that leaves.
    departed_subscribers* departed = nullptr;
  };

  download(call_list& calls, const method& m);

private:
  void accepted(bool ok);
  void push(const payload& message); // called on NATS's thread
  void written(bool ok);
  void left(bool ok);
  void remember_departure();
  void write(const payload& message);

  call_list& calls_;
  const method& method_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  writer writer_{&context_};
  step<download> accepted_{*this, &download::accepted};
  step<download> written_{*this, &download::written};
  step<download> left_{*this, &download::left};

  std::unique_ptr<nats_bus::subscription> subscription_;
  std::mutex mutex_; // guards the members below
  dropping_queue<payload> waiting_;
  bool writing_ = true; // an operation is under way; the first one sends the metadata
  bool gone_ = false;
  bool writing_message_ = false; // and not the metadata or a refusal
};

} // namespace monopod::control
