// A change to the process's environment that is undone.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>

namespace monopod {

/// An environment variable that is set as long as this lives.
struct variable {
  variable(std::string n, const std::string& value) : name(std::move(n)) {
    setenv(name.c_str(), value.c_str(), 1); // NOLINT(concurrency-mt-unsafe): one thread
  }
  ~variable() { unsetenv(name.c_str()); } // NOLINT(concurrency-mt-unsafe): one thread
  std::string name;
};

} // namespace monopod
