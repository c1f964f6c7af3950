// A client's stream of requests to the gateway, which is made again whenever it breaks.
#pragma once

#include "core/log.hpp"
#include "tools/control/completion.hpp"
#include "tools/control/dropping_queue.hpp"
#include "tools/control/vei.grpc.pb.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace monopod::control {

/// How long a client waits before it makes a broken stream again. While no gateway answers, the
/// channel has its own patience.
constexpr auto reopen_delay = std::chrono::milliseconds(100);

struct stream_statistics {
  std::uint64_t sent = 0;    // written to a stream, which does not tell whether they arrived
  std::uint64_t dropped = 0; // because the queue was full
  std::uint64_t breaks = 0;
};

/// PublishImage and PublishToCloud as their clients see them. Any thread may call; a request that
/// can go is written on the caller's thread. Others wait in a bounded queue, whose oldest make
/// room. The request that was being written when the stream broke is written again.
template <class Request>
class outgoing_stream {
public:
  using writer = grpc::ClientAsyncWriter<Request>;
  /// Starts the call on the completion queue, with the tag for its start.
  using opener = std::function<std::unique_ptr<writer>(
      grpc::ClientContext*, VEIv1_0::ErrorResponse*, grpc::CompletionQueue*, void* tag)>;

  /// `name` is for the log. The queue's thread must run until the stream is destroyed.
  outgoing_stream(grpc::CompletionQueue& queue, std::string name, std::size_t limit, opener open)
      : queue_(queue), name_(std::move(name)), opener_(std::move(open)), waiting_(limit) {
    const std::lock_guard lock(mutex_);
    open_call();
  }

  ~outgoing_stream() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    attempt_->context.TryCancel();
    alarm_.Cancel();
    changed_.wait(lock, [this] { return closed_; });
  }

  outgoing_stream(const outgoing_stream&) = delete;
  outgoing_stream& operator=(const outgoing_stream&) = delete;

  void push(Request r) {
    const std::lock_guard lock(mutex_);
    if (!waiting_.push(std::move(r)))
      log_limited(log_level::warn, "stream", "the gateway is away: the oldest request is dropped",
                  {{"stream", name_}, {"dropped", waiting_.dropped()}});
    write_next();
  }

  /// Writes the requests that wait, ends the stream, and waits for the gateway's answer. False if
  /// that does not arrive in time.
  bool finish(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    write_next();
    return changed_.wait_for(lock, patience, [this] { return closed_; });
  }

  /// Waits until the stream is open. False if it does not open in time.
  bool wait_open(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return open_; });
  }

  stream_statistics stats() const {
    const std::lock_guard lock(mutex_);
    return {sent_, waiting_.dropped(), breaks_};
  }

private:
  // One call, with everything that gRPC needs until its operations have ended.
  struct attempt {
    grpc::ClientContext context;
    VEIv1_0::ErrorResponse reply;
    grpc::Status status;
    std::unique_ptr<writer> stream;
  };

  // It waits for the end of the call from the start, so that the end is known at once, and not
  // only at the next write.
  void open_call() {
    attempt_ = std::make_unique<attempt>();
    attempt_->context.set_wait_for_ready(true);
    half_closed_ = ended_ = false;
    busy_ = true;
    attempt_->stream = opener_(&attempt_->context, &attempt_->reply, &queue_, &opened_);
    attempt_->stream->Finish(&attempt_->status, &finished_);
  }

  void opened(bool ok) {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    open_ = ok && !ended_;
    changed_.notify_all();
    write_next();
    close_or_reopen();
  }

  void write_next() {
    if (!open_ || busy_)
      return;
    if (!in_flight_ && !waiting_.empty())
      in_flight_ = waiting_.pop();
    if (in_flight_) {
      busy_ = true;
      attempt_->stream->Write(*in_flight_, &written_);
    } else if (finishing_ && !std::exchange(half_closed_, true)) {
      busy_ = true;
      attempt_->stream->WritesDone(&written_);
    }
  }

  void written(bool ok) {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    if (ok && in_flight_) {
      ++sent_;
      in_flight_.reset();
    }
    open_ = open_ && ok;
    write_next();
    close_or_reopen();
  }

  void finished(bool) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    open_ = false;
    close_or_reopen();
  }

  // Acts once every operation of the call has completed.
  void close_or_reopen() {
    if (!ended_ || busy_)
      return;
    const bool answered = attempt_->status.ok() && attempt_->reply.errormsg().empty();
    if (stopping_ || (half_closed_ && answered)) {
      closed_ = true;
      changed_.notify_all();
      return;
    }
    ++breaks_;
    log_limited(log_level::warn, "stream", "the gateway ended it",
                {{"stream", name_},
                 {"reason", attempt_->status.ok() ? attempt_->reply.errormsg()
                                                  : attempt_->status.error_message()}});
    alarm_.Set(&queue_, std::chrono::system_clock::now() + reopen_delay, &retry_);
  }

  void retry(bool) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      closed_ = true;
      changed_.notify_all();
    } else {
      open_call();
    }
  }

  grpc::CompletionQueue& queue_;
  const std::string name_;
  const opener opener_;
  step<outgoing_stream> opened_{*this, &outgoing_stream::opened};
  step<outgoing_stream> written_{*this, &outgoing_stream::written};
  step<outgoing_stream> finished_{*this, &outgoing_stream::finished};
  step<outgoing_stream> retry_{*this, &outgoing_stream::retry};
  grpc::Alarm alarm_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<attempt> attempt_;
  dropping_queue<Request> waiting_;
  std::optional<Request> in_flight_;
  std::uint64_t sent_ = 0;
  std::uint64_t breaks_ = 0;
  bool open_ = false;
  bool busy_ = false; // an operation other than the wait for the end is under way
  bool ended_ = false;
  bool half_closed_ = false;
  bool finishing_ = false;
  bool stopping_ = false;
  bool closed_ = false;
};

} // namespace monopod::control
