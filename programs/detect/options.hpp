// The flags of monopod-detect.
#pragma once

#include "clients/app_client.hpp"
#include "programs/detector/observer.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

struct detect_options {
  app_options subscription{.app = "detect"};
  observer_options observer;
  std::uint64_t frames = 0; // 0: without end, or for a benchmark its own number
  bool json = false;
  bool quiet = false;
  bool bench = false;
  std::vector<std::string> files; // of the benchmark
};

/// Loads the model of the options, which takes most of a second. Throws std::runtime_error if it
/// can't be used.
using observer_opener = std::unique_ptr<observer> (*)(const detect_options& options);

/// Describes the flags. After parsing, everything in the options agrees with each other.
void declare_detect(CLI::App& app, detect_options& options);

} // namespace monopod
