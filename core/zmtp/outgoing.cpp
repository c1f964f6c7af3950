#include "core/zmtp/outgoing.hpp"

#include "core/ensure.hpp"
#include "core/zmtp/frames.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace monopod::zmtp {

namespace {

constexpr std::size_t pieces_max = 64; // in one system call

// How many bytes the kernel took: 0 if it has no room, -1 if the connection has ended.
ssize_t send_pieces(int fd, std::span<iovec> pieces) {
  msghdr m{};
  m.msg_iov = pieces.data();
  m.msg_iovlen = pieces.size();
  ssize_t n = 0;
  do
    n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) ? 0 : n;
}

iovec piece(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()}; // sendmsg(2) only reads
}

} // namespace

void outgoing::frame(std::span<const std::uint8_t> envelope, const payload* body,
                     std::vector<std::byte>& head) const {
  head.clear();
  append_header(head, envelope.size(), body != nullptr ? flag::more : 0);
  const auto bytes = std::as_bytes(envelope);
  head.insert(head.end(), bytes.begin(), bytes.end());
  if (body != nullptr)
    append_header(head, body->size_bytes(), 0);
}

void outgoing::open_with(std::vector<std::byte> bytes, std::span<const std::uint8_t> first_word) {
  if (!first_word.empty()) {
    std::vector<std::byte> message;
    frame(first_word, nullptr, message);
    items_.push_front({kind::command, std::move(message), {}}); // which rewind() forgets
  }
  items_.push_front({kind::opening, std::move(bytes), {}});
}

void outgoing::push_command(std::vector<std::byte> bytes) {
  items_.push_back({kind::command, std::move(bytes), {}});
}

void outgoing::push(std::span<const std::uint8_t> envelope, const payload* body) {
  auto& added = items_.emplace_back();
  frame(envelope, body, added.head);
  if (body != nullptr)
    added.body = *body;
}

outgoing::status outgoing::write_message(int fd, std::span<const std::uint8_t> envelope,
                                         const payload* body) {
  MONOPOD_ENSURE(items_.empty(), "messages stay in order");
  frame(envelope, body, head_);
  std::array<iovec, 2> pieces{piece(head_)};
  if (body != nullptr)
    pieces[1] = piece(body->bytes());
  const auto n = send_pieces(fd, std::span(pieces).first(body != nullptr ? 2 : 1));
  if (n < 0)
    return status::failed;
  const auto taken = static_cast<std::size_t>(n);
  if (taken == head_.size() + (body != nullptr ? body->size_bytes() : 0))
    return status::done;
  items_.push_back({kind::message, head_, body != nullptr ? *body : payload{}});
  front_done_ = taken;
  return status::waiting;
}

outgoing::status outgoing::write(int fd, bool opened) {
  while (!items_.empty() && (opened || items_.front().what == kind::opening)) {
    std::array<iovec, pieces_max> pieces{};
    std::size_t count = 0;
    std::size_t offered = 0;
    auto skip = front_done_;
    for (const auto& i : items_) {
      if (count + 2 > pieces.size() || (!opened && i.what != kind::opening))
        break;
      for (const auto bytes : {std::span<const std::byte>(i.head), i.body.bytes()}) {
        const auto left = bytes.subspan(std::min(skip, bytes.size()));
        skip -= bytes.size() - left.size();
        if (!left.empty())
          pieces[count++] = piece(left);
        offered += left.size();
      }
    }
    const auto n = send_pieces(fd, std::span(pieces).first(count));
    if (n < 0)
      return status::failed;
    written(static_cast<std::size_t>(n));
    if (static_cast<std::size_t>(n) < offered)
      return status::waiting;
  }
  return status::done;
}

void outgoing::written(std::size_t bytes) {
  bytes += std::exchange(front_done_, 0);
  while (!items_.empty() && bytes >= items_.front().size_bytes()) {
    bytes -= items_.front().size_bytes();
    items_.pop_front();
  }
  front_done_ = bytes;
}

void outgoing::rewind() {
  front_done_ = 0;
  std::erase_if(items_, [](const item& i) { return i.what != kind::message; });
}

} // namespace monopod::zmtp
