#include "tools/experiment/peers.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/experiment/receiver.hpp"
#include "tools/harness/process.hpp"
#include "tools/load/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace monopod::experiment {

namespace {

// Cameras that take turns, spread over the period.
class paced_cameras {
public:
  paced_cameras(frame_sender& to, std::size_t cameras, const settings& s)
      : to_(to), cameras_(cameras), bytes_(s.average_bytes),
        period_ns_(static_cast<std::uint64_t>(1e9 / s.fps)) {}

  void stream(std::uint64_t frames) {
    const auto start_ns = boottime_ns();
    for (std::uint64_t n = 0; n < frames; ++n)
      for (std::size_t camera = 0; camera < cameras_; ++camera) {
        if (stop_requested > 0)
          throw std::runtime_error("stopped");
        to_.look_after(camera);
        sleep_until(start_ns + n * period_ns_ + camera * period_ns_ / cameras_);
        to_.send(camera, make_body({realtime_ns(), camera, sent_ + n}, bytes_));
      }
    sent_ += frames;
  }

private:
  frame_sender& to_;
  std::size_t cameras_;
  std::uint64_t bytes_;
  std::uint64_t period_ns_;
  std::uint64_t sent_ = 0; // of each camera
};

// The bytes received by loopback, which are those that were sent by it.
double loopback_bytes() {
  std::ifstream interfaces("/proc/net/dev");
  for (std::string line; std::getline(interfaces, line);)
    if (const auto at = line.find("lo:"); at != std::string::npos)
      return std::stod(line.substr(at + 3));
  throw std::runtime_error("there is no loopback interface");
}

struct usage {
  double cpu_us = 0;
  double rss_mb = 0;
  double wire_bytes = 0;
};

usage usage_of(const carrier_server& server) {
  usage u;
  u.wire_bytes = loopback_bytes();
  for (const auto& part : server.parts()) {
    u.cpu_us += static_cast<double>(harness::cpu_ns(part.pid)) * 1e-3;
    u.rss_mb += static_cast<double>(harness::resident_bytes(part.pid)) * 1e-6;
  }
  return u;
}

} // namespace

sample_table measure_carrier(const carrier& c, const carriage& load, const std::string& bin,
                             const settings& s) {
  const auto cameras = load.cameras;
  const auto server = c.start(bin);
  const auto frames = s.warm_up + s.frames;
  const auto lasts_s = load.takes_ms > 0 ? static_cast<double>(frames) / s.fps : 0;
  receiving_app app(bin, c, server->app_address(), {cameras, frames, load.takes_ms, lasts_s});
  const auto sender = c.cameras(server->camera_address(), cameras);
  paced_cameras paced(*sender, cameras, s);
  paced.stream(s.warm_up);
  const auto before = usage_of(*server);
  paced.stream(s.frames);
  const auto after = usage_of(*server);
  auto t = app.finish();
  std::erase_if(t.rows, [&s](const auto& row) { return row[1] < static_cast<double>(s.warm_up); });
  t.columns.insert(t.columns.end(),
                   {"cpu_us_per_frame", "rss_mb", "grown_mb", "wire_bytes_per_frame", "got_share"});
  const auto sent = static_cast<double>(s.frames * cameras);
  const auto got = static_cast<double>(t.rows.size());
  for (auto& row : t.rows)
    row.insert(row.end(),
               {(after.cpu_us - before.cpu_us) / sent, after.rss_mb, after.rss_mb - before.rss_mb,
                (after.wire_bytes - before.wire_bytes) / sent, got / sent});
  return t;
}

} // namespace monopod::experiment
