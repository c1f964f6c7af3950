// A disk that is full for a while.
#pragma once

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sys/resource.h>

namespace monopod {

/// As long as it lives, this process can write only to a file's first bytes, so not to SQLite's
/// log. A limit at the log's size would stop nothing, since the log does not grow.
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
