#include "tools/experiment/stream.hpp"

#include "core/ensure.hpp"
#include "programs/program.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <regex>
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

// Half of the time on the way there, half on the way back.
std::unique_ptr<harness::relay> delay(std::uint16_t broker, std::uint32_t ms) {
  if (ms == 0)
    return nullptr;
  return std::make_unique<harness::relay>(harness::relay_options{
      .target = fmt::format("127.0.0.1:{}", broker), .there_ms = ms / 2, .back_ms = ms - ms / 2});
}

constexpr std::string_view aborted_name = "aborted";

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
      cloud_(delay(broker_.port(), v.confirmed_after_ms)),
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
                       .mqtt_port = net_     ? cloud_port
                                    : cloud_ ? cloud_->port()
                                             : broker_.port(),
                       .net = net_.get(),
                       .services = v.by == medium::service,
                       .link = v.link_bits_per_s == 0
                                   ? nullptr
                                   : std::make_shared<harness::shared_link>(v.link_bits_per_s)})),
      outside_(v.outside) {
  MONOPOD_ENSURE(v.by == medium::loopback || (v.confirmed_after_ms == 0 && v.link_bits_per_s == 0),
                 "relays are for loopback");
}

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
    return std::make_unique<harness::process>(system_->camera(camera_name) +
                                                  source_flags(s, frames, cameras_),
                                              scratch_.path() / "camera", outside_);
  });
}

void stream::abort_cameras(const settings& s, std::size_t count) {
  constexpr std::uint64_t many = 1'000'000; // more frames than it can send
  const auto output = [this](std::size_t n) {
    return scratch_.path() / fmt::format("{}-{}", aborted_name, n);
  };
  auto flags = source_flags(s, many, 1);
  std::erase(flags, "--quiet"); // its progress tells that it streams
  std::vector<std::unique_ptr<harness::process>> all;
  for (std::size_t n = 1; n <= count; ++n)
    all.push_back(std::make_unique<harness::process>(system_->camera(output(n).filename()) + flags,
                                                     output(n), outside_));
  const std::regex streams("[1-9][0-9]* (sent|acknowledged)");
  for (std::size_t n = 1; n <= count; ++n) {
    if (!harness::eventually(
            [&] {
              return stop_requested > 0 ||
                     std::regex_search(harness::read_file(output(n)), streams);
            },
            std::chrono::seconds(60)))
      throw std::runtime_error("a camera that is to be killed does not stream: " +
                               harness::read_file(output(n)));
    if (stop_requested > 0)
      throw std::runtime_error("stopped");
    all[n - 1]->signal(SIGKILL);
  }
}

void stream::wait_for_cameras() const {
  const auto ended = [this] { return camera_->wait(std::chrono::milliseconds(0)).has_value(); };
  if (!harness::eventually([&] { return stop_requested > 0 || ended(); }, patience_))
    throw std::runtime_error("the cameras do not end: " +
                             harness::read_file(scratch_.path() / "camera"));
  if (stop_requested > 0)
    throw std::runtime_error("stopped");
}

void stream::finish() {
  wait_for_cameras();
  drain();
}

void stream::stop() {
  camera_->terminate();
  drain();
}

// Without those of cameras that were aborted on purpose.
std::vector<harness::collected_result> stream::kept() const {
  auto all = harness::read_results(collector_.csv());
  std::erase_if(all, [](const auto& r) { return r.camera.starts_with(aborted_name); });
  return all;
}

std::uint64_t stream::came() const { return kept().size(); }

void stream::drain() {
  constexpr int turns_without_result = 20;
  std::uint64_t before = came();
  for (int idle = 0; before < expected_ && idle < turns_without_result; ++idle) {
    pause_s(0.25);
    const auto now = came();
    if (now > before)
      idle = 0;
    before = now;
  }
  collector_.child().terminate();
}

std::vector<harness::collected_result> stream::collected() const {
  auto all = kept();
  if (all.empty())
    throw std::runtime_error("no result came; the camera says: " +
                             harness::read_file(scratch_.path() / "camera"));
  return all;
}

sample_table stream::results(std::uint64_t warm_up) const {
  auto t = to_table(collected(), warm_up);
  if (t.rows.empty()) // it would pass for a run that has been measured
    throw std::runtime_error("no result came after the first " + std::to_string(warm_up));
  return t;
}

} // namespace monopod::experiment
