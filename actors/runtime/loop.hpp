// The loop: one thread that runs actors, ZeroMQ sockets, raw descriptors and timers.
#pragma once

#include "actors/runtime/poll_set.hpp"

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <zmq.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <vector>

namespace monopod {

class link;

/// A CAF execution unit that also polls, like caf::io::multiplexer. One turn: wait for descriptors,
/// run what other threads posted, fire due timers, let each ready source take a bounded number of
/// messages, then run the mailboxes until all are empty. All members belong to the thread that
/// calls run() or run_once(), unless "any thread" is said.
class loop final : public caf::execution_unit {
public:
  struct options {
    std::uint32_t spin_us = 0;   // busy-wait this long before sleeping in poll
    std::uint32_t stall_ms = 40; // a turn that works longer is counted and logged
  };

  /// Returns whether the source stopped at its bound and has more to take.
  using ready_handler = std::function<bool()>;
  using fd_handler = std::function<void(short revents)>;
  using timer_id = std::uint64_t;

  /// A socket or descriptor that the loop polls; created by watch_*(), removed by destroying it on
  /// the loop's thread.
  class source {
  public:
    ~source();
    source(const source&) = delete;
    source& operator=(const source&) = delete;

    /// ZeroMQ's descriptor is edge-triggered: a stage that has sent or received on the socket calls
    /// this, and the loop looks at the socket again in the next turn (zmq_getsockopt(3), ZMQ_FD).
    void touch();
    /// There are messages of which the descriptor does not tell: they are taken in this turn or the
    /// next one.
    void ready();
    /// Whether messages are taken (sockets); a paused source leaves them queued in libzmq.
    void set_reading(bool on);
    /// Whether ZeroMQ's socket may have something (a socket's handler): its descriptor said so, or
    /// it was touched. Until drained().
    bool promising() const;
    /// The socket had nothing more.
    void drained();
    /// poll(2) events of a raw descriptor.
    void set_events(short events);

  private:
    friend class loop;
    struct entry;
    source(loop& owner, std::shared_ptr<entry> e) : loop_(owner), entry_(std::move(e)) {}
    loop& loop_;
    std::shared_ptr<entry> entry_;
  };

  loop(caf::actor_system& system, options opts);
  ~loop() override;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// Takes over one reference to `job` and resumes it in this or the next turn. Any thread.
  void exec_later(caf::resumable* job) override;

  /// The place where other threads leave work for the loop; may outlive it.
  class inbox {
  public:
    inbox();
    ~inbox();
    inbox(const inbox&) = delete;
    inbox& operator=(const inbox&) = delete;

    /// Runs `f` on the loop's thread. False when the inbox is full (limits::loop_inbox) or the loop
    /// is gone. Any thread.
    [[nodiscard]] bool post(std::function<void()> f);

  private:
    friend class loop;
    void wake();
    int wake_fd_ = -1;
    std::mutex mutex_;
    bool closed_ = false;
    std::vector<std::function<void()>> functions_;
    std::vector<caf::resumable*>
        jobs_; // bounded by the number of actors: each is queued at most once
  };

  /// Any thread.
  const std::shared_ptr<inbox>& remote() const { return inbox_; }

  std::unique_ptr<source> watch_socket(zmq::socket_ref socket, ready_handler on_ready);
  std::unique_ptr<source> watch_fd(int fd, short events, fd_handler on_event);

  /// Calls `f` once, `delay_ns` from now at the earliest.
  timer_id after(std::uint64_t delay_ns, std::function<void()> f);
  void cancel(timer_id id);

  /// Calls `f` at the end of this turn, when all mailboxes are empty: the place to flush collected
  /// messages.
  void at_turn_end(std::function<void()> f);

  /// The serving links of this loop by inproc endpoint; kept by the links themselves, which find
  /// each other here (link.cpp).
  std::map<std::string, link*, std::less<>>& local_servers() { return local_servers_; }

  /// CLOCK_BOOTTIME at the start of the turn. Leases must read the clock afresh instead.
  std::uint64_t turn_ns() const { return turn_ns_; }

  /// Changes options::stall_ms.
  void set_stall_ms(std::uint32_t stall_ms) { options_.stall_ms = stall_ms; }

  /// One turn; sleeps at most `timeout_ns`. Returns whether anything was done.
  bool run_once(std::uint64_t timeout_ns);
  /// Turns until stop(). From then on a broken invariant throws on this thread, which ends the
  /// stage that it is in.
  void run();
  /// Ends run() after the current turn. Any thread.
  void stop();

  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }   // any thread
  std::uint64_t stalls() const { return stalls_.load(std::memory_order_relaxed); } // any thread

private:
  struct timer {
    timer_id id;
    std::function<void()> f;
  };

  bool wait(std::uint64_t timeout_ns);
  bool take_inbox();
  bool fire_timers();
  bool serve_sources();
  static void serve(source::entry& e, short revents);
  bool run_mailboxes();
  bool end_turn();
  void sweep();
  std::unique_ptr<source> watch(std::shared_ptr<source::entry> e, int fd, short events);

  options options_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  poll_set polled_;         // before all that is in it
  poll_set::listener wake_; // the inbox's
  std::vector<std::shared_ptr<source::entry>> sources_;
  bool some_dead_ = false;
  bool known_ready_ = false; // some source has messages, whatever the descriptors say
  int unpolled_turns_ = 0;   // since the descriptors were looked at
  std::map<std::string, link*, std::less<>> local_servers_;
  bool touched_ = false; // some source wants to be looked at without a descriptor's word
  std::deque<caf::resumable*> ready_;
  std::multimap<std::uint64_t, timer> timers_;
  std::map<timer_id, std::uint64_t> timer_due_;
  timer_id last_timer_ = 0;
  std::vector<std::function<void()>> turn_end_;
  std::uint64_t turn_ns_ = 0;

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::uint64_t> stalls_{0};
};

} // namespace monopod
