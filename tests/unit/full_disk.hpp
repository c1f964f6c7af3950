// A disk that is full for a while.
#pragma once

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>

namespace monopod {

/// For as long as it lives, no file of this process grows beyond what `file` is.
struct full_disk {
  explicit full_disk(const std::filesystem::path& file) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    auto now = before;
    now.rlim_cur = std::filesystem::file_size(file);
    BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  ~full_disk() { setrlimit(RLIMIT_FSIZE, &before); }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  rlimit before{};
};

} // namespace monopod
