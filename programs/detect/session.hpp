// The work of monopod-detect: frames from a broker, detections back, and a report of it.
#pragma once

#include "core/percentiles.hpp"
#include "programs/detect/options.hpp"
#include "programs/program.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace monopod {

/// Counts since the start.
struct detect_counts {
  std::uint64_t skipped = 0;                        // frames that were not delivered
  std::uint64_t undecodable = 0;                    // frames that could not be looked at
  std::uint64_t damaged = 0;                        // those that were looked at as far as they go
  std::map<std::string, std::uint64_t> found;       // objects, by label
  std::map<std::string, std::uint64_t> frames_with; // frames with at least one, by label
  // Of the first 100,000 frames, in 0.8 MB each: from the camera's stamp to the answer, which is as
  // wrong as the clocks are, and from taking the frame to the answer.
  samples age_ms{100'000};
  samples service_ms{100'000};
};

/// Answers frames until the program is asked to stop. One thread makes and uses it.
class detect_session {
public:
  /// `options` must outlive it. Throws std::runtime_error if an address is wrong, before it opens
  /// the observer.
  detect_session(const detect_options& options, observer_opener open);

  /// Returns the exit code. Prints progress to stderr and at the end a report to stdout.
  int run();

private:
  void serve(const app_frame& frame);
  void count(const observation& seen);
  std::string progress();
  void report() const;

  const detect_options& options_;
  app_connection connection_;
  std::unique_ptr<observer> eye_;
  detect_counts counts_;
  progress_line progress_;
  std::uint64_t shown_frames_ = 0;
  std::uint64_t shown_at_ns_;
  double last_age_ms_ = 0;
};

} // namespace monopod
