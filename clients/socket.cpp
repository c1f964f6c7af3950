#include "clients/socket.hpp"

#include "core/aligned.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <stdexcept>

namespace monopod {

namespace {

void set(void* socket, int option, int value) {
  MONOPOD_ENSURE(zmq_setsockopt(socket, option, &value, sizeof value) == 0, "socket option");
}

// The counterpart of the profiles in actors/link.cpp.
void configure(void* socket, int hwm) {
  set(socket, ZMQ_LINGER, 0);
  set(socket, ZMQ_SNDHWM, hwm);
  set(socket, ZMQ_RCVHWM, hwm);
  set(socket, ZMQ_IMMEDIATE, 1); // what waits for a connection waits with us, not in libzmq
  set(socket, ZMQ_HANDSHAKE_IVL, 5000);
  set(socket, ZMQ_RECONNECT_IVL, 5);       // a stage that failed is back within a few ms
  set(socket, ZMQ_RECONNECT_IVL_MAX, 200); // a node that is back may be primary soon
  set(socket, ZMQ_HEARTBEAT_IVL, 1000);
  set(socket, ZMQ_HEARTBEAT_TIMEOUT, 3000);
  set(socket, ZMQ_TCP_MAXRT, 3000);
}

struct part {
  zmq_msg_t msg;
  part() { zmq_msg_init(&msg); }
  ~part() { zmq_msg_close(&msg); }
  part(const part&) = delete;
  part& operator=(const part&) = delete;
  bool receive(void* socket) {
    while (zmq_msg_recv(&msg, socket, ZMQ_DONTWAIT) < 0)
      if (zmq_errno() != EINTR)
        return false;
    return true;
  }
  bool more() const { return zmq_msg_more(&msg) != 0; }
  std::span<const std::byte> bytes() {
    return {static_cast<const std::byte*>(zmq_msg_data(&msg)), zmq_msg_size(&msg)};
  }
};

} // namespace

void* open_client_socket(std::shared_ptr<void>& context, const std::string& server, int hwm) {
  if (context == nullptr)
    context = std::shared_ptr<void>(zmq_ctx_new(), zmq_ctx_term);
  void* socket = zmq_socket(context.get(), ZMQ_DEALER);
  MONOPOD_ENSURE(socket != nullptr, "zmq_socket");
  configure(socket, hwm);
  if (zmq_connect(socket, server.c_str()) != 0) {
    const std::string why = zmq_strerror(zmq_errno());
    zmq_close(socket);
    throw std::runtime_error("can't connect to " + server + " (" + why +
                             "): give an endpoint like tcp://127.0.0.1:5570");
  }
  return socket;
}

connection_watch::connection_watch(void* context, void* socket) : socket_(socket) {
  const auto address = fmt::format("inproc://monopod-watch-{}", socket);
  monitor_ = zmq_socket(context, ZMQ_PAIR);
  MONOPOD_ENSURE(monitor_ != nullptr, "zmq_socket");
  set(monitor_, ZMQ_LINGER, 0);
  MONOPOD_ENSURE(zmq_socket_monitor(socket, address.c_str(),
                                    ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) == 0 &&
                     zmq_connect(monitor_, address.c_str()) == 0,
                 "socket monitor");
}

connection_watch::~connection_watch() {
  zmq_socket_monitor(socket_, nullptr, 0);
  zmq_close(monitor_);
}

// zmq_socket_monitor(3): an event's first part begins with its number, the second is the endpoint.
connection_watch::events connection_watch::happened() {
  events seen;
  for (part event; event.receive(monitor_);) {
    std::uint16_t number = 0;
    if (!event.more() || event.bytes().size() < sizeof number)
      continue; // an endpoint
    std::memcpy(&number, event.bytes().data(), sizeof number);
    seen.connected = seen.connected || number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    seen.disconnected = number == ZMQ_EVENT_DISCONNECTED;
    seen.interrupted = seen.interrupted || seen.disconnected;
  }
  return seen;
}

bool receive_message(void* socket, std::vector<std::uint64_t>& scratch,
                     std::span<const std::byte>& envelope, payload& body) {
  part first;
  if (!first.receive(socket))
    return false;
  const auto bytes = first.bytes();
  envelope = bytes.size() <= limits::envelope_bytes ? copy_aligned(bytes, scratch)
                                                    : std::span<const std::byte>{};
  body = {};
  for (bool more = first.more(); more;) {
    const auto next = std::make_shared<part>();
    if (!next->receive(socket))
      break;
    more = next->more();
    if (body.empty())
      body = payload(next, next->bytes());
  }
  return true;
}

} // namespace monopod
