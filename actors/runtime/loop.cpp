#include "actors/runtime/loop.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <zmq.hpp>

#include <algorithm>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

// The loop whose turn this thread runs, to tell its own calls from those of other threads.
thread_local loop* current_loop = nullptr;

// Messages that one actor handles before the others get their turn.
constexpr std::size_t actor_throughput = 100;

// Turns that a touched socket may be put off for others that are known to be ready.
constexpr int touched_patience_turns = 8;

// Turns without a look at the descriptors while sources are known to be ready: a frame passes the
// stages of one loop without a system call in between.
constexpr int unpolled_turns_max = 8;

} // namespace

struct loop::source::entry {
  poll_set::listener polled;
  short events = POLLIN;
  zmq::socket_ref socket; // ZeroMQ, else a raw descriptor
  bool touched = true;    // look again without a descriptor's word
  bool more = false;      // stopped at its bound
  int put_off = 0;        // turns since it was touched
  bool promising = true;  // source::promising()
  bool reading = true;
  bool dead = false;
  ready_handler on_ready;
  fd_handler on_event;
};

loop::source::~source() {
  loop_.polled_.remove(entry_->polled);
  entry_->dead = true;
  loop_.some_dead_ = true;
}

void loop::source::touch() {
  entry_->touched = true;
  loop_.touched_ = true;
}

void loop::source::ready() {
  entry_->more = true;
  loop_.known_ready_ = true;
}

void loop::source::set_reading(bool on) {
  entry_->reading = on;
  if (on)
    ready();
}

bool loop::source::promising() const { return entry_->promising; }

void loop::source::drained() { entry_->promising = false; }

void loop::source::set_events(short events) {
  if (entry_->events == events)
    return;
  entry_->events = events;
  loop_.polled_.change(entry_->polled, events);
}

loop::inbox::inbox() : wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  MONOPOD_ENSURE(wake_fd_ >= 0, "eventfd");
}

loop::inbox::~inbox() { close(wake_fd_); }

void loop::inbox::wake() {
  const std::uint64_t one = 1;
  // A full counter (EAGAIN) wakes the loop as well.
  [[maybe_unused]] auto written = write(wake_fd_, &one, sizeof one);
}

bool loop::inbox::post(std::function<void()> f) {
  {
    const std::lock_guard guard{mutex_};
    if (closed_ || functions_.size() >= limits::loop_inbox)
      return false;
    functions_.push_back(std::move(f));
  }
  wake();
  return true;
}

loop::loop(caf::actor_system& system, options opts)
    : caf::execution_unit(&system), options_(opts), turn_ns_(boottime_ns()) {
  polled_.add(wake_, inbox_->wake_fd_, POLLIN);
}

loop::~loop() {
  std::vector<caf::resumable*> jobs(ready_.begin(), ready_.end());
  {
    const std::lock_guard guard{inbox_->mutex_};
    inbox_->closed_ = true;
    jobs.insert(jobs.end(), inbox_->jobs_.begin(), inbox_->jobs_.end());
    inbox_->jobs_.clear();
  }
  for (auto* job : jobs)
    caf::intrusive_ptr_release(job);
}

void loop::exec_later(caf::resumable* job) {
  if (current_loop == this) {
    ready_.push_back(job);
    return;
  }
  {
    const std::lock_guard guard{inbox_->mutex_};
    inbox_->jobs_.push_back(job);
  }
  inbox_->wake();
}

std::unique_ptr<loop::source> loop::watch(std::shared_ptr<source::entry> e, int fd, short events) {
  e->events = events;
  polled_.add(e->polled, fd, events);
  sources_.push_back(e);
  return std::unique_ptr<source>(new source(*this, std::move(e)));
}

std::unique_ptr<loop::source> loop::watch_socket(zmq::socket_ref socket, ready_handler on_ready) {
  auto e = std::make_shared<source::entry>();
  const int fd = socket.get(zmq::sockopt::fd);
  e->socket = socket;
  e->on_ready = std::move(on_ready);
  touched_ = true;
  return watch(std::move(e), fd, POLLIN);
}

std::unique_ptr<loop::source> loop::watch_fd(int fd, short events, fd_handler on_event) {
  auto e = std::make_shared<source::entry>();
  e->touched = false;
  e->on_event = std::move(on_event);
  return watch(std::move(e), fd, events);
}

loop::timer_id loop::after(std::uint64_t delay_ns, std::function<void()> f) {
  MONOPOD_ENSURE(timers_.size() < limits::loop_timers, "too many timers on one loop");
  const auto due = boottime_ns() + delay_ns;
  timers_.emplace(due, timer{++last_timer_, std::move(f)});
  timer_due_.emplace(last_timer_, due);
  return last_timer_;
}

void loop::cancel(timer_id id) {
  auto known = timer_due_.find(id);
  if (known == timer_due_.end())
    return;
  auto [first, last] = timers_.equal_range(known->second);
  timers_.erase(std::find_if(first, last, [id](const auto& t) { return t.second.id == id; }));
  timer_due_.erase(known);
}

void loop::at_turn_end(std::function<void()> f) { turn_end_.push_back(std::move(f)); }

// Returns whether the descriptors were looked at.
bool loop::wait(std::uint64_t timeout_ns) {
  if (some_dead_)
    sweep();
  if (known_ready_ && unpolled_turns_ < unpolled_turns_max) {
    ++unpolled_turns_;
    return false;
  }
  unpolled_turns_ = 0;
  if (known_ready_ || touched_ || !ready_.empty() || !turn_end_.empty())
    timeout_ns = 0;
  if (!timers_.empty()) {
    const auto now = boottime_ns();
    const auto due = timers_.begin()->first;
    timeout_ns = std::min(timeout_ns, due > now ? due - now : 0);
  }
  int ready = 0;
  if (options_.spin_us > 0 && timeout_ns > 0) {
    const auto spin_until =
        boottime_ns() + std::min<std::uint64_t>(options_.spin_us * 1000ull, timeout_ns);
    while ((ready = polled_.wait(0)) == 0 && boottime_ns() < spin_until) {
    }
  }
  if (ready == 0)
    polled_.wait(timeout_ns);
  return true;
}

void loop::sweep() {
  std::erase_if(sources_, [](const auto& e) { return e->dead; });
  some_dead_ = false;
}

bool loop::take_inbox() {
  if (std::exchange(wake_.revents, static_cast<short>(0)) == 0)
    return false;
  std::uint64_t count = 0;
  [[maybe_unused]] auto got = read(inbox_->wake_fd_, &count, sizeof count);
  std::vector<std::function<void()>> functions;
  std::vector<caf::resumable*> jobs;
  {
    const std::lock_guard guard{inbox_->mutex_};
    functions.swap(inbox_->functions_);
    jobs.swap(inbox_->jobs_);
  }
  ready_.insert(ready_.end(), jobs.begin(), jobs.end());
  for (auto& f : functions)
    f();
  return true;
}

bool loop::fire_timers() {
  // Only timers that were due at the start of the turn fire: one that re-arms itself with 0 can't
  // hold the turn.
  std::vector<timer> due;
  while (!timers_.empty() && timers_.begin()->first <= turn_ns_) {
    due.push_back(std::move(timers_.begin()->second));
    timer_due_.erase(due.back().id);
    timers_.erase(timers_.begin());
  }
  for (auto& t : due)
    t.f();
  return !due.empty();
}

bool loop::serve_sources() {
  bool worked = false;
  touched_ = known_ready_ = false;
  // By index, and without new sources: handlers may add some.
  const auto count = sources_.size();
  const bool any_ready = std::ranges::any_of(
      sources_, [](const auto& e) { return e->polled.revents != 0 || e->more; });
  for (std::size_t i = 0; i < count; ++i) {
    const auto e = sources_[i];
    const auto revents = std::exchange(e->polled.revents, static_cast<short>(0));
    if (e->dead || (revents == 0 && !e->touched && !e->more))
      continue;
    // A socket that was only touched rarely has anything: it does not hold up a frame that is on
    // its way.
    if (revents == 0 && !e->more && any_ready && ++e->put_off < touched_patience_turns) {
      touched_ = true;
      continue;
    }
    worked = true;
    serve(*e, revents);
    touched_ = touched_ || e->touched;
    known_ready_ = known_ready_ || e->more;
    run_mailboxes();
  }
  return worked;
}

void loop::serve(source::entry& e, short revents) {
  e.put_off = 0;
  e.promising = e.promising || e.touched || revents != 0;
  e.touched = e.more = false;
  if (e.socket == nullptr) {
    e.on_event(revents);
  } else if (e.reading) {
    const bool more = e.on_ready();
    e.more = e.more || more;
  } else {
    // Takes libzmq's pending commands, without which its level-triggered side would spin us.
    [[maybe_unused]] const int events = e.socket.get(zmq::sockopt::events);
  }
}

bool loop::run_mailboxes() {
  bool worked = false;
  while (!ready_.empty()) {
    auto* job = ready_.front();
    ready_.pop_front();
    worked = true;
    switch (job->resume(this, actor_throughput)) {
    case caf::resumable::resume_later:
      ready_.push_back(job);
      break;
    case caf::resumable::awaiting_message:
    case caf::resumable::done:
    case caf::resumable::shutdown_execution_unit:
      caf::intrusive_ptr_release(job);
      break;
    }
  }
  return worked;
}

bool loop::end_turn() {
  const auto flushes = std::exchange(turn_end_, {});
  for (const auto& f : flushes)
    f();
  return !flushes.empty();
}

bool loop::run_once(std::uint64_t timeout_ns) {
  const bool polled = wait(timeout_ns);
  auto* const outer = std::exchange(current_loop, this);
  turn_ns_ = boottime_ns();
  bool worked = take_inbox();
  worked |= fire_timers();
  worked |= run_mailboxes();
  worked |= serve_sources();
  worked |= run_mailboxes();
  worked |= end_turn();
  worked |= run_mailboxes();
  current_loop = outer;
  turns_.fetch_add(1, std::memory_order_relaxed);
  const auto worked_ms = (boottime_ns() - turn_ns_) / ns_per_ms;
  if (worked_ms > options_.stall_ms) {
    stalls_.fetch_add(1, std::memory_order_relaxed);
    log_limited(log_level::warn, "loop", "a turn took too long",
                {{"ms", worked_ms}, {"limit_ms", options_.stall_ms}});
  }
  return worked || !polled;
}

void loop::run() {
  throw_broken_invariants_on_this_thread();
  while (!stopping_.load(std::memory_order_acquire))
    run_once(ns_per_s * 3600);
}

void loop::stop() {
  stopping_.store(true, std::memory_order_release);
  inbox_->wake();
}

} // namespace monopod
