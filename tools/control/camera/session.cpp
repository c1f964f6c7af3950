#include "tools/control/camera/session.hpp"

#include "core/clock.hpp"
#include "tools/control/frame_stamp.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <poll.h>
#include <utility>

namespace monopod::control {

namespace {

constexpr std::uint64_t look_up_ms = 200; // for progress and signals

std::chrono::milliseconds left_until(std::uint64_t end_ns) {
  const auto now_ns = boottime_ns();
  return std::chrono::milliseconds(end_ns > now_ns ? (end_ns - now_ns) / ns_per_ms : 0);
}

} // namespace

publisher_session::publisher_session(const publisher_options& o)
    : options_(o), feed_(o.feed),
      stub_(VEIv1_0::VEIv1_0::NewStub(connect_to(o.gateway, o.liveness))),
      progress_(o.feed.quiet, 2) {
  for (std::uint32_t i = 1; i <= o.feed.cameras; ++i) {
    const auto name = camera_name(o.feed, i);
    cameras_.push_back({.name = name,
                        .stream = std::make_unique<outgoing_stream<VEIv1_0::PubImageParams>>(
                            queue_.queue(), name, window_of(o.feed).frames,
                            [this](auto* context, auto* reply, auto* queue, void* tag) {
                              return stub_->AsyncPublishImage(context, reply, queue, tag);
                            })});
  }
}

int publisher_session::run() {
  const auto started_ns = boottime_ns();
  if (feed_.from().live())
    run_live();
  else
    run_paced();
  publisher_report r;
  r.seconds = static_cast<double>(boottime_ns() - started_ns) * 1e-9;
  r.settled = finish();
  r.frames = frames_;
  r.streams = total();
  r.source = feed_.from().stats();
  r.average_bytes = feed_.average_bytes();
  return print_report(r, options_);
}

bool publisher_session::wants_more(std::uint64_t published) const {
  return (options_.feed.frames == 0 || published < options_.feed.frames) && stop_requested == 0;
}

// Waits until the streams are open, so that the first frame does not wait for the connection. A
// gateway that is away does not hold the camera up.
void publisher_session::greet() const {
  const auto end_ns = boottime_ns() + ns_per_s;
  for (const auto& c : cameras_)
    c.stream->wait_open(left_until(end_ns));
}

void publisher_session::run_paced() {
  greet();
  const auto started_ns = boottime_ns();
  const auto period_ns = static_cast<std::uint64_t>(1e9 / frames_per_second(options_.feed));
  const auto turn_ns = period_ns / cameras_.size();
  for (std::uint64_t n = 0; wants_more(n); ++n) {
    if (n > 0 && !options_.feed.flood)
      wait_until(started_ns + n * period_ns - turn_ns + rest_after_frame_ns(turn_ns));
    const auto picture = feed_.next();
    if (!picture)
      return;
    // The cameras share the picture and take turns within the period.
    for (std::size_t i = 0; i < cameras_.size() && stop_requested == 0; ++i) {
      if (!options_.feed.flood)
        wait_until(started_ns + n * period_ns + i * turn_ns);
      publish(cameras_[i], *picture);
      ++frames_;
    }
    progress();
  }
}

void publisher_session::run_live() {
  for (std::uint64_t n = 0; wants_more(n);) {
    pollfd source{feed_.from().descriptor(), POLLIN, 0};
    poll(&source, 1, look_up_ms);
    if (const auto picture = feed_.next()) {
      for (auto& c : cameras_)
        publish(c, *picture);
      frames_ += cameras_.size();
      ++n;
    }
    progress();
  }
}

void publisher_session::wait_until(std::uint64_t due_ns) {
  for (auto now = boottime_ns(); now < due_ns && stop_requested == 0; now = boottime_ns()) {
    const auto until_ns = std::min(due_ns, now + look_up_ms * ns_per_ms);
    const timespec until{static_cast<time_t>(until_ns / ns_per_s),
                         static_cast<long>(until_ns % ns_per_s)};
    clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr);
    if (until_ns != due_ns)
      progress();
  }
}

void publisher_session::publish(camera& c, const encoded_picture& p) const {
  VEIv1_0::PubImageParams frame;
  frame.set_cameraid(c.name);
  frame.set_image(p.jpeg.bytes().data(), p.jpeg.size_bytes());
  frame.set_timestamp(
      to_text({.captured_at_ns = p.captured_at_ns != 0 ? p.captured_at_ns : realtime_ns(),
               .stream = stream_,
               .seq = ++c.seq}));
  c.stream->push(std::move(frame));
}

// Ends all streams; false if the gateway has not answered each of them in time.
bool publisher_session::finish() {
  const auto end_ns = boottime_ns() + static_cast<std::uint64_t>(options_.feed.drain_s * 1e9);
  return std::ranges::all_of(cameras_, [&](const camera& c) {
    for (;;) {
      const auto left = left_until(end_ns);
      if (c.stream->finish(std::min(left, std::chrono::milliseconds(look_up_ms))))
        return true;
      if (left.count() == 0 || stop_requested > 1)
        return false;
      progress();
    }
  });
}

stream_statistics publisher_session::total() const {
  stream_statistics sum;
  for (const auto& c : cameras_) {
    const auto s = c.stream->stats();
    sum.sent += s.sent;
    sum.dropped += s.dropped;
    sum.breaks += s.breaks;
  }
  return sum;
}

void publisher_session::progress() {
  progress_.tick([this] {
    const auto s = total();
    const auto trouble = feed_.from().stats().trouble;
    return fmt::format("{} frames, {} sent, {} dropped{}", frames_, s.sent, s.dropped,
                       trouble.empty() ? "" : " (source: " + trouble + ")");
  });
}

} // namespace monopod::control
