#include "actors/platform/service_manager.hpp"

#include "core/clock.hpp"
#include "core/config/environment.hpp"
#include "core/log.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace monopod {

namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

} // namespace

service_manager::service_manager() {
  const auto where = environment_variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (where.empty() || where.size() >= sizeof address.sun_path)
    return;
  std::memcpy(address.sun_path, where.data(), where.size());
  if (where.front() == '@') // the abstract namespace
    address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + where.size());
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    log_warn("monopod", "can't reach the service manager",
             {{"NOTIFY_SOCKET", where}, {"error", std::generic_category().message(errno)}});
    close(socket_);
    socket_ = -1;
    return;
  }
  const auto pid = environment_variable("WATCHDOG_PID"); // the process that the watchdog is for
  if (pid.empty() || number(pid) == static_cast<std::uint64_t>(getpid()))
    alive_period_ns_ = number(environment_variable("WATCHDOG_USEC")) * 1000 / 2;
}

service_manager::~service_manager() {
  if (socket_ >= 0)
    close(socket_);
}

void service_manager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now); // systemd tells this reload from an earlier one by it
  const auto now_us = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                      static_cast<std::uint64_t>(now.tv_nsec) / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us) +
       "\nSTATUS=reading the configuration again");
}

void service_manager::send(const std::string& state) {
  if (socket_ >= 0 && ::send(socket_, state.data(), state.size(), MSG_NOSIGNAL) < 0)
    log_limited(log_level::warn, "monopod", "the service manager accepts no message",
                {{"error", std::generic_category().message(errno)}});
}

} // namespace monopod
