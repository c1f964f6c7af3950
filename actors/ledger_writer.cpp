#include "actors/ledger_writer.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <chrono>
#include <utility>

namespace monopod {

namespace {

constexpr std::chrono::milliseconds retry{100};
constexpr std::chrono::milliseconds linger{limits::ledger_linger_ms};

} // namespace

ledger_writer::ledger_writer(std::unique_ptr<ledger_store> store, std::uint64_t durable_index,
                             metrics& counts, std::function<void()> on_durable)
    : store_(std::move(store)), counts_(counts), on_durable_(std::move(on_durable)),
      durable_index_(durable_index), thread_([this] { run(); }) {}

ledger_writer::~ledger_writer() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ledger_writer::push(op_bytes op, bool urgent) {
  {
    const std::lock_guard guard{mutex_};
    MONOPOD_ENSURE(queue_.ops.size() < limits::ledger_pending_ops,
                   "frames in flight and clouds' windows bound what is not on disk");
    queue_.ops.push_back(std::move(op));
    urgent_ = urgent_ || urgent;
  }
  changed_.notify_one();
}

void ledger_writer::push(ledger_store::checkpoint at) {
  const std::lock_guard guard{mutex_};
  if (queue_.checkpoint) // what it would have removed is removed by its successor
    at.stale.insert(at.stale.end(), queue_.checkpoint->stale.begin(),
                    queue_.checkpoint->stale.end());
  queue_.checkpoint = std::move(at); // goes with the next ops
}

// False at the end.
bool ledger_writer::wait_for_work(batch& taken) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return stopping_ || !queue_.ops.empty(); });
  if (!urgent_ && !stopping_)
    changed_.wait_for(lock, linger, [this] { return stopping_ || urgent_; });
  if (queue_.ops.empty())
    return false;
  taken = std::exchange(queue_, {});
  urgent_ = false;
  return true;
}

void ledger_writer::run() {
  batch work;
  while (wait_for_work(work)) {
    while (!write(work)) {
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, retry, [this] { return stopping_; });
      if (stopping_)
        return;
    }
    durable_index_.store(wire::GetOp(work.ops.back()->data())->index(), std::memory_order_release);
    on_durable_();
  }
}

bool ledger_writer::write(const batch& work) {
  const auto start_ns = boottime_ns();
  const auto written = store_->write(work.ops, work.checkpoint ? &*work.checkpoint : nullptr);
  if (written) {
    counts_.ledger_write.Observe(seconds_between(start_ns, boottime_ns()));
    return true;
  }
  counts_.ledger_write_errors.Increment();
  log_limited(log_level::error, "ledger",
              "can't write to disk: nothing is acknowledged until it succeeds; free some space or "
              "replace the disk",
              {{"reason", written.error()}, {"ops", work.ops.size()}});
  return false;
}

} // namespace monopod
