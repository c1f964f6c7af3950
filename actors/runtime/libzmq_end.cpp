#include "actors/runtime/libzmq_end.hpp"

#include "actors/runtime/link_profile.hpp"
#include "core/aligned.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace monopod {

namespace {

// LINGER is 0 and ZMQ_CONFLATE is never set (it keeps one part of a message).
zmq::socket_t make_socket(zmq::context_t& context, const link_options& o) {
  const auto p = options_of(o.profile);
  zmq::socket_t socket(context, o.serve ? zmq::socket_type::router : zmq::socket_type::dealer);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, p.send_hwm);
  socket.set(zmq::sockopt::rcvhwm, p.receive_hwm);
  if (o.serve)
    socket.set(zmq::sockopt::router_mandatory, true); // an unknown peer is an error, not silence
  return socket;
}

// The endpoint as libzmq knows it.
std::string for_libzmq(const std::string& endpoint) {
  return endpoint.starts_with(libzmq_scheme) ? endpoint.substr(libzmq_scheme.size()) : endpoint;
}

[[noreturn]] void refuse(bool serve, const std::string& endpoint, const zmq::error_t& why) {
  throw std::runtime_error(std::string("can't ") + (serve ? "bind " : "connect ") + endpoint +
                           ": " + why.what());
}

// libzmq's automatic routing ids are a zero byte and four more; ids that a peer chose itself never
// start with a zero byte.
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

std::span<const std::byte> bytes_of(const zmq::message_t& part) {
  return {part.data<std::byte>(), part.size()};
}

// Repeats a call that a signal interrupted; `ended` is the result if the context is gone.
template <class F, class Result>
Result uninterrupted(F f, Result ended) {
  for (;;) {
    try {
      return f();
    } catch (const zmq::error_t& e) {
      if (e.num() == ETERM)
        return ended;
      if (e.num() != EINTR)
        throw;
    }
  }
}

bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
  return uninterrupted([&] { return socket.recv(part, zmq::recv_flags::dontwait).has_value(); },
                       false);
}

// `part` is a zmq::message_t& or a zmq::const_buffer.
template <class Part>
send_result send_part(zmq::socket_t& socket, Part&& part, bool more) {
  const auto flags =
      more ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
  return uninterrupted(
      [&] {
        try {
          return socket.send(part, flags) ? send_result::sent : send_result::full;
        } catch (const zmq::error_t& e) {
          if (e.num() == EHOSTUNREACH)
            return send_result::unreachable;
          throw;
        }
      },
      send_result::unreachable);
}

} // namespace

libzmq_end::libzmq_end(loop& host, zmq::context_t& zmq_context, const link_options& options,
                       const std::vector<std::string>& endpoints, std::function<bool()> take)
    : socket_(make_socket(zmq_context, options)), serve_(options.serve),
      envelope_limit_bytes_(options.max_envelope_bytes), endpoint_(endpoints.front()) {
  for (const auto& endpoint : endpoints) {
    join(endpoint);
    if (serve_)
      bound_.push_back(endpoint);
  }
  source_ = host.watch_socket(socket_, std::move(take));
}

libzmq_end::~libzmq_end() {
  source_.reset();
  // A socket is closed in the background; a name is free for its next owner only after an explicit
  // unbind, which fails if the context has ended.
  for (const auto& endpoint : bound_)
    zmq_unbind(socket_.handle(), for_libzmq(endpoint).c_str());
}

void libzmq_end::join(const std::string& endpoint) {
  try {
    if (serve_)
      socket_.bind(for_libzmq(endpoint));
    else
      socket_.connect(for_libzmq(endpoint));
  } catch (const zmq::error_t& why) {
    refuse(serve_, endpoint, why);
  }
}

void libzmq_end::reconnect() {
  // Fails if the old pipe is gone already.
  zmq_disconnect(socket_.handle(), for_libzmq(endpoint_).c_str());
  join(endpoint_);
  source_->touch();
}

bool libzmq_end::receive(inbound& in) {
  if (!source_->promising())
    return false;
  if (take(in))
    return true;
  source_->drained();
  return false;
}

bool libzmq_end::take(inbound& in) {
  if (serve_) {
    zmq::message_t id;
    if (!receive_part(socket_, id))
      return false;
    const auto peer = to_peer(bytes_of(id));
    in.peer = peer.value_or(0);
    in.well_formed = peer.has_value() && id.more();
    if (!id.more())
      return true;
  }
  zmq::message_t envelope;
  if (!receive_part(socket_, envelope))
    return false;
  bool more = envelope.more();
  if (more) {
    auto body = std::make_shared<zmq::message_t>();
    if (receive_part(socket_, *body)) {
      more = body->more();
      const auto bytes = bytes_of(*body);
      in.body = payload(std::move(body), bytes);
    }
  }
  while (more) { // a conversation has at most two parts: drop the rest
    in.well_formed = false;
    zmq::message_t rest;
    more = receive_part(socket_, rest) && rest.more();
  }
  const auto bytes = bytes_of(envelope);
  if (bytes.size() > envelope_limit_bytes_)
    in.well_formed = false;
  else // small messages live inside zmq_msg_t
    in.envelope = copy_aligned(bytes, scratch_);
  return true;
}

send_result libzmq_end::send(peer_id peer, std::span<const std::uint8_t> envelope,
                             const payload* body) {
  source_->touch();
  if (serve_) {
    const auto id = to_routing_id(peer);
    if (const auto r = send_part(socket_, zmq::buffer(id), true); r != send_result::sent)
      return r;
  }
  const auto r = send_part(socket_, zmq::buffer(envelope.data(), envelope.size()), body != nullptr);
  if (r != send_result::sent || body == nullptr)
    return r;
  auto* hold = new payload(*body);
  // The bytes are immutable and libzmq does not write to them.
  auto* data = const_cast<std::byte*>(hold->bytes().data());
  zmq::message_t part(
      data, hold->size_bytes(), [](void*, void* hint) { delete static_cast<payload*>(hint); },
      hold);
  return send_part(socket_, part, false);
}

} // namespace monopod
