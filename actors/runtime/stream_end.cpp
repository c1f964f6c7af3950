#include "actors/runtime/stream_end.hpp"

#include "actors/runtime/link_profile.hpp"
#include "core/clock.hpp"
#include "core/ensure.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t ns_of(int ms) { return static_cast<std::uint64_t>(ms) * ns_per_ms; }

zmtp::tcp_patience patience_of(const profile_options& p) {
  return {p.probe_ms, p.silence_ms, p.unacknowledged_ms};
}

// An envelope that is a little too long is answered; beyond that, the connection is closed.
zmtp::message_limits limits_of(const link_options& o) {
  return {.envelope_bytes = o.max_envelope_bytes,
          .part_bytes =
              std::max(o.max_envelope_bytes + limits::envelope_bytes, o.max_payload_bytes),
          .body = o.max_payload_bytes > 0};
}

zmtp::server::options serving(const link_options& o, const std::vector<std::string>& endpoints) {
  const auto p = options_of(o.profile);
  const auto per_address =
      o.connections_per_address > 0 ? o.connections_per_address : p.connections_per_address;
  return {.endpoints = endpoints,
          .backlog = p.backlog,
          .patience = patience_of(p),
          .limits = limits_of(o),
          .waiting_messages = static_cast<std::size_t>(p.send_hwm),
          .opening_ns = ns_of(p.opening_ms),
          .first_word_ns = ns_of(limits::first_word_ms),
          .message_ns = ns_of(limits::message_ms),
          .unfinished_bytes = p.unfinished_bytes,
          .connections = o.connections > 0 ? o.connections : p.connections,
          .connections_per_address = per_address,
          .connections_of_this_host = limits::connections_of_this_host,
          .malformed_messages = limits::malformed_messages,
          .first_id = first_stream_peer,
          .refused = o.refused};
}

zmtp::connector::options connecting(const link_options& o, const std::string& endpoint) {
  const auto p = options_of(o.profile);
  return {.endpoint = endpoint,
          .patience = patience_of(p),
          .limits = limits_of(o),
          .waiting_messages = static_cast<std::size_t>(p.send_hwm),
          .keeps_unsent = true,
          .first_word = o.first_word,
          .opening_ns = ns_of(p.opening_ms),
          .retry_ns = ns_of(p.retry_ms),
          .retry_max_ns = ns_of(p.retry_max_ms)};
}

send_result result_of(zmtp::send_status s) {
  switch (s) {
  case zmtp::send_status::sent:
    return send_result::sent;
  case zmtp::send_status::full:
    return send_result::full;
  case zmtp::send_status::failed:
    return send_result::unreachable;
  }
  MONOPOD_ENSURE(false, "send_status");
}

} // namespace

stream_end::stream_end(loop& host, const link_options& options,
                       const std::vector<std::string>& endpoints, std::function<bool()> take)
    : host_(host), tells_sender_(options.profile == link_profile::peer), take_(std::move(take)) {
  if (options.serve) {
    server_.emplace(serving(options, endpoints));
  } else {
    MONOPOD_ENSURE(endpoints.size() == 1, "a connecting link has one endpoint");
    connector_.emplace(connecting(options, endpoints.front()));
    connector_->tick(boottime_ns());
  }
  watch();
  arm();
}

stream_end::~stream_end() { host_.cancel(timer_); }

// The descriptor of a connecting end changes when it connects again.
void stream_end::watch() {
  const int fd = server_ ? server_->fd() : connector_->fd();
  const auto events =
      static_cast<short>(server_ ? POLLIN : connector_->events()) & (reading_ ? ~0 : ~POLLIN);
  if (fd != watched_fd_) {
    source_.reset();
    watched_fd_ = fd;
    if (fd >= 0)
      source_ = host_.watch_fd(fd, static_cast<short>(events), [this](short r) { on_event(r); });
  } else if (source_ != nullptr) {
    source_->set_events(static_cast<short>(events));
  }
}

// A timer that is armed for earlier looks again when it fires: most messages move a time that is
// far away.
void stream_end::arm() {
  const auto due_ns = server_ ? server_->due_ns() : connector_->due_ns();
  if (due_ns >= armed_ns_)
    return;
  host_.cancel(timer_);
  armed_ns_ = due_ns;
  const auto now_ns = boottime_ns();
  timer_ = host_.after(due_ns > now_ns ? due_ns - now_ns : 0, [this] { tick(); });
}

void stream_end::tick() {
  armed_ns_ = UINT64_MAX;
  if (server_)
    server_->tick(boottime_ns());
  else
    connector_->tick(boottime_ns());
  watch();
  arm();
}

void stream_end::on_event(short revents) {
  if (connector_ && revents != 0)
    connector_->on_event(revents, host_.turn_ns());
  const std::weak_ptr<int> alive = alive_;
  const bool more = reading_ && take_();
  if (alive.expired())
    return;
  watch();
  arm();
  if (reading_ && source_ != nullptr &&
      (more || (server_ ? server_->has_more() : connector_->has_more())))
    source_->ready();
}

bool stream_end::receive(inbound& in) {
  const auto now_ns = host_.turn_ns();
  if (server_ ? !server_->receive(current_, now_ns) : !connector_->receive(current_.what, now_ns))
    return false;
  in.peer = current_.from;
  in.envelope = current_.what.envelope();
  in.body = std::move(current_.what.body);
  in.well_formed = current_.what.well_formed;
  if (tells_sender_ && server_) {
    in.address = server_->address(current_.from);
    in.speaker = server_->name(current_.from);
  }
  return true;
}

send_result stream_end::send(peer_id peer, std::span<const std::uint8_t> envelope,
                             const payload* body) {
  if (server_)
    return result_of(server_->send(peer, envelope, body));
  const auto result = result_of(connector_->send(envelope, body));
  watch(); // a connecting end asks for room
  return result;
}

void stream_end::heard(peer_id peer, const std::string& as) {
  if (server_)
    server_->heard(peer, as);
}

void stream_end::blame(peer_id peer) {
  if (server_)
    server_->blame(peer);
}

void stream_end::set_reading(bool on) {
  reading_ = on;
  watch();
  if (on && source_ != nullptr)
    source_->ready();
}

std::vector<std::string> stream_end::bound_endpoints() const {
  return server_ ? server_->endpoints() : std::vector<std::string>{};
}

} // namespace monopod
