#include "programs/camera/session.hpp"

#include "core/log.hpp"
#include "programs/limits.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace monopod {

camera_session::camera_session(const camera_options& o)
    : options_(o), window_(window_of(o)), feed_(std::make_unique<picture_feed>(o)),
      connection_({.server = o.server,
                   .client = std::string("monopod-camera ") + version,
                   .window = window_}),
      progress_(o.quiet, 2) {
  for (std::uint32_t i = 1; i <= o.cameras; ++i)
    cameras_.push_back(&connection_.open(camera_name(o, i)));
  const auto seconds = static_cast<double>(window_.frames) / frames_per_second(o);
  if (!o.flood && seconds < limits::camera_window_s)
    log_warn("camera", "the window is short: a failover may lose frames",
             {{"holds_s", seconds}, {"wanted_s", limits::camera_window_s}});
}

int camera_session::run() {
  const auto started_ns = boottime_ns();
  if (feed_->from().live())
    run_live();
  else
    run_paced();
  camera_report r;
  r.source = feed_->from().stats();
  r.blocked = blocked_;
  r.pictures = feed_->any();
  r.average_bytes = feed_->average_bytes();
  r.seconds = static_cast<double>(boottime_ns() - started_ns) * 1e-9;
  feed_.reset(); // pictures that arrive during drain() are not published
  r.settled = drain();
  connection_.bye();
  connection_.poll(10);
  r.frames = total();
  return print_report(r, options_);
}

bool camera_session::wants_more(std::uint64_t published) const {
  return (options_.frames == 0 || published < options_.frames) && stop_requested == 0;
}

// Waits for the connection, so that the first frame does not have to; but only for a second, since
// a gateway that is away must not hold the camera up.
void camera_session::greet() {
  const auto patience_ns = boottime_ns() + ns_per_s;
  const auto welcomed = [](const camera* c) { return c->welcomed(); };
  while (!std::ranges::all_of(cameras_, welcomed) && boottime_ns() < patience_ns &&
         stop_requested == 0)
    connection_.poll(50);
}

void camera_session::run_paced() {
  greet();
  const auto started_ns = boottime_ns();
  const auto period_ns = static_cast<std::uint64_t>(1e9 / frames_per_second(options_));
  const auto turn_ns = period_ns / cameras_.size();
  for (std::uint64_t n = 0; wants_more(n); ++n) {
    if (n > 0 && !options_.flood)
      wait_until(started_ns + n * period_ns - turn_ns + rest_after_frame_ns(turn_ns));
    const auto picture = feed_->next();
    if (!picture)
      return;
    // The cameras share the picture and take turns within the period.
    for (std::size_t i = 0; i < cameras_.size() && stop_requested == 0; ++i) {
      if (!options_.flood)
        wait_until(started_ns + n * period_ns + i * turn_ns);
      publish(*cameras_[i], *picture);
    }
    progress();
  }
}

void camera_session::run_live() {
  for (std::uint64_t n = 0; wants_more(n);) {
    constexpr int look_up_ms = 200; // for progress and signals
    connection_.poll(look_up_ms, feed_->from().descriptor());
    if (const auto picture = feed_->next()) {
      for (auto* c : cameras_)
        publish(*c, *picture);
      ++n;
    }
    progress();
  }
}

// Waits for the last acknowledgements. Returns whether all of them arrived in time.
bool camera_session::drain() {
  const auto end_ns = boottime_ns() + static_cast<std::uint64_t>(options_.drain_s * 1e9);
  while (!connection_.flush(std::chrono::milliseconds(100))) {
    if (boottime_ns() >= end_ns || stop_requested > 1)
      return false;
    progress();
  }
  return true;
}

void camera_session::wait_until(std::uint64_t due_ns) {
  for (auto now = boottime_ns(); now < due_ns && stop_requested == 0; now = boottime_ns()) {
    const auto left_ms = (due_ns - now) / ns_per_ms;
    connection_.poll(static_cast<int>(std::min<std::uint64_t>(left_ms, 200)));
    if (left_ms == 0) {
      timespec rest{0, static_cast<long>(due_ns - std::min(due_ns, boottime_ns()))};
      nanosleep(&rest, nullptr);
    }
  }
}

void camera_session::publish(camera& c, const encoded_picture& p) {
  const auto dropped = c.stats().dropped;
  for (bool waits = false; stop_requested == 0; waits = true) {
    const auto stamp_ns = p.captured_at_ns != 0 ? p.captured_at_ns : realtime_ns();
    if (c.publish(p.jpeg, stamp_ns, p.width, p.height) != camera_window::push_result::full) {
      say_whether_full(c, waits || c.stats().dropped != dropped);
      return;
    }
    blocked_ += waits ? 0 : 1;
    say_whether_full(c, true);
    connection_.poll(50);
    progress();
  }
}

// Logs once when the window becomes full, and once when it has room again.
void camera_session::say_whether_full(const camera& c, bool full) {
  if (full && !full_) {
    full_ = true;
    log_warn("camera", "the window is full",
             {{"camera", c.name()},
              {"frames", c.held()},
              {"policy", window_.full == full_policy::block ? "block" : "drop-oldest"}});
  } else if (full_ && c.held() <= window_.frames / 2) {
    full_ = false;
    std::uint64_t dropped = 0;
    for (const auto* each : cameras_)
      dropped += each->stats().dropped;
    log_info("camera", "the window has room again",
             {{"camera", c.name()}, {"waited", blocked_}, {"dropped", dropped}});
  }
}

camera_window::statistics camera_session::total() const {
  camera_window::statistics sum;
  for (const auto* c : cameras_)
    sum += c->stats();
  return sum;
}

void camera_session::progress() {
  progress_.tick([this] {
    camera_window::counts sum;
    std::string refusal;
    for (const auto* c : cameras_) {
      sum += c->stats();
      if (!c->stats().last_refusal.empty())
        refusal = c->stats().last_refusal;
    }
    const auto trouble = feed_ ? feed_->from().stats().trouble : std::string{};
    return fmt::format("{} frames, {} acknowledged{}{}", sum.taken, sum.acknowledged,
                       refusal.empty() ? "" : " (" + refusal + ")",
                       trouble.empty() ? "" : " (source: " + trouble + ")");
  });
}

} // namespace monopod
