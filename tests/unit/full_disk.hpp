// A disk that is full for a while.
#pragma once

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sys/resource.h>

namespace monopod {

/// For as long as it lives, this process can write to a file's first bytes only, so not to SQLite's
/// log (which does not grow, so that a limit at its size would stop nothing).
struct full_disk {
  full_disk() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    auto now = before;
    now.rlim_cur = 1024;
    BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  ~full_disk() { setrlimit(RLIMIT_FSIZE, &before); }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  rlimit before{};
};

} // namespace monopod
