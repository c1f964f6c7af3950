#include "tools/experiment/stream.hpp"

#include "programs/program.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace monopod::experiment {

namespace {

using harness::operator+;

std::vector<std::string> source_flags(const settings& s, std::uint64_t frames,
                                      std::size_t cameras) {
  std::vector<std::string> flags{"--source",        s.source,
                                 "--fps",           fmt::format("{}", s.fps),
                                 "--average-bytes", std::to_string(s.average_bytes),
                                 "--frames",        std::to_string(frames),
                                 "--cameras",       std::to_string(cameras),
                                 "--quiet",         "--loop"};
  if (s.source == "synthetic")
    flags.pop_back();
  return flags;
}

double ms_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return static_cast<double>(static_cast<std::int64_t>(to_ns - from_ns)) * 1e-6;
}

// Leaves out the first results of each camera and application.
sample_table to_table(std::vector<harness::collected_result> all, std::uint64_t warm_up) {
  std::ranges::sort(all, {}, &harness::collected_result::captured_at_ns);
  std::map<std::string, double> cameras; // the cameras' numbers
  std::map<std::pair<std::string, std::string>, std::uint64_t> came;
  sample_table t{.columns = {"camera", "seq", "t_s", "to_publish_ms", "to_consumer_ms"},
                 .rows = {}};
  std::uint64_t start_ns = 0;
  for (const auto& r : all) {
    const auto number =
        cameras.try_emplace(r.camera, static_cast<double>(cameras.size() + 1)).first->second;
    if (++came[{r.camera, r.app}] <= warm_up)
      continue;
    if (start_ns == 0)
      start_ns = r.captured_at_ns;
    t.rows.push_back({number, static_cast<double>(r.seq),
                      ms_between(start_ns, r.captured_at_ns) / 1e3,
                      ms_between(r.captured_at_ns, r.published_at_ns),
                      ms_between(r.captured_at_ns, r.received_at_ns)});
  }
  return t;
}

std::unique_ptr<harness::network> make_network(medium by) {
  if (by == medium::loopback || by == medium::cluster)
    return nullptr;
  auto hosts = stage_hosts;
  hosts.insert(hosts.end(), {camera_host, cloud_host});
  auto net = std::make_unique<harness::network>(hosts, by == medium::vxlan);
  if (by == medium::service)
    net->offer_services();
  return net;
}

} // namespace

void pause_s(double seconds) {
  constexpr int step_ms = 100;
  for (auto left_ms = seconds * 1e3; left_ms > 0; left_ms -= step_ms) {
    if (stop_requested > 0)
      throw std::runtime_error("stopped");
    harness::pause_ms(std::min(step_ms, static_cast<int>(left_ms) + 1));
  }
}

stream::stream(const variant& v, const std::string& bin, std::size_t cameras, std::size_t apps)
    : net_(make_network(v.by)),
      broker_(
          harness::on_host(net_.get(), cloud_host,
                           [&] { return harness::mqtt_broker(0, listeners(v.by), v.outside); })),
      collector_(harness::on_host(net_.get(), cloud_host,
                                  [&] {
                                    return harness::collector_process(
                                        bin + "/monopod-collect", broker_.port(), {}, v.outside);
                                  })),
      cameras_(cameras), apps_(apps),
      system_(v.start({.bin = bin,
                       .cameras = cameras,
                       .apps = apps,
                       .mqtt_host = net_ ? net_->address(cloud_host) : "127.0.0.1",
                       .mqtt_port = net_ ? cloud_port : broker_.port(),
                       .net = net_.get(),
                       .services = v.by == medium::service})),
      outside_(v.outside) {}

// The lines of mosquitto.conf that add a listener besides the one on loopback.
std::string stream::listeners(medium by) const {
  if (by == medium::loopback)
    return {};
  return fmt::format("listener {} {}\nallow_anonymous true\n", cloud_port,
                     net_ ? net_->address(cloud_host) : "0.0.0.0");
}

void stream::start_cameras(const settings& s, std::uint64_t frames) {
  constexpr double more_s = 30; // to draw the pictures, and for the last frames
  expected_ = frames * cameras_ * apps_;
  patience_ = std::chrono::milliseconds(
      static_cast<std::int64_t>((static_cast<double>(frames) / s.fps + more_s) * 1e3));
  camera_.reset();
  camera_ = harness::on_host(net_.get(), camera_host, [&] {
    return std::make_unique<harness::process>(system_->camera() + source_flags(s, frames, cameras_),
                                              scratch_.path() / "camera", outside_);
  });
}

void stream::finish() {
  const auto ended = [this] { return camera_->wait(std::chrono::milliseconds(0)).has_value(); };
  if (!harness::eventually([&] { return stop_requested > 0 || ended(); }, patience_))
    throw std::runtime_error("the cameras do not end: " +
                             harness::read_file(scratch_.path() / "camera"));
  if (stop_requested > 0)
    throw std::runtime_error("stopped");
  drain();
}

void stream::stop() {
  camera_->terminate();
  drain();
}

std::uint64_t stream::came() const { return harness::read_results(collector_.csv()).size(); }

void stream::drain() {
  std::uint64_t before = 0;
  while (before < expected_) {
    pause_s(1);
    const auto now = came();
    if (now == before)
      break;
    before = now;
  }
  collector_.child().terminate();
}

std::vector<harness::collected_result> stream::collected() const {
  auto all = harness::read_results(collector_.csv());
  if (all.empty())
    throw std::runtime_error("no result came; the camera says: " +
                             harness::read_file(scratch_.path() / "camera"));
  return all;
}

sample_table stream::results(std::uint64_t warm_up) const { return to_table(collected(), warm_up); }

} // namespace monopod::experiment
