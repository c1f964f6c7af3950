// Frames through a system, from cameras to the consumer behind the cloud.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"
#include "tools/experiment/variants.hpp"
#include "tools/harness/programs.hpp"
#include "tools/harness/relay.hpp"
#include "tools/harness/servers.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace monopod::experiment {

/// A system with the cloud's broker and a consumer, and with cameras on demand. Single-threaded.
class stream {
public:
  /// `bin` is the folder of Monopod's programs. All applications get the frames of all cameras. No
  /// camera streams yet when constructed; std::runtime_error if something does not start.
  stream(const variant& v, const std::string& bin, std::size_t cameras, std::size_t apps = 1);

  pipeline_system& system() { return *system_; }
  /// Starts cameras that send `frames` frames each, with the source, size and rate of the
  /// settings. Ends the cameras of an earlier call first.
  void start_cameras(const settings& s, std::uint64_t frames);
  /// Starts `count` further cameras and kills them in the middle of their streams (SIGKILL). Their
  /// results do not count. std::runtime_error if one of them does not stream.
  void abort_cameras(const settings& s, std::size_t count);
  /// The number of results that the consumer has kept so far.
  std::uint64_t came() const;
  /// Waits until all cameras have ended. std::runtime_error if they do not, or if a signal asked to
  /// end.
  void wait_for_cameras() const;
  /// The same, and waits until all their results have arrived, or none has for five seconds.
  void finish();
  /// Ends the cameras, and waits as finish() does.
  void stop();
  /// Only after finish(): a row for each result that the consumer kept, except the first `warm_up`
  /// of each camera and application. The columns are camera, seq, t_s (the camera's stamp, from
  /// the first row's), to_publish_ms (from the camera's stamp to just before publication, the
  /// thesis's latency) and to_consumer_ms. All stamps are CLOCK_REALTIME of one machine. If the
  /// system lost frames, their rows are missing. std::runtime_error if no result arrived after
  /// those.
  sample_table results(std::uint64_t warm_up) const;
  /// All results that the consumer kept, in the order of arrival. Throws as results() does.
  std::vector<harness::collected_result> collected() const;

private:
  std::string listeners(medium by) const;
  std::vector<harness::collected_result> kept() const;
  void drain();

  std::unique_ptr<harness::network> net_; // null: loopback
  harness::mqtt_broker broker_;
  std::unique_ptr<harness::relay> cloud_; // before the broker; null: none
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

/// Waits `seconds`; std::runtime_error if a signal asked to end.
void pause_s(double seconds);

} // namespace monopod::experiment
