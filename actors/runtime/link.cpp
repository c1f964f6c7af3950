#include "actors/runtime/link.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace monopod {

namespace {

// How many messages may wait between two links of one loop: as many as libzmq's pipes hold inproc
// (zmq_setsockopt(3)).
std::size_t local_limit(link_profile p) {
  return static_cast<std::size_t>(options_of(p).send_hwm + options_of(p).receive_hwm);
}

} // namespace

link::link(loop& host, zmq::context_t& zmq_context, const link_options& options,
           std::function<bool(link&)> on_ready)
    : host_(host), serve_(options.serve), envelope_limit_bytes_(options.max_envelope_bytes),
      send_limit_(local_limit(options.profile)), endpoint_(options.endpoints.front()),
      newest_local_(first_local_peer) {
  std::vector<std::string> by_libzmq;
  std::vector<std::string> streams;
  for (const auto& endpoint : options.endpoints)
    (zmtp::is_stream_endpoint(endpoint) ? streams : by_libzmq).push_back(endpoint);
  const std::function<bool()> take = [this, f = std::move(on_ready)] { return f(*this); };
  if (!by_libzmq.empty())
    libzmq_.emplace(host, zmq_context, options, by_libzmq, take);
  if (!streams.empty())
    open_streams(options, streams, take);
  if (serve_)
    name_bound(options.endpoints);
  for (const auto& endpoint : by_libzmq)
    if (serve_)
      host_.local_servers()[endpoint] = this;
}

void link::open_streams(const link_options& options, const std::vector<std::string>& endpoints,
                        std::function<bool()> take) {
  try {
    stream_.emplace(host_, options, endpoints, std::move(take));
  } catch (const std::system_error& why) {
    const bool taken = why.code().value() == EADDRINUSE;
    throw std::runtime_error("can't bind " + std::string(why.what()) + "; " +
                             (taken ? "stop the process that has it, or " : "") +
                             "set another endpoint (gateway.listen, link.*)");
  } catch (const std::invalid_argument& why) {
    throw std::runtime_error("can't connect to " + endpoint_ + ": " + why.what());
  }
}

// bound_ keeps the order in which the endpoints were asked for.
void link::name_bound(const std::vector<std::string>& endpoints) {
  const auto streams = stream_ ? stream_->bound_endpoints() : std::vector<std::string>{};
  auto next = streams.begin();
  for (const auto& endpoint : endpoints)
    bound_.push_back(zmtp::is_stream_endpoint(endpoint) ? *next++ : endpoint);
}

link::~link() {
  if (server_ != nullptr && server_->server != nullptr)
    server_->server->clients_.erase(server_->peer);
  for (const auto& [peer, pipe] : clients_)
    pipe->server = nullptr;
  for (const auto& endpoint : bound_)
    host_.local_servers().erase(endpoint);
}

void link::reconnect() {
  if (libzmq_ && !find_local_server())
    libzmq_->reconnect();
}

void link::heard(peer_id peer, const std::string& as) {
  if (stream_)
    stream_->heard(peer, as);
}

void link::blame(peer_id peer) {
  if (stream_)
    stream_->blame(peer);
}

void link::set_reading(bool on) {
  if (libzmq_)
    libzmq_->set_reading(on);
  if (stream_)
    stream_->set_reading(on);
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

bool link::receive_some(const std::function<void(inbound&)>& take) {
  for (int i = 0; i < limits::messages_per_turn; ++i) {
    inbound in;
    if (!receive_local(in) && !(libzmq_ && libzmq_->receive(in)) &&
        !(stream_ && stream_->receive(in)))
      return false;
    take(in);
  }
  return true;
}

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
  receiver->libzmq_->ready();
  return send_result::sent;
}

send_result link::send(peer_id peer, std::span<const std::uint8_t> envelope, const payload* body) {
  if (!serve_ && stream_)
    return stream_->send(0, envelope, body);
  if (!serve_)
    return find_local_server() ? send_local(server_->to_server, server_->server, envelope, body)
                               : libzmq_->send(0, envelope, body);
  if (peer >= first_stream_peer)
    return stream_ ? stream_->send(peer, envelope, body) : send_result::unreachable;
  if (peer >= first_local_peer) {
    const auto known = clients_.find(peer);
    return known == clients_.end()
               ? send_result::unreachable
               : send_local(known->second->to_client, known->second->client, envelope, body);
  }
  return libzmq_ ? libzmq_->send(peer, envelope, body) : send_result::unreachable;
}

} // namespace monopod
