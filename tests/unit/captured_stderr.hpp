// The text that a test's code writes to stderr, such as its log.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <string>
#include <unistd.h>

namespace monopod {

/// Everything that is written to stderr while this lives.
class captured_stderr {
public:
  captured_stderr() : file_(std::tmpfile()), before_(dup(STDERR_FILENO)) {
    BOOST_REQUIRE(file_ != nullptr);
    BOOST_REQUIRE(dup2(fileno(file_), STDERR_FILENO) >= 0);
  }
  ~captured_stderr() {
    dup2(before_, STDERR_FILENO);
    close(before_);
    std::fclose(file_);
  }
  captured_stderr(const captured_stderr&) = delete;
  captured_stderr& operator=(const captured_stderr&) = delete;

  /// Once no thread writes any more: this moves the place where it would.
  std::string text() const {
    std::string all;
    std::fflush(stderr);
    std::rewind(file_);
    for (int c = std::getc(file_); c != EOF; c = std::getc(file_))
      all += static_cast<char>(c);
    return all;
  }

private:
  std::FILE* file_;
  int before_;
};

} // namespace monopod
