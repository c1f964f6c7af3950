// A TCP relay that delays what it passes on and limits its rate: a slow network on one machine.
#pragma once

#include "tools/harness/shared_link.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace monopod::harness {

struct relay_options {
  std::string listen = "127.0.0.1:0";     // ADDRESS:PORT; port 0: one that the system chooses
  std::string target = {};                // ADDRESS:PORT
  std::uint32_t there_ms = 0;             // one-way delay towards the target
  std::uint32_t back_ms = 0;              // one-way delay towards the clients
  std::shared_ptr<shared_link> link = {}; // null: without limit. Relays may share one
  /// The most bytes of one direction of a connection that wait. Beyond it, nothing more is read.
  std::size_t waiting_bytes = 1024 * 1024;
};

/// Passes connections on to a target, unchanged and in order, from its constructor to its end, on a
/// thread of its own. It runs in the network namespace of the thread that constructs it. All
/// connections share the link in turns of a few kilobytes. The end of one direction is passed on
/// after its bytes; a connection that breaks, or whose target is not there, is closed. TCP's own
/// handshake is not delayed.
class relay {
public:
  /// Further connections are closed at once.
  static constexpr std::size_t connections_at_most = 1024;

  /// Throws std::runtime_error with the remedy if an address is wrong or can't be listened at.
  explicit relay(const relay_options& o);
  /// Closes all connections.
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  std::uint16_t port() const;

private:
  class server;
  std::unique_ptr<server> server_;
};

} // namespace monopod::harness
