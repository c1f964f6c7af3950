// Messages to the service manager (systemd): sd_notify(3) and its watchdog.
#pragma once

#include <cstdint>
#include <string>

namespace monopod {

/// Sends datagrams to $NOTIFY_SOCKET; does nothing if there is none. The protocol is stable and
/// meant to be spoken without libsystemd (sd_notify(3), notes), which would add a megabyte to every
/// pod. Never blocks. One thread.
class service_manager {
public:
  service_manager();
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  /// `status`: one line for people.
  void ready(const std::string& status) { send("READY=1\nSTATUS=" + status); }
  /// Ends with ready().
  void reloading();
  void stopping() { send("STOPPING=1\nSTATUS=finishing what was taken"); }
  void alive() { send("WATCHDOG=1"); }

  /// How often alive() must be called: half of the time that the service manager waits; 0: never.
  std::uint64_t alive_period_ns() const { return alive_period_ns_; }

private:
  void send(const std::string& state);

  int socket_ = -1;
  std::uint64_t alive_period_ns_ = 0;
};

} // namespace monopod
