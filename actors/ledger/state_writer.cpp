#include "actors/ledger/state_writer.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/priority.hpp"

#include <chrono>
#include <utility>

namespace monopod {

namespace {

constexpr std::chrono::milliseconds write_retry{100};

} // namespace

state_writer::state_writer(std::unique_ptr<state_file> file, metrics& metrics,
                           std::function<void(std::uint64_t)> on_saved)
    : file_(std::move(file)), metrics_(metrics), on_saved_(std::move(on_saved)),
      thread_([this, realtime = is_realtime()] { // a vote waits for it
        if (realtime)
          take_realtime();
        run();
      }) {}

state_writer::~state_writer() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void state_writer::save(replica_outputs::save_request request) {
  {
    const std::lock_guard guard{mutex_};
    waiting_ = std::move(request);
  }
  changed_.notify_one();
}

void state_writer::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || waiting_; });
    if (!waiting_)
      return;
    auto request = *std::exchange(waiting_, std::nullopt);
    lock.unlock();
    const bool written = write(request);
    if (written)
      on_saved_(request.number);
    lock.lock();
    if (written)
      continue;
    if (stopping_)
      return;
    if (!waiting_)
      waiting_ = std::move(request);
    changed_.wait_for(lock, write_retry, [this] { return stopping_; });
  }
}

bool state_writer::write(const replica_outputs::save_request& request) {
  const auto start_ns = boottime_ns();
  const auto written = file_->save(request.votes, request.decided);
  if (written) {
    metrics_.state_write.Observe(seconds_between(start_ns, boottime_ns()));
    return true;
  }
  metrics_.state_write_errors.Increment();
  log_limited(log_level::error, "state",
              "can't write this node's votes to disk: it does not vote until it can; free some "
              "space or replace the disk",
              {{"reason", written.error()}, {"save", request.number}});
  return false;
}

} // namespace monopod
