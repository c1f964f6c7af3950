// Waits for SIGTERM without polling.
#pragma once

#include "programs/program.hpp"

#include <csignal>
#include <poll.h>

namespace monopod::control {

/// Keeps SIGINT and SIGTERM from the threads that are started while it lives. The main thread gets
/// them only in wait(), so none is missed between a check and a sleep.
class stop_signals {
public:
  stop_signals() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, &before_);
  }
  ~stop_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Waits until run_program() sets stop_requested.
  void wait() const {
    while (stop_requested == 0)
      ppoll(nullptr, 0, nullptr, &before_);
  }

private:
  sigset_t before_{};
};

} // namespace monopod::control
