#include "tools/experiment/peers.hpp"

#include "core/clock.hpp"
#include "tools/experiment/stream.hpp"
#include "tools/harness/process.hpp"
#include "tools/load/fleet.hpp"
#include "tools/program.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace monopod::experiment {

namespace {

const carrier& find_carrier(const std::string& name) {
  for (const auto* some : {&all_carriers(), &carriers_for_slow()})
    if (const auto found = std::ranges::find(*some, name, &carrier::name); found != some->end())
      return *found;
  throw std::runtime_error("no carrier " + name);
}

payload make_body(const frame_head& head, std::uint64_t bytes) {
  const auto body =
      std::make_shared<std::vector<std::byte>>(std::max<std::size_t>(bytes, sizeof head));
  std::memcpy(body->data(), &head, sizeof head);
  return {body, *body};
}

// The cameras' turns are spread over the period.
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

// Bytes that have left by it, which are those that have arrived.
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

struct received {
  frame_head head;
  std::uint64_t at_ns = 0;
};

sample_table to_table(std::vector<received> all) {
  sample_table t{.columns = {"camera", "number", "t_s", "to_app_ms"}, .rows = {}};
  std::ranges::sort(all, {}, [](const received& r) { return r.head.stamp_ns; });
  for (const auto& r : all)
    t.rows.push_back(
        {static_cast<double>(r.head.camera), static_cast<double>(r.head.number),
         static_cast<double>(r.head.stamp_ns - all.front().head.stamp_ns) * 1e-9,
         static_cast<double>(static_cast<std::int64_t>(r.at_ns - r.head.stamp_ns)) * 1e-6});
  return t;
}

} // namespace

sample_table measure_carrier(const carrier& c, const carriage& load, const std::string& bin,
                             const settings& s) {
  const auto cameras = load.cameras;
  const auto server = c.start(bin);
  const harness::temporary_directory scratch;
  const auto csv = (scratch.path() / "received.csv").string();
  const auto frames = s.warm_up + s.frames;
  const auto lasts_s = load.takes_ms > 0 ? static_cast<double>(frames) / s.fps : 0;
  harness::process receiver({bin + "/monopod-experiment", "receive", c.name, server->app_address(),
                             std::to_string(cameras), std::to_string(frames),
                             std::to_string(load.takes_ms), std::to_string(lasts_s), csv},
                            scratch.path() / "log");
  if (!harness::eventually([&] { return std::ifstream(csv + ".ready").good(); }))
    throw std::runtime_error("the application does not start: " +
                             harness::read_file(scratch.path() / "log"));
  const auto sender = c.cameras(server->camera_address(), cameras);
  paced_cameras paced(*sender, cameras, s);
  paced.stream(s.warm_up);
  const auto before = usage_of(*server);
  paced.stream(s.frames);
  const auto after = usage_of(*server);
  constexpr std::chrono::seconds patience(20); // longer than the receiver's
  const auto code = receiver.wait(patience);
  if (!code || *code != 0)
    throw std::runtime_error("the application failed: " +
                             harness::read_file(scratch.path() / "log"));
  auto t = from_csv(harness::read_file(csv));
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

int run_receiver(const std::vector<std::string>& arguments) {
  const auto& c = find_carrier(arguments.at(0));
  const auto cameras = std::stoul(arguments.at(2));
  const auto expected = cameras * std::stoull(arguments.at(3));
  const std::chrono::duration<double, std::milli> takes(std::stod(arguments.at(4)));
  const auto lasts_ns = static_cast<std::uint64_t>(std::stod(arguments.at(5)) * 1e9);
  const auto& csv = arguments.at(6);
  std::vector<received> all;
  all.reserve(expected);
  c.receive(
      arguments.at(1), cameras, [&csv] { std::ofstream(csv + ".ready") << "ready\n"; },
      [&](const void* body, std::size_t bytes) {
        received r{.head = {}, .at_ns = realtime_ns()};
        if (bytes < sizeof r.head)
          throw std::runtime_error("a frame without its head");
        std::memcpy(&r.head, body, sizeof r.head);
        all.push_back(r);
        std::this_thread::sleep_for(takes);
        const bool ends = lasts_ns > 0 && realtime_ns() - all.front().head.stamp_ns > lasts_ns;
        return all.size() < expected && !ends;
      });
  if (all.empty())
    throw std::runtime_error("no frame came");
  return (std::ofstream(csv) << to_csv(to_table(std::move(all)))).flush() ? 0 : 1;
}

} // namespace monopod::experiment
