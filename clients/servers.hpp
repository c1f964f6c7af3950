// A client's connections to every server of a group, all open from the start.
#pragma once

#include "core/payload.hpp"
#include "core/zmtp/connector.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// A DEALER of ZeroMQ's for each server, so that a failover needs no connect and a dead server
/// holds up nobody. Reads and writes on the caller's thread, in its calls; connects again by itself
/// in wait(). Not thread-safe.
class servers {
public:
  /// `endpoints`: one or several of ZeroMQ's, tcp or ipc, with commas between; at most
  /// limits::client_servers. `waiting_messages`: for each, beyond what the kernel takes. Throws
  /// std::runtime_error with the remedy where an endpoint is not one.
  servers(const std::string& endpoints, std::size_t waiting_messages);
  servers(const servers&) = delete;
  servers& operator=(const servers&) = delete;

  std::size_t size() const { return all_.size(); }

  /// False where the message was not taken: no room or no connection. wait() ends when there is.
  bool send(std::size_t to, std::span<const std::uint8_t> envelope, const payload* body = nullptr);
  /// No server took the last message to it.
  bool all_blocked() const;

  /// Waits for a message, a connection, room where send() found none, or `also`, a descriptor of
  /// the caller's that can be read (-1: there is none).
  void wait(int timeout_ms, int also = -1);

  /// What has happened to the connection since last asked.
  zmtp::connector::happenings happened(std::size_t to) { return all_[to].connection->happened(); }

  /// Takes one message of this server. False: there is none now.
  bool receive(std::size_t from, zmtp::message& message);

private:
  struct server {
    std::unique_ptr<zmtp::connector> connection;
    bool blocked = false;
  };
  bool wait_until(std::uint64_t until_ns, int also);

  std::vector<server> all_;
};

} // namespace monopod
