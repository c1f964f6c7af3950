#include "actors/link.hpp"

#include "core/aligned.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace monopod {

namespace {

struct profile_options {
  int send_hwm;
  int receive_hwm;
  int mandatory;    // ROUTER: an unknown peer is an error, not silence
  int handshake_ms; // a connection that says nothing is closed
  int heartbeat_ms; // ZMTP pings find dead links; libzmq answers them, so they say nothing about a
                    // stage
  int heartbeat_timeout_ms;
  int unacknowledged_ms; // TCP gives a connection up where sent bytes are not acknowledged for this
  int reconnect_ms;
  int reconnect_max_ms;
  int backlog; // connections that the kernel holds for accept
};

// The one table of socket options. LINGER is 0 and ZMQ_CONFLATE is never set (it keeps one part of
// a message).
constexpr profile_options options_of(link_profile p) {
  switch (p) {
  case link_profile::camera:
    return {limits::camera_send_hwm, limits::link_hwm, 1, 5000, 2000, 6000, 6000, 20, 1000, 1024};
  case link_profile::link:
    return {limits::link_hwm, limits::link_hwm, 1, 5000, 1000, 3000, 3000, 10, 500, 64};
  case link_profile::app:
    return {limits::app_hwm, limits::link_hwm, 1, 5000, 1000, 3000, 3000, 10, 1000, 256};
  case link_profile::peer: // a node that comes back is heard within a lease; beats are heartbeats
    return {limits::peer_hwm, limits::peer_hwm, 1, 1000, 5000, 15000, 1500, 10, 50, 64};
  }
  MONOPOD_ENSURE(false, "link profile");
}

// What waits between two links of one loop: as much as libzmq's pipes hold inproc,
// zmq_setsockopt(3).
std::size_t local_limit(link_profile p) {
  return static_cast<std::size_t>(options_of(p).send_hwm + options_of(p).receive_hwm);
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + zmq_strerror(zmq_errno()));
}

[[noreturn]] void refuse_endpoint(bool serve, const std::string& endpoint) {
  const bool taken = zmq_errno() == EADDRINUSE;
  throw std::runtime_error(std::string("can't ") + (serve ? "bind " : "connect ") + endpoint +
                           ": " + zmq_strerror(zmq_errno()) + "; " +
                           (taken ? "stop the process that has it, or " : "") +
                           "set another endpoint (gateway.listen, link.*)");
}

void set(void* socket, int option, int value) {
  if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
    fail("zmq_setsockopt " + std::to_string(option));
}

void configure(void* socket, const link_options& o) {
  const auto t = options_of(o.profile);
  set(socket, ZMQ_LINGER, 0);
  set(socket, ZMQ_SNDHWM, t.send_hwm);
  set(socket, ZMQ_RCVHWM, t.receive_hwm);
  set(socket, ZMQ_HANDSHAKE_IVL, t.handshake_ms);
  set(socket, ZMQ_HEARTBEAT_IVL, t.heartbeat_ms);
  set(socket, ZMQ_HEARTBEAT_TIMEOUT, t.heartbeat_timeout_ms);
  set(socket, ZMQ_TCP_MAXRT, t.unacknowledged_ms);
  set(socket, ZMQ_BACKLOG, t.backlog);
  if (o.serve) {
    set(socket, ZMQ_ROUTER_MANDATORY, t.mandatory);
  } else {
    set(socket, ZMQ_RECONNECT_IVL, t.reconnect_ms);
    set(socket, ZMQ_RECONNECT_IVL_MAX, t.reconnect_max_ms);
  }
  const auto largest = static_cast<std::int64_t>(o.max_payload_bytes > 0 ? o.max_payload_bytes
                                                                         : limits::frame_bytes);
  if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0)
    fail("ZMQ_MAXMSGSIZE");
}

// libzmq's automatic routing ids are a zero byte and four more; ids that a peer chose itself never
// start with zero.
constexpr std::size_t routing_id_bytes = 5;

// Above all that a routing id can say.
constexpr peer_id first_local_peer = peer_id{1} << 32;

std::optional<peer_id> to_peer(std::span<const std::byte> id) {
  if (id.size() != routing_id_bytes || id[0] != std::byte{0})
    return std::nullopt;
  std::uint32_t number = 0;
  std::memcpy(&number, id.data() + 1, sizeof number);
  return number;
}

std::array<std::byte, routing_id_bytes> to_routing_id(peer_id peer) {
  std::array<std::byte, routing_id_bytes> id{};
  const auto number = static_cast<std::uint32_t>(peer);
  std::memcpy(id.data() + 1, &number, sizeof number);
  return id;
}

std::string last_endpoint(void* socket) {
  std::array<char, 256> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0)
    fail("ZMQ_LAST_ENDPOINT");
  return text.data();
}

void release_payload(void*, void* hint) { delete static_cast<payload*>(hint); }

} // namespace

// A received message part.
struct link::part {
  zmq_msg_t msg;
  part() { zmq_msg_init(&msg); }
  ~part() { zmq_msg_close(&msg); }
  part(const part&) = delete;
  part& operator=(const part&) = delete;

  bool receive(void* socket) {
    while (zmq_msg_recv(&msg, socket, ZMQ_DONTWAIT) < 0) {
      if (zmq_errno() == EINTR)
        continue;
      MONOPOD_ENSURE(zmq_errno() == EAGAIN || zmq_errno() == ETERM, "zmq_msg_recv");
      return false;
    }
    return true;
  }
  bool more() const { return zmq_msg_more(&msg) != 0; }
  std::span<const std::byte> bytes() {
    return {static_cast<const std::byte*>(zmq_msg_data(&msg)), zmq_msg_size(&msg)};
  }
};

link::link(loop& host, void* zmq_context, const link_options& options,
           std::function<bool(link&)> on_ready)
    : host_(host), socket_(zmq_socket(zmq_context, options.serve ? ZMQ_ROUTER : ZMQ_DEALER)),
      serve_(options.serve), tells_address_(options.profile == link_profile::peer),
      envelope_limit_bytes_(options.max_envelope_bytes), send_limit_(local_limit(options.profile)),
      endpoint_(options.endpoints.front()), newest_local_(first_local_peer) {
  if (socket_ == nullptr)
    fail("zmq_socket");
  try {
    configure(socket_, options);
    for (const auto& endpoint : options.endpoints) {
      if ((serve_ ? zmq_bind : zmq_connect)(socket_, endpoint.c_str()) != 0)
        refuse_endpoint(serve_, endpoint);
      if (serve_)
        bound_.push_back(last_endpoint(socket_));
    }
  } catch (...) {
    zmq_close(socket_);
    throw;
  }
  for (const auto& endpoint : bound_)
    if (endpoint.starts_with("inproc://"))
      host_.local_servers()[endpoint] = this;
  source_ = host.watch_socket(socket_, [this, f = std::move(on_ready)] { return f(*this); });
}

link::~link() {
  source_.reset();
  if (server_ != nullptr && server_->server != nullptr)
    server_->server->clients_.erase(server_->peer);
  for (const auto& [peer, pipe] : clients_)
    pipe->server = nullptr;
  for (const auto& endpoint : bound_)
    host_.local_servers().erase(endpoint);
  // zmq_close works in the background; a name is free for its next owner only after an explicit
  // unbind.
  for (const auto& endpoint : bound_)
    zmq_unbind(socket_, endpoint.c_str());
  zmq_close(socket_);
}

void link::reconnect() {
  if (find_local_server() || !endpoint_.starts_with("inproc://"))
    return;
  zmq_disconnect(socket_, endpoint_.c_str()); // fails where the old pipe is gone already
  if (zmq_connect(socket_, endpoint_.c_str()) != 0)
    refuse_endpoint(serve_, endpoint_);
  source_->touch();
}

bool link::take_from(local_queue& from, inbound& in) {
  current_ = from.pop();
  in.envelope = std::as_bytes(std::span(current_.envelope));
  in.body = std::move(current_.body);
  in.well_formed = in.envelope.size() <= envelope_limit_bytes_;
  return true;
}

// The clients take turns.
bool link::receive_local(inbound& in) {
  if (server_ != nullptr)
    return !server_->to_client.empty() && take_from(server_->to_client, in);
  auto at = clients_.upper_bound(last_served_);
  for (std::size_t i = 0; i < clients_.size(); ++i, ++at) {
    if (at == clients_.end())
      at = clients_.begin();
    if (at->second->to_server.empty())
      continue;
    in.peer = last_served_ = at->first;
    return take_from(at->second->to_server, in);
  }
  return false;
}

bool link::receive_one(inbound& in) {
  if (receive_local(in))
    return true;
  if (serve_) {
    part id;
    if (!id.receive(socket_))
      return false;
    const auto peer = to_peer(id.bytes());
    in.peer = peer.value_or(0);
    in.well_formed = peer.has_value() && id.more();
    if (!id.more())
      return true;
  }
  part envelope;
  if (!envelope.receive(socket_))
    return false;
  if (const char* address = tells_address_ ? zmq_msg_gets(&envelope.msg, "Peer-Address") : nullptr)
    in.address = address;
  bool more = envelope.more();
  if (more) {
    auto body = std::make_shared<part>();
    if (body->receive(socket_)) {
      more = body->more();
      const auto bytes = body->bytes();
      in.body = payload(std::move(body), bytes);
    }
  }
  while (more) { // a conversation has at most two parts: drop the rest
    in.well_formed = false;
    part rest;
    more = rest.receive(socket_) && rest.more();
  }
  const auto bytes = envelope.bytes();
  if (bytes.size() > envelope_limit_bytes_) {
    in.well_formed = false;
  } else {
    // Small messages live inside zmq_msg_t or a decoder's buffer.
    in.envelope = copy_aligned(bytes, scratch_);
  }
  return true;
}

bool link::receive_some(const std::function<void(inbound&)>& take) {
  for (int i = 0; i < limits::messages_per_turn; ++i) {
    inbound in;
    if (!receive_one(in))
      return false;
    take(in);
  }
  return true;
}

namespace {

// Repeats a libzmq call that a signal interrupted.
template <class F>
int uninterrupted(F f) {
  int result = f();
  while (result < 0 && zmq_errno() == EINTR)
    result = f();
  return result;
}

} // namespace

// Whether the server of this connecting link is on the same loop; joins them then. Looked up again
// after a server has gone: its successor registers under the same name.
bool link::find_local_server() {
  if (server_ != nullptr && server_->server != nullptr)
    return true;
  server_.reset();
  const auto known = host_.local_servers().find(endpoint_);
  if (known == host_.local_servers().end())
    return false;
  server_ = std::make_shared<local_pipe>();
  server_->client = this;
  server_->server = known->second;
  server_->peer = ++known->second->newest_local_;
  known->second->clients_[server_->peer] = server_;
  return true;
}

send_result link::send_local(local_queue& to, link* receiver,
                             std::span<const std::uint8_t> envelope, const payload* body) {
  if (!to.push(envelope, body, send_limit_))
    return send_result::full;
  receiver->source_->ready();
  return send_result::sent;
}

send_result link::send(peer_id peer, std::span<const std::uint8_t> envelope, const payload* body) {
  if (serve_ && peer >= first_local_peer) {
    const auto known = clients_.find(peer);
    return known == clients_.end()
               ? send_result::unreachable
               : send_local(known->second->to_client, known->second->client, envelope, body);
  }
  if (!serve_ && find_local_server())
    return send_local(server_->to_server, server_->server, envelope, body);
  source_->touch();
  const auto failure = [] {
    const auto e = zmq_errno();
    MONOPOD_ENSURE(e == EAGAIN || e == EHOSTUNREACH || e == ETERM, "zmq_send");
    return e == EAGAIN ? send_result::full : send_result::unreachable;
  };
  if (serve_) {
    const auto id = to_routing_id(peer);
    if (uninterrupted([&] {
          return zmq_send(socket_, id.data(), id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT);
        }) < 0)
      return failure();
  }
  const int more = body != nullptr ? ZMQ_SNDMORE : 0;
  if (uninterrupted([&] {
        return zmq_send(socket_, envelope.data(), envelope.size(), more | ZMQ_DONTWAIT);
      }) < 0)
    return failure();
  if (body == nullptr)
    return send_result::sent;
  auto* hold = new payload(*body);
  zmq_msg_t msg;
  // The bytes are immutable and libzmq does not write to them.
  auto* data = const_cast<std::byte*>(hold->bytes().data());
  zmq_msg_init_data(&msg, data, hold->size_bytes(), release_payload, hold);
  if (uninterrupted([&] { return zmq_msg_send(&msg, socket_, ZMQ_DONTWAIT); }) < 0) {
    const auto result = failure();
    zmq_msg_close(&msg);
    return result;
  }
  return send_result::sent;
}

} // namespace monopod
