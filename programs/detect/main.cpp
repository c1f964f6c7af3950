// monopod-detect: an application in a process of its own that finds and tracks objects.
#include "core/clock.hpp"
#include "core/priority.hpp"
#include "programs/detect/bench.hpp"
#include "programs/detect/options.hpp"
#include "programs/detect/session.hpp"
#include "programs/program.hpp"

#include <spdlog/fmt/fmt.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace {

using namespace monopod;

std::unique_ptr<observer> open(const detect_options& options) {
  const auto began_ns = boottime_ns();
  auto eye = observer::open(options.observer, reinterpret_cast<const void*>(&open));
  if (!eye)
    throw std::runtime_error(eye.error());
  if (!options.quiet)
    fmt::print(stderr, "model {}, {} classes, loaded in {:.2f} s\n", (*eye)->model().name,
               (*eye)->model().labels.size(), static_cast<double>(boottime_ns() - began_ns) * 1e-9);
  return std::move(*eye);
}

int detect(const detect_options& options) {
  give_way(vision_niceness); // the node's work, on the same processors perhaps, takes microseconds
  return options.bench ? run_bench(options, open) : detect_session(options, open).run();
}

} // namespace

int main(int argc, char** argv) {
  return run_program<detect_options>("monopod-detect", argc, argv, declare_detect, detect);
}
