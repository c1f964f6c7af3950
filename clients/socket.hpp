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

/// Sees when a client socket has connected, and connected again: libzmq does that by itself and
/// says nothing, but whoever had something on its way must say so anew. Used on the socket's
/// thread; ends before the socket is closed.
class connection_watch {
public:
  connection_watch(void* context, void* socket);
  ~connection_watch();
  connection_watch(const connection_watch&) = delete;
  connection_watch& operator=(const connection_watch&) = delete;

  /// Whether the socket has connected since last asked.
  bool connected();

  /// Waits for `events` of the socket, a connection, or `also`, a descriptor of the caller's that
  /// can be read (-1: there is none); returns the socket's events.
  short wait(short events, long timeout_ms, int also = -1);

private:
  void* socket_;
  void* monitor_ = nullptr;
};

/// Takes a message, if there is one: its envelope in `scratch`, aligned and valid until that is
/// used again (empty where it is over limits::envelope_bytes), and its second part.
bool receive_message(void* socket, std::vector<std::uint64_t>& scratch,
                     std::span<const std::byte>& envelope, payload& body);

} // namespace monopod
