#include "tools/lab/streams.hpp"

#include "core/clock.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace monopod::lab {

namespace {

using std::chrono::seconds;

constexpr std::size_t window = 4000; // frames: 20 s of the fastest camera

double pause_of(const gap_meter& m, const load_camera& c) {
  return std::max(0.0, static_cast<double>(m.largest_ns()) * 1e-6 - 1000 / c.fps);
}

} // namespace

streams::streams(const streams_options& o)
    : options_(o), acknowledgements_(o.cameras.size()), consumer_(o.cloud, o.cameras) {
  if (!waits([this] { return consumer_.subscribed(); }, seconds(10)))
    throw std::runtime_error("the consumer can't subscribe at " + o.cloud.host + ":" +
                             std::to_string(o.cloud.port));
}

void streams::start_cameras() {
  load_ = std::make_unique<camera_load>(load_options{
      .endpoint = options_.servers,
      .cameras = options_.cameras,
      .window = window,
      .prepare = options_.prepare_cameras,
      .on_acknowledged =
          [this](std::size_t camera) { acknowledgements_[camera].seen(boottime_ns()); },
      .on_round_trip =
          [this](double ms) {
            const std::lock_guard lock(mutex_);
            round_trips_ms_.add(ms);
          }});
}

bool streams::flow(bool results, std::chrono::milliseconds timeout) {
  const auto since_ns = boottime_ns();
  const auto went_on = [&] {
    for (std::size_t i = 0; i < acknowledgements_.size(); ++i)
      if (acknowledgements_[i].last_ns() < since_ns ||
          (results && consumer_.pauses(i).last_ns() < since_ns))
        return false;
    return true;
  };
  return waits(went_on, timeout);
}

std::string streams::describe() {
  const auto now_ns = boottime_ns();
  std::string text;
  for (std::size_t i = 0; i < acknowledgements_.size(); ++i)
    text +=
        fmt::format("{}: acknowledged {} ms ago, last result {} ms ago\n", options_.cameras[i].name,
                    (now_ns - acknowledgements_[i].last_ns()) / ns_per_ms,
                    (now_ns - consumer_.pauses(i).last_ns()) / ns_per_ms);
  return text;
}

void streams::reset_pauses() {
  for (std::size_t i = 0; i < acknowledgements_.size(); ++i) {
    acknowledgements_[i].reset();
    consumer_.pauses(i).reset();
  }
}

outage streams::pauses() const {
  outage o;
  for (std::size_t i = 0; i < acknowledgements_.size(); ++i) {
    const auto& camera = options_.cameras[i];
    o.camera_ms = std::max(o.camera_ms, pause_of(acknowledgements_[i], camera));
    o.consumer_ms = std::max(o.consumer_ms, pause_of(consumer_.pauses(i), camera));
  }
  return o;
}

samples streams::take_round_trips_ms() {
  const std::lock_guard lock(mutex_);
  return std::exchange(round_trips_ms_, samples());
}

delivery streams::judge() {
  const auto relied_on = load_->accounts();
  waits([&] { return consumer_.has_all(relied_on); }, seconds(10));
  auto found = consumer_.judge(relied_on);
  std::uint64_t told = 0;
  for (const auto& c : relied_on)
    told += c.lost;
  const auto new_told = told - std::exchange(told_lost_, told);
  found.acked_lost -= std::min(found.acked_lost, new_told);
  found.results_lost -= std::min(found.results_lost, new_told);
  return found;
}

} // namespace monopod::lab
