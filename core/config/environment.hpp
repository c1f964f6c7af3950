// The environment of this process.
#pragma once

#include <cstdlib>
#include <string>

namespace monopod {

/// The value of the environment variable; empty if it is not set. From any thread.
inline std::string environment_variable(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): none of our programs changes its environment
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

} // namespace monopod
