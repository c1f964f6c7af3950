#include "core/zmtp/connection.hpp"

#include "core/zmtp/frames.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace monopod::zmtp {

namespace {

// A little over two frames of the usual size, since each read costs a system call.
constexpr std::size_t read_bytes = 64 * 1024;
// A part that lacks fewer bytes than this is not worth a buffer of its own.
constexpr std::size_t direct_bytes = 4096;
constexpr std::size_t answers_waiting_max = 16;

std::span<std::byte> scratch() {
  thread_local std::vector<std::byte> bytes(read_bytes);
  return bytes;
}

} // namespace

connection::connection(int fd, role mine, const message_limits& limits, outgoing unsent)
    : fd_(fd), decoder_(mine, limits), outgoing_(std::move(unsent)) {
  outgoing_.open_with(opening(mine));
}

connection::~connection() { close(fd_); }

// Returns false if the other end broke the protocol or the connection has ended.
bool connection::decode(std::span<const std::byte>& in, std::deque<message>& to, std::size_t most) {
  const bool was_ready = ready();
  for (const auto enough = to.size() + most; to.size() < enough;) {
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

connection::status connection::receive(std::deque<message>& to, std::size_t most) {
  std::span<const std::byte> in = left_;
  if (left_.empty()) {
    const auto room = decoder_.room();
    const bool direct = room.size() >= direct_bytes;
    const auto rest = scratch();
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
    in = rest.first(got);
  }
  if (!decode(in, to, most))
    return status::ended;
  std::vector<std::byte> left(in.begin(), in.end());
  left_.swap(left);
  return left_.empty() ? status::idle : status::more;
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
