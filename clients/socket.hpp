// What the client libraries share: their ZeroMQ socket and receiving a message of two parts.
#pragma once

#include "core/payload.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// A DEALER socket connected to `server`; `context` is made where it is null. Throws
/// std::runtime_error with the remedy where the endpoint is not one. `hwm`: messages that libzmq
/// queues per direction.
void* open_client_socket(std::shared_ptr<void>& context, const std::string& server, int hwm);

/// Sees when a client socket has connected, connected again, or lost its connection: libzmq does
/// that by itself and says nothing, but whoever had something on its way must say so anew. Used on
/// the socket's thread; ends before the socket is closed.
class connection_watch {
public:
  connection_watch(void* context, void* socket);
  ~connection_watch();
  connection_watch(const connection_watch&) = delete;
  connection_watch& operator=(const connection_watch&) = delete;

  struct events {
    bool connected = false;
    bool disconnected = false; // and not connected again since
    bool interrupted = false;  // a connection ended, maybe followed by another
  };
  /// What has happened since last asked.
  events happened();

  /// A ZeroMQ socket that can be read when something has happened.
  void* monitor() const { return monitor_; }

private:
  void* socket_;
  void* monitor_ = nullptr;
};

/// Takes a message, if there is one: its envelope in `scratch`, aligned and valid until that is
/// used again (empty where it is over limits::envelope_bytes), and its second part.
bool receive_message(void* socket, std::vector<std::uint64_t>& scratch,
                     std::span<const std::byte>& envelope, payload& body);

} // namespace monopod
