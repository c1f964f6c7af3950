#include "actors/ledger/ledger_writer.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace monopod {

namespace {

constexpr std::chrono::milliseconds retry{100};
constexpr std::chrono::milliseconds linger{limits::ledger_linger_ms};

} // namespace

ledger_writer::ledger_writer(std::unique_ptr<ledger_store> store, std::uint64_t last_index,
                             metrics& metrics, std::function<void()> on_durable,
                             std::function<void(const std::string&)> on_refused)
    : store_(std::move(store)), metrics_(metrics), on_durable_(std::move(on_durable)),
      on_refused_(std::move(on_refused)), last_index_(last_index), thread_([this] { run(); }) {}

ledger_writer::~ledger_writer() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ledger_writer::push(replica_outputs::write_request write, bool urgent) {
  {
    const std::lock_guard guard{mutex_};
    auto& what = queue_.what;
    if (write.ledger != nullptr) {
      what = {};
      what.snapshot = std::move(write.ledger);
      what.entries = std::move(write.entries);
      last_index_ = write.first - 1;
    }
    if (write.first <= last_index_) {
      while (!what.ops.empty() && wire::GetOp(what.ops.back()->data())->index() >= write.first)
        what.ops.pop_back();
      what.cut_from = std::min(what.cut_from, write.first);
    }
    what.ops.insert(what.ops.end(), std::move_iterator(write.ops.begin()),
                    std::move_iterator(write.ops.end()));
    MONOPOD_ENSURE(what.ops.size() <= limits::ledger_pending_ops,
                   "frames in flight and clouds' windows bound what is not on disk");
    last_index_ = write.first - 1 + write.ops.size();
    queue_.number = write.number;
    urgent_ = urgent_ || urgent;
  }
  changed_.notify_one();
}

void ledger_writer::push(ledger_store::checkpoint at) {
  const std::lock_guard guard{mutex_};
  auto& waiting = queue_.what.at;
  if (waiting) // the successor removes what it would have removed
    at.stale.insert(at.stale.end(), waiting->stale.begin(), waiting->stale.end());
  waiting = std::move(at); // goes with the next ops
}

// Returns false at the end.
bool ledger_writer::wait_for_work(batch& taken) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return stopping_ || queue_.number != 0; });
  if (!urgent_ && !stopping_)
    changed_.wait_for(lock, linger, [this] { return stopping_ || urgent_; });
  if (queue_.number == 0)
    return false;
  taken = std::exchange(queue_, {});
  urgent_ = false;
  return true;
}

void ledger_writer::run() {
  batch work;
  while (wait_for_work(work)) {
    while (!write(work.what)) {
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, retry, [this] { return stopping_; });
      if (stopping_)
        return;
    }
    durable_.store(work.number, std::memory_order_release);
    on_durable_();
  }
}

bool ledger_writer::write(const ledger_store::change& what) {
  const auto start_ns = boottime_ns();
  const auto written = store_->write(what);
  if (written) {
    metrics_.ledger_write.Observe(seconds_between(start_ns, boottime_ns()));
    return true;
  }
  metrics_.ledger_write_errors.Increment();
  log_limited(log_level::error, "ledger",
              "can't write to disk: nothing is acknowledged until it succeeds; free some space or "
              "replace the disk",
              {{"reason", written.error()}, {"ops", what.ops.size()}});
  on_refused_(written.error());
  return false;
}

} // namespace monopod
