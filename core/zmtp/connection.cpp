#include "core/zmtp/connection.hpp"

#include "core/zmtp/frames.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace monopod::zmtp {

namespace {

// A part that lacks fewer bytes than this is not worth a buffer of its own.
constexpr std::size_t direct_bytes = 4096;
constexpr std::size_t answers_waiting_max = 16;

std::span<std::byte> scratch() {
  thread_local std::vector<std::byte> bytes(connection::portion{}.bytes);
  return bytes;
}

} // namespace

connection::connection(int fd, role mine, const message_limits& limits, outgoing unsent,
                       std::span<const std::uint8_t> first_word)
    : fd_(fd), decoder_(mine, limits), outgoing_(std::move(unsent)) {
  outgoing_.open_with(opening(mine), first_word);
}

connection::~connection() { close(fd_); }

// Returns false if the other end broke the protocol or the connection has ended.
bool connection::decode(std::span<const std::byte>& in, std::deque<message>& to,
                        std::size_t messages) {
  const bool was_ready = ready();
  for (const auto enough = to.size() + messages; to.size() < enough;) {
    const auto s = decoder_.next(in);
    if (s == decoder::status::broken)
      return false;
    if (s == decoder::status::message)
      to.push_back(decoder_.take());
    else if (s == decoder::status::pinged && outgoing_.size() < answers_waiting_max)
      outgoing_.push_command(pong(decoder_.context()));
    else if (s == decoder::status::pinged)
      continue; // the other end does not read its answers
    else
      break;
  }
  return (was_ready == ready() && outgoing_.empty()) || flush();
}

connection::status connection::receive(std::deque<message>& to, const portion& most) {
  if (!left_.empty()) {
    auto in = std::span<const std::byte>(left_).subspan(left_at_);
    if (!decode(in, to, most.messages))
      return status::ended;
    left_at_ = left_.size() - in.size();
    if (!in.empty())
      return status::more;
    left_ = {};
    return status::idle;
  }
  auto room = decoder_.room();
  const bool direct = room.size() >= direct_bytes;
  room = room.first(direct ? std::min(room.size(), most.bytes) : 0);
  const auto rest = scratch().first(most.bytes);
  std::array<iovec, 2> pieces{iovec{room.data(), room.size()}, iovec{rest.data(), rest.size()}};
  ssize_t n = 0;
  do
    n = readv(fd_, pieces.data() + (direct ? 0 : 1), direct ? 2 : 1);
  while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return status::idle;
  if (n <= 0)
    return status::ended;
  auto got = static_cast<std::size_t>(n);
  if (direct) {
    const auto there = std::min(got, room.size());
    decoder_.filled(there);
    got -= there;
  }
  std::span<const std::byte> in = rest.first(got);
  if (!decode(in, to, most.messages))
    return status::ended;
  left_.assign(in.begin(), in.end());
  left_at_ = 0;
  return left_.empty() ? status::idle : status::more;
}

bool connection::has_unread() const {
  int bytes = 0;
  return !left_.empty() || (ioctl(fd_, FIONREAD, &bytes) == 0 && bytes > 0);
}

send_status connection::send(std::span<const std::uint8_t> envelope, const payload* body,
                             std::size_t limit) {
  if (ready() && outgoing_.empty())
    return outgoing_.write_message(fd_, envelope, body) == outgoing::status::failed
               ? send_status::failed
               : send_status::sent;
  if (outgoing_.size() >= limit)
    return send_status::full;
  outgoing_.push(envelope, body);
  return send_status::sent;
}

bool connection::flush() { return outgoing_.write(fd_, ready()) != outgoing::status::failed; }

bool connection::wants_to_write() const { return outgoing_.has_due(ready()); }

outgoing connection::take_unsent() {
  auto unsent = std::exchange(outgoing_, {});
  unsent.rewind();
  return unsent;
}

} // namespace monopod::zmtp
