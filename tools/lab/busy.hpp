// Processes that keep all processors busy.
#pragma once

#include "tools/harness/process.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace monopod::lab {

/// Starts `for_each` busy processes for each processor. They end with the returned objects.
inline std::vector<std::unique_ptr<harness::process>> busy_processes(unsigned for_each) {
  std::vector<std::unique_ptr<harness::process>> all;
  for (unsigned n = 0; n < for_each * std::thread::hardware_concurrency(); ++n)
    all.push_back(std::make_unique<harness::process>(
        std::vector<std::string>{"sh", "-c", "while :; do :; done"}));
  return all;
}

} // namespace monopod::lab
