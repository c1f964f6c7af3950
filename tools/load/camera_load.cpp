#include "tools/load/camera_load.hpp"

#include "clients/camera_client.hpp"
#include "core/clock.hpp"
#include "programs/sources/encoder.hpp"
#include "programs/sources/scene.hpp"

#include <algorithm>
#include <deque>

namespace monopod {

namespace {

int ms_until(std::uint64_t due_ns) {
  const auto now_ns = boottime_ns();
  return due_ns > now_ns ? static_cast<int>((due_ns - now_ns) / ns_per_ms) : 0;
}

} // namespace

std::vector<payload> street_pictures(int width, int height) {
  constexpr int count = 16;
  constexpr int quality = 80;
  std::vector<payload> drawn;
  street_scene scene(width, height);
  jpeg_encoder encoder;
  for (std::uint64_t n = 0; n < count; ++n)
    drawn.push_back(encoder.encode_rgb(scene.draw(n).data(), width, height, quality));
  return drawn;
}

std::vector<load_camera> alike(const std::string& name, std::size_t count, double fps) {
  std::vector<load_camera> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({.name = name + "-" + std::to_string(i + 1), .fps = fps});
  return all;
}

// One camera's state on the load's thread.
struct camera_load::streaming {
  load_camera what;
  std::vector<payload> pictures;
  camera* publisher = nullptr;
  std::uint64_t period_ns = 0;
  std::uint64_t due_ns = 0;
  std::uint64_t count = 0;
  std::uint64_t blocked = 0;
  std::deque<std::uint64_t> unacknowledged_ns = {}; // when they were published

  void publish() {
    const auto now_ns = boottime_ns();
    const auto result = publisher->publish(pictures[count % pictures.size()], realtime_ns(),
                                           static_cast<std::uint16_t>(what.width),
                                           static_cast<std::uint16_t>(what.height));
    if (result == camera_window::push_result::full)
      ++blocked;
    else
      unacknowledged_ns.push_back(now_ns);
    ++count;
    due_ns += period_ns;
  }
};

camera_load::camera_load(const load_options& o)
    : accounts_(o.cameras.size()), thread_([this, o] { run(o); }) {}

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

std::vector<camera_account> camera_load::accounts() const {
  const std::lock_guard lock(mutex_);
  return accounts_;
}

std::uint64_t camera_load::acknowledged() const {
  std::uint64_t sum = 0;
  for (const auto& a : accounts())
    sum += a.acknowledged;
  return sum;
}

std::uint64_t camera_load::taken() const {
  std::uint64_t sum = 0;
  for (const auto& a : accounts())
    sum += a.taken;
  return sum;
}

// Writes down where the cameras stand, and reports the frames acknowledged since the last look.
void camera_load::look(const load_options& o, std::vector<streaming>& cameras) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const auto& s = cameras[i].publisher->stats();
    auto& a = accounts_[i];
    if (s.acknowledged > a.acknowledged && o.on_acknowledged)
      o.on_acknowledged(i);
    auto& waiting = cameras[i].unacknowledged_ns;
    for (auto n = a.acknowledged; n < s.acknowledged && !waiting.empty(); ++n) {
      if (o.on_round_trip)
        o.on_round_trip(static_cast<double>(boottime_ns() - waiting.front()) * 1e-6);
      waiting.pop_front();
    }
    const camera_window::counts& counted = s;
    static_cast<camera_window::counts&>(a) = counted;
    a.blocked = cameras[i].blocked;
  }
}

void camera_load::run(const load_options& o) {
  if (o.prepare)
    o.prepare();
  camera_connection connection(
      {.server = o.endpoint, .client = "monopod-load", .window = {.frames = o.window}});
  const auto stream = realtime_ns() / 1000; // as open() would choose it, but known here
  std::vector<streaming> cameras;
  for (const auto& c : o.cameras) {
    const auto period_ns = static_cast<std::uint64_t>(1e9 / c.fps);
    const auto phase_ns = period_ns * cameras.size() / o.cameras.size();
    cameras.push_back({.what = c,
                       .pictures = street_pictures(c.width, c.height),
                       .publisher = &connection.open(c.name, stream),
                       .period_ns = period_ns,
                       .due_ns = phase_ns});
    const std::lock_guard lock(mutex_);
    accounts_[cameras.size() - 1].camera = c.name;
    accounts_[cameras.size() - 1].stream = stream;
  }
  const auto start_ns = boottime_ns(); // making the pictures took a while
  for (auto& c : cameras)
    c.due_ns += start_ns;
  while (!stopping_) {
    auto& next = *std::ranges::min_element(cameras, {}, &streaming::due_ns);
    do { // at least once: this thread takes acknowledgements even when it is late
      connection.poll(ms_until(next.due_ns));
      look(o, cameras);
    } while (ms_until(next.due_ns) > 0 && !stopping_);
    next.publish();
  }
  connection.flush(std::chrono::milliseconds(static_cast<int>(patience_s_ * 1000)));
  look(o, cameras);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < cameras.size(); ++i)
    accounts_[i].round_trip_max_ms = cameras[i].publisher->stats().round_trip_ms.percentile(100);
  connection.bye();
}

} // namespace monopod
