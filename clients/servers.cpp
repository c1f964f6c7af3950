#include "clients/servers.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace monopod {

namespace {

// The counterpart to the profiles in actors/runtime/link_profile.hpp.
zmtp::connector::options options_for(const std::string& endpoint, std::size_t waiting_messages) {
  return {.endpoint = endpoint,
          .patience = {.probe_ms = 1000, .silence_ms = 3000, .unacknowledged_ms = 3000},
          .limits = {.envelope_bytes = limits::envelope_bytes, .part_bytes = limits::frame_bytes},
          .waiting_messages = waiting_messages,
          .keeps_unsent = false, // unsent frames wait in the window instead
          .opening_ns = 3 * ns_per_s,
          .retry_ns = 5 * ns_per_ms,        // a failed stage is back within a few ms
          .retry_max_ns = 200 * ns_per_ms}; // a node that is back may soon be primary
}

} // namespace

servers::servers(const std::string& endpoints, std::size_t waiting_messages) {
  std::istringstream list(endpoints);
  for (std::string endpoint; std::getline(list, endpoint, ',');) {
    if (all_.size() == limits::client_servers)
      throw std::runtime_error("too many servers: at most " +
                               std::to_string(limits::client_servers));
    try {
      all_.push_back({std::make_unique<zmtp::connector>(options_for(endpoint, waiting_messages))});
    } catch (const std::invalid_argument& why) {
      throw std::runtime_error("can't connect to " + endpoint + " (" + why.what() +
                               "): give an endpoint such as tcp://10.0.0.1:5570");
    }
  }
  if (all_.empty())
    throw std::runtime_error("no server: give an endpoint such as tcp://10.0.0.1:5570");
  for (const auto& s : all_)
    s.connection->tick(boottime_ns());
}

bool servers::send(std::size_t to, std::span<const std::uint8_t> envelope, const payload* body) {
  auto& s = all_[to];
  s.blocked = s.connection->send(envelope, body) != zmtp::send_status::sent;
  return !s.blocked;
}

bool servers::all_blocked() const { return std::ranges::all_of(all_, &server::blocked); }

void servers::wait(int timeout_ms, int also) {
  const auto until_ns =
      boottime_ns() + static_cast<std::uint64_t>(std::max(timeout_ms, 0)) * ns_per_ms;
  while (!wait_until(until_ns, also) && boottime_ns() < until_ns) {
  }
}

// Returns whether it ended for anything but a connection's own timer.
bool servers::wait_until(std::uint64_t until_ns, int also) {
  std::array<pollfd, limits::client_servers + 1> items{};
  std::size_t count = 0;
  for (const auto& s : all_) {
    items[count++] = {s.connection->fd(), s.connection->events(), 0};
    until_ns = s.connection->has_more() ? 0 : std::min(until_ns, s.connection->due_ns());
  }
  items[count++] = {also, POLLIN, 0};
  const auto now_ns = boottime_ns();
  const auto wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
  const timespec ts{static_cast<time_t>(wait_ns / ns_per_s), static_cast<long>(wait_ns % ns_per_s)};
  const bool came = ppoll(items.data(), count, &ts, nullptr) > 0;
  const auto after_ns = boottime_ns();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto& c = *all_[i].connection;
    if (came && items[i].revents != 0)
      c.on_event(items[i].revents, after_ns);
    c.tick(after_ns);
    all_[i].blocked = all_[i].blocked && !c.has_room();
  }
  return came ||
         std::ranges::any_of(all_, [](const server& s) { return s.connection->has_more(); });
}

bool servers::receive(std::size_t from, zmtp::message& message) {
  return all_[from].connection->receive(message, boottime_ns());
}

} // namespace monopod
