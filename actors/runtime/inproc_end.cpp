#include "actors/runtime/inproc_end.hpp"

#include "actors/runtime/link_profile.hpp"
#include "core/aligned.hpp"
#include "core/ensure.hpp"

#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace monopod {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + zmq_strerror(zmq_errno()));
}

[[noreturn]] void refuse(bool serve, const std::string& endpoint) {
  fail(std::string("can't ") + (serve ? "bind " : "connect ") + endpoint);
}

void set(void* socket, int option, int value) {
  if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
    fail("zmq_setsockopt " + std::to_string(option));
}

// LINGER is 0 and ZMQ_CONFLATE is never set (it keeps one part of a message).
void configure(void* socket, const link_options& o) {
  const auto p = options_of(o.profile);
  set(socket, ZMQ_LINGER, 0);
  set(socket, ZMQ_SNDHWM, p.send_hwm);
  set(socket, ZMQ_RCVHWM, p.receive_hwm);
  if (o.serve)
    set(socket, ZMQ_ROUTER_MANDATORY, 1); // an unknown peer is an error, not silence
}

// libzmq's automatic routing ids are a zero byte and four more; ids that a peer chose itself never
// start with zero.
constexpr std::size_t routing_id_bytes = 5;

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

void release_payload(void*, void* hint) { delete static_cast<payload*>(hint); }

// A received message part.
struct part {
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

// Repeats a libzmq call that a signal interrupted.
template <class F>
int uninterrupted(F f) {
  int result = f();
  while (result < 0 && zmq_errno() == EINTR)
    result = f();
  return result;
}

} // namespace

inproc_end::inproc_end(loop& host, void* zmq_context, const link_options& options,
                       const std::vector<std::string>& endpoints, std::function<bool()> take)
    : socket_(zmq_socket(zmq_context, options.serve ? ZMQ_ROUTER : ZMQ_DEALER)),
      serve_(options.serve), envelope_limit_bytes_(options.max_envelope_bytes),
      endpoint_(endpoints.front()) {
  if (socket_ == nullptr)
    fail("zmq_socket");
  try {
    configure(socket_, options);
    for (const auto& endpoint : endpoints) {
      if ((serve_ ? zmq_bind : zmq_connect)(socket_, endpoint.c_str()) != 0)
        refuse(serve_, endpoint);
      if (serve_)
        bound_.push_back(endpoint);
    }
  } catch (...) {
    zmq_close(socket_);
    throw;
  }
  source_ = host.watch_socket(socket_, std::move(take));
}

inproc_end::~inproc_end() {
  source_.reset();
  // zmq_close works in the background; a name is free for its next owner only after an explicit
  // unbind.
  for (const auto& endpoint : bound_)
    zmq_unbind(socket_, endpoint.c_str());
  zmq_close(socket_);
}

void inproc_end::reconnect() {
  zmq_disconnect(socket_, endpoint_.c_str()); // fails where the old pipe is gone already
  if (zmq_connect(socket_, endpoint_.c_str()) != 0)
    refuse(serve_, endpoint_);
  source_->touch();
}

bool inproc_end::receive(inbound& in) {
  if (!source_->promising())
    return false;
  if (take(in))
    return true;
  source_->drained();
  return false;
}

bool inproc_end::take(inbound& in) {
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
  if (bytes.size() > envelope_limit_bytes_)
    in.well_formed = false;
  else // small messages live inside zmq_msg_t
    in.envelope = copy_aligned(bytes, scratch_);
  return true;
}

send_result inproc_end::send(peer_id peer, std::span<const std::uint8_t> envelope,
                             const payload* body) {
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
