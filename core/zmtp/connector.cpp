#include "core/zmtp/connector.hpp"

#include <algorithm>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace monopod::zmtp {

connector::connector(options o)
    : options_(std::move(o)), addresses_(options_.endpoint), retry_ns_(options_.retry_ns) {}

connector::~connector() {
  if (connecting_fd_ >= 0)
    close(connecting_fd_);
}

short connector::events() const {
  if (!connection_)
    return POLLOUT;
  return static_cast<short>(connection_->wants_to_write() ? POLLIN | POLLOUT : POLLIN);
}

std::uint64_t connector::due_ns() const {
  if (fd() < 0)
    return retry_at_ns_;
  return ready() ? UINT64_MAX : begun_ns_ + options_.opening_ns;
}

void connector::tick(std::uint64_t now_ns) {
  if (now_ns < due_ns())
    return;
  if (fd() >= 0)
    ended(now_ns);
  else
    connect(now_ns);
}

void connector::connect(std::uint64_t now_ns) {
  const auto to = addresses_.next(now_ns);
  begun_ns_ = now_ns;
  if (to)
    connecting_fd_ = begin_connect(*to, options_.patience);
  if (connecting_fd_ < 0) {
    ended(now_ns);
    return;
  }
  // A local socket may be connected at once.
  pollfd p{connecting_fd_, POLLOUT, 0};
  if (poll(&p, 1, 0) > 0)
    established(now_ns);
}

void connector::established(std::uint64_t now_ns) {
  if (connect_error(connecting_fd_) != 0) {
    ended(now_ns);
    return;
  }
  connection_.emplace(std::exchange(connecting_fd_, -1), role::dealer, options_.limits,
                      std::exchange(unsent_, {}), options_.first_word);
  if (!connection_->flush())
    ended(now_ns);
}

void connector::ended(std::uint64_t now_ns) {
  if (connecting_fd_ >= 0)
    close(std::exchange(connecting_fd_, -1));
  if (std::exchange(was_ready_, false)) {
    happened_.disconnected = happened_.interrupted = true;
    happened_.connected = false;
  }
  if (connection_ && options_.keeps_unsent)
    unsent_ = connection_->take_unsent();
  connection_.reset();
  left_ = false;
  retry_at_ns_ = now_ns + retry_ns_;
  retry_ns_ = std::min(2 * retry_ns_, options_.retry_max_ns);
}

void connector::read(std::uint64_t now_ns) {
  const auto status = connection_->receive(taken_, {});
  left_ = status == connection::status::more;
  if (!was_ready_ && connection_->ready()) {
    was_ready_ = happened_.connected = true;
    happened_.disconnected = false;
    retry_ns_ = options_.retry_ns;
  }
  if (status == connection::status::ended)
    ended(now_ns);
}

void connector::on_event(short revents, std::uint64_t now_ns) {
  if (connecting_fd_ >= 0 && revents != 0) {
    established(now_ns);
    return;
  }
  if (connection_ && (revents & POLLOUT) != 0 && !connection_->flush())
    ended(now_ns);
  if (connection_ && (revents & ~POLLOUT) != 0 && taken_.empty())
    read(now_ns);
}

bool connector::receive(message& to, std::uint64_t now_ns) {
  if (taken_.empty() && connection_)
    read(now_ns);
  if (taken_.empty())
    return false;
  to = std::move(taken_.front());
  taken_.pop_front();
  return true;
}

send_status connector::send(std::span<const std::uint8_t> envelope, const payload* body) {
  if (connection_ && (connection_->ready() || options_.keeps_unsent))
    return connection_->send(envelope, body, options_.waiting_messages);
  if (!options_.keeps_unsent)
    return send_status::failed;
  if (unsent_.size() >= options_.waiting_messages)
    return send_status::full;
  unsent_.push(envelope, body);
  return send_status::sent;
}

bool connector::has_room() const {
  return ready() && connection_->waiting() < options_.waiting_messages;
}

} // namespace monopod::zmtp
