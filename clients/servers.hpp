// A client's connections to all servers of a group, open from the start.
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

/// Has a connection like ZeroMQ's DEALER to each server, so that a failover needs no connect and a
/// dead server holds up nobody. It reads and writes in the caller's calls, on its thread, and
/// connects again by itself in wait(). Not thread-safe.
class servers {
public:
  /// `endpoints` has one or several ZeroMQ endpoints, tcp or ipc, separated by commas; at most
  /// limits::client_servers. `waiting_messages` may wait for each, in addition to those in the
  /// kernel's buffers. Throws std::runtime_error with the remedy if an endpoint is not one.
  servers(const std::string& endpoints, std::size_t waiting_messages);
  servers(const servers&) = delete;
  servers& operator=(const servers&) = delete;

  std::size_t size() const { return all_.size(); }

  /// Returns false if the message was not taken, for lack of room or of a connection. Then wait()
  /// ends once there is one.
  bool send(std::size_t to, std::span<const std::uint8_t> envelope, const payload* body = nullptr);
  /// Whether no server took the last message to it.
  bool all_blocked() const;

  /// Waits up to `timeout_ms` for a message, a connection, or room if send() found none, or until
  /// the caller's descriptor `also` (-1: none) can be read.
  void wait(int timeout_ms, int also = -1);

  /// Tells what has happened to the connection since the last call.
  zmtp::connector::happenings happened(std::size_t to) { return all_[to].connection->happened(); }

  /// Takes one message of this server. Returns false if there is none now.
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
