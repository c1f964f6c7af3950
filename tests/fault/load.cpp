#include "tests/fault/load.hpp"

#include "clients/camera_client.hpp"
#include "core/clock.hpp"
#include "tools/sources/encoder.hpp"
#include "tools/sources/scene.hpp"

#include <algorithm>

namespace monopod::fault {

namespace {

constexpr int width = 160;
constexpr int height = 120;

int ms_until(std::uint64_t due_ns) {
  const auto now_ns = boottime_ns();
  return due_ns > now_ns ? static_cast<int>((due_ns - now_ns) / ns_per_ms) : 0;
}

} // namespace

const std::vector<payload>& pictures() {
  static const auto all = [] {
    constexpr int count = 16;
    constexpr int quality = 80;
    std::vector<payload> drawn;
    street_scene scene(width, height);
    jpeg_encoder encoder;
    for (std::uint64_t n = 0; n < count; ++n)
      drawn.push_back(encoder.encode_rgb(scene.draw(n).data(), width, height, quality));
    return drawn;
  }();
  return all;
}

camera_load::camera_load(const load_options& o) : thread_([this, o] { run(o); }) {}

camera_load::~camera_load() {
  if (thread_.joinable())
    stop(0);
}

std::vector<camera_account> camera_load::stop(double timeout_s) {
  patience_s_ = timeout_s;
  stopping_ = true;
  thread_.join();
  return accounts_;
}

void camera_load::run(const load_options& o) {
  camera_connection connection(
      {.server = o.endpoint, .client = "monopod-fault", .window = {.frames = o.window}});
  const auto stream = realtime_ns() / 1000; // as open() would choose, but known here
  std::vector<camera*> cameras;
  for (std::size_t i = 0; i < o.cameras; ++i)
    cameras.push_back(&connection.open(o.name + "-" + std::to_string(i + 1), stream));
  std::vector<std::uint64_t> blocked(o.cameras);
  const auto slot_ns = static_cast<std::uint64_t>(1e9 / (o.fps * static_cast<double>(o.cameras)));
  auto due_ns = boottime_ns();
  for (std::uint64_t n = 0; !stopping_; ++n, due_ns += slot_ns) {
    do // at least once: acknowledgements come in also where this thread is late
      connection.poll(ms_until(due_ns));
    while (ms_until(due_ns) > 0 && !stopping_);
    const auto i = n % o.cameras;
    const auto& picture = pictures()[n / o.cameras % pictures().size()];
    const auto result = cameras[i]->publish(picture, realtime_ns(), width, height);
    blocked[i] += result == camera_window::push_result::full ? 1 : 0;
    std::uint64_t settled = 0;
    std::uint64_t all = 0;
    for (const auto* c : cameras) {
      settled += c->stats().acknowledged;
      all += c->stats().taken;
    }
    acknowledged_ = settled;
    taken_ = all;
  }
  connection.flush(std::chrono::milliseconds(static_cast<int>(patience_s_ * 1000)));
  for (std::size_t i = 0; i < o.cameras; ++i) {
    const auto& s = cameras[i]->stats();
    accounts_.push_back({cameras[i]->name(), stream, s.taken, s.acknowledged, s.refused, blocked[i],
                         s.resent, s.lost, s.round_trip_ms.percentile(100)});
  }
  connection.bye();
}

} // namespace monopod::fault
