// Go's scheduler, as far as a program notices it whose goroutines never pause.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace monopod::control {

/// Turns at the processors: as many threads work at a time as there are processors, and the others
/// wait in the order in which they came. A thread that waits can't overtake one that spins, as it
/// could by the kernel's scheduler, which lets a thread that wakes up interrupt a busy one.
///
/// The model is the scheduler of the Go runtime (runtime/proc.go): GOMAXPROCS processors, a queue
/// of runnable goroutines, and preemption only after forcePreemptNS, 10 ms. It has neither Go's
/// queue for each processor with its stealing, nor its poller of sockets, nor its garbage
/// collector. It is compared with measurements of VEI bcd0064 (github.com/sysice/vei) on two
/// cores, with 0, 1, 2, 3, 4 and 6 aborted streams: 1.66, 2.55, 10.5, 16.4, 26 and 83 ms in the
/// median from a camera's stamp to the moment at which the application is about to publish.
///
/// Any thread may take a turn; none may take a second one meanwhile.
class processor_turns {
public:
  /// The longest turn of a thread that does not wait for anything.
  static constexpr std::chrono::milliseconds longest{10};

  /// The default is the number of processors that this process may use (its affinity mask).
  explicit processor_turns(unsigned processors = usable_processors());
  processor_turns(const processor_turns&) = delete;
  processor_turns& operator=(const processor_turns&) = delete;

  /// Lasts from its constructor, which waits, to its destructor. Without turns (null) it is
  /// nothing.
  class turn;

  static unsigned usable_processors();

private:
  struct waiter {
    std::condition_variable called;
    bool has_turn = false;
  };

  void take();
  void give_back();

  std::mutex mutex_; // guards the members below
  unsigned free_;
  std::deque<waiter*> waiting_; // on their threads' stacks
};

class processor_turns::turn {
public:
  explicit turn(processor_turns* turns) : turns_(turns) {
    if (turns_ != nullptr)
      turns_->take();
  }
  ~turn() {
    if (turns_ != nullptr)
      turns_->give_back();
  }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

private:
  processor_turns* turns_;
};

} // namespace monopod::control
