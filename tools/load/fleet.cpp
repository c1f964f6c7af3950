#include "tools/load/fleet.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

namespace monopod {

namespace {

constexpr auto patience = std::chrono::seconds(10);

} // namespace

void sleep_until(std::uint64_t due_ns) {
  const timespec due{static_cast<time_t>(due_ns / ns_per_s), static_cast<long>(due_ns % ns_per_s)};
  while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &due, nullptr) == EINTR) {
  }
}

fleet::fleet(const std::string& endpoint, const std::string& name, std::size_t cameras,
             payload picture, const window_options& window)
    : picture_(std::move(picture)) {
  for (std::size_t i = 0; i < cameras; ++i) {
    connections_.push_back(std::make_unique<camera_connection>(
        connection_options{.server = endpoint, .client = "monopod-bench", .window = window}));
    const auto full_name = cameras == 1 ? name : name + "-" + std::to_string(i + 1);
    cameras_.push_back(&connections_.back()->open(full_name));
  }
  const auto give_up_ns = boottime_ns() + 10 * ns_per_s;
  for (std::size_t i = 0; i < cameras; ++i)
    while (!cameras_[i]->welcomed()) {
      if (boottime_ns() > give_up_ns)
        throw std::runtime_error("a camera is not welcome: " + cameras_[i]->stats().last_refusal);
      connections_[i]->poll(20);
    }
}

void fleet::publish(std::size_t camera, const payload& body) {
  if (cameras_[camera]->publish(body, realtime_ns(), 768, 576) == camera_window::push_result::full)
    throw std::runtime_error("the camera's window is full: the pipeline stands still");
}

void fleet::poll(std::size_t camera) { connections_[camera]->poll(0); }

void fleet::wait(std::size_t camera, std::uint64_t until_ns) {
  poll(camera); // takes the acknowledgements of earlier frames
  sleep_until(until_ns);
}

void fleet::stream(std::uint64_t frames) {
  const auto start_ns = boottime_ns() + 10 * ns_per_ms;
  for (std::uint64_t n = 0; n < frames; ++n)
    for (std::size_t i = 0; i < cameras_.size(); ++i) {
      wait(i, start_ns + n * frame_period_ns + i * frame_period_ns / cameras_.size());
      publish(i);
    }
  settle();
}

double fleet::flood(double seconds) {
  auto& connection = *connections_.front();
  auto& c = *cameras_.front();
  const auto start_ns = boottime_ns();
  const auto end_ns = start_ns + static_cast<std::uint64_t>(seconds * 1e9);
  const auto before = c.stats().acknowledged;
  while (boottime_ns() < end_ns) {
    // Keep one batch ahead of the credit and no more: frames that wait in the window are not in
    // flight.
    while (c.held() < 128)
      c.publish(picture_, realtime_ns(), 768, 576);
    connection.poll(10);
  }
  const auto passed_s = static_cast<double>(boottime_ns() - start_ns) * 1e-9;
  const auto acknowledged = c.stats().acknowledged - before;
  settle();
  return static_cast<double>(acknowledged) / passed_s;
}

void fleet::settle() {
  for (auto& connection : connections_)
    if (!connection->flush(patience))
      throw std::runtime_error("frames stay without acknowledgement");
}

} // namespace monopod
