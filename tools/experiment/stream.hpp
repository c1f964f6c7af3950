// Frames through a system, from cameras to the consumer behind the cloud.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"
#include "tools/experiment/variants.hpp"
#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace monopod::experiment {

/// A system with the cloud's broker, a consumer, and cameras when they are asked for.
/// Single-threaded.
class stream {
public:
  /// `bin`: folder of Monopod's programs. Quiet when constructed; std::runtime_error where
  /// something does not start.
  /// All applications get the frames of all cameras.
  stream(const variant& v, const std::string& bin, std::size_t cameras, std::size_t apps = 1);

  pipeline_system& system() { return *system_; }
  /// So many frames of each camera, of the settings' source, size and rate. Once more: those that
  /// run are ended.
  void start_cameras(const settings& s, std::uint64_t frames);
  /// Results that the consumer kept so far.
  std::uint64_t came() const;
  /// Waits until all cameras have ended and all their results came, or no more do.
  /// std::runtime_error where the cameras do not end, or a signal asked to.
  void finish();
  /// Ends the cameras, and waits until no more results come.
  void stop();
  /// After finish(): a row for each result that the consumer kept, without the first `warm_up` of
  /// each camera and application, with camera, seq, t_s (camera's stamp, from the first row's),
  /// to_publish_ms (camera's stamp to just before publication, the thesis's latency) and
  /// to_consumer_ms. All stamps are CLOCK_REALTIME of one machine. A system may lose frames: their
  /// rows are missing. std::runtime_error where no result came at all.
  sample_table results(std::uint64_t warm_up) const;
  /// All that the consumer kept, in the order in which it came, as results() throws.
  std::vector<harness::collected_result> collected() const;

private:
  std::string listeners(medium by) const;
  void drain();

  std::unique_ptr<harness::network> net_; // null: loopback
  harness::mqtt_broker broker_;
  harness::collector_process collector_;
  std::size_t cameras_;
  std::size_t apps_;
  std::unique_ptr<pipeline_system> system_;
  std::vector<std::string> outside_;
  harness::temporary_directory scratch_;
  std::unique_ptr<harness::process> camera_;
  std::chrono::milliseconds patience_{};
  std::uint64_t expected_ = 0;
};

/// Waits so long; std::runtime_error if a signal asked to end.
void pause_s(double seconds);

} // namespace monopod::experiment
