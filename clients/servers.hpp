// A client's connections to every server of a group, all open from the start.
#pragma once

#include "clients/socket.hpp"
#include "core/payload.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// A DEALER socket for each server, so that a failover needs no connect and a dead server holds up
/// nobody. Not thread-safe. Connects in the background and again by itself.
class servers {
public:
  /// `endpoints`: one or several of ZeroMQ's, with commas between; at most limits::client_servers.
  /// `context` is made where it is null. Throws std::runtime_error with the remedy where an
  /// endpoint is not one.
  servers(std::shared_ptr<void>& context, const std::string& endpoints, int hwm);
  ~servers();
  servers(const servers&) = delete;
  servers& operator=(const servers&) = delete;

  std::size_t size() const { return all_.size(); }

  /// False where the message was not taken: no room or no connection. wait() ends when there is.
  bool send(std::size_t to, std::span<const std::uint8_t> envelope, const payload* body = nullptr);
  /// No server took the last message to it.
  bool all_blocked() const;

  /// Waits for a message, a connection, room where send() found none, or `also`, a descriptor of
  /// the caller's that can be read (-1: there is none).
  void wait(long timeout_ms, int also = -1);

  /// What has happened to the connection since last asked.
  connection_watch::events happened(std::size_t to) { return all_[to].watch->happened(); }

  /// As receive_message().
  bool receive(std::size_t from, std::vector<std::uint64_t>& scratch,
               std::span<const std::byte>& envelope, payload& body);

private:
  struct server {
    void* socket = nullptr;
    std::unique_ptr<connection_watch> watch;
    bool blocked = false;
  };
  void close();

  std::vector<server> all_;
};

} // namespace monopod
