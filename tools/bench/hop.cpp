#include "tools/bench/hop.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "programs/limits.hpp"

#include <zmq.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace monopod {

namespace {

using tcp_header = std::array<std::uint32_t, 2>; // the sizes of envelope and body

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// The arrivals that a sink counts and times.
class arrivals {
public:
  void add(const void* envelope) {
    last_ns_ = realtime_ns();
    if (count_++ == 0)
      first_ns_ = last_ns_;
    std::uint64_t sent_ns = 0;
    std::memcpy(&sent_ns, envelope, sizeof sent_ns);
    if (latency_us_.size() < limits::hop_samples)
      latency_us_.push_back(static_cast<double>(last_ns_ - sent_ns) * 1e-3);
  }
  void print() const {
    std::printf("%llu %.9f\n", static_cast<unsigned long long>(count_),
                static_cast<double>(last_ns_ - first_ns_) * 1e-9);
    for (const auto us : latency_us_)
      std::printf("%.3f\n", us);
  }

private:
  std::uint64_t count_ = 0;
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
  std::vector<double> latency_us_;
};

void announce(std::uint16_t port) {
  std::printf("%u\n", port);
  std::fflush(stdout);
}

bool receive_all(int fd, void* to, std::size_t bytes) {
  return recv(fd, to, bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
}

void tcp_sink(arrivals& seen) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  MONOPOD_ENSURE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     listen(listener, 1) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0,
                 "a port for the sink");
  announce(ntohs(address.sin_port));
  const int fd = accept(listener, nullptr, nullptr);
  tcp_header header{};
  std::vector<std::byte> message;
  while (receive_all(fd, header.data(), sizeof header)) {
    message.resize(std::size_t{header[0]} + header[1]);
    if (!receive_all(fd, message.data(), message.size()))
      break;
    seen.add(message.data());
  }
  close(fd);
  close(listener);
}

void zmq_sink(arrivals& seen) {
  zmq::context_t context;
  zmq::socket_t socket(context, zmq::socket_type::pull);
  socket.bind("tcp://127.0.0.1:*");
  const auto endpoint = socket.get(zmq::sockopt::last_endpoint);
  announce(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  zmq::message_t envelope;
  zmq::message_t body;
  // An envelope without a body is the end.
  while (socket.recv(envelope) && envelope.more() && socket.recv(body))
    seen.add(envelope.data());
}

} // namespace

struct hop_connection {
  virtual ~hop_connection() = default;
  virtual void send(hop_message& m) = 0;
  virtual void end() = 0;
};

namespace {

class tcp_connection final : public hop_connection {
public:
  explicit tcp_connection(std::uint16_t port)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = loopback(port);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no connection to the TCP sink");
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~tcp_connection() override { close(fd_); }

  void send(hop_message& m) override {
    const auto bytes = m.body.bytes();
    tcp_header header{static_cast<std::uint32_t>(m.envelope.size()),
                      static_cast<std::uint32_t>(bytes.size())};
    std::array<iovec, 3> parts{{{header.data(), sizeof header},
                                {m.envelope.data(), m.envelope.size()},
                                {const_cast<std::byte*>(bytes.data()), bytes.size()}}};
    const auto all = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
    // The write blocks: the kernel's buffer takes a whole message.
    MONOPOD_ENSURE(writev(fd_, parts.data(), parts.size()) == static_cast<ssize_t>(all), "writev");
  }
  void end() override { shutdown(fd_, SHUT_WR); }

private:
  int fd_;
};

class zmq_connection final : public hop_connection {
public:
  explicit zmq_connection(std::uint16_t port) : socket_(context_, zmq::socket_type::push) {
    socket_.connect("tcp://127.0.0.1:" + std::to_string(port));
  }

  // Sends as the camera library does: the envelope is copied, the body is not.
  void send(hop_message& m) override {
    socket_.send(zmq::buffer(m.envelope), zmq::send_flags::sndmore);
    auto* hold = new payload(m.body);
    zmq::message_t part(
        const_cast<std::byte*>(hold->bytes().data()), hold->size_bytes(),
        [](void*, void* hint) { delete static_cast<payload*>(hint); }, hold);
    socket_.send(part, zmq::send_flags::none);
  }
  void end() override { socket_.send(zmq::message_t(), zmq::send_flags::none); }

private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

} // namespace

hop::hop(const std::string& program, hop_kind kind) {
  const auto output = directory_.path() / "output";
  sink_ = std::make_unique<harness::process>(
      std::vector<std::string>{program, "sink", kind == hop_kind::tcp ? "tcp" : "zmq"}, output);
  if (!harness::eventually([&] { return harness::read_file(output).ends_with('\n'); }))
    throw std::runtime_error("the sink does not start: " + harness::read_file(output));
  const auto port = static_cast<std::uint16_t>(std::stoi(harness::read_file(output)));
  if (kind == hop_kind::tcp)
    connection_ = std::make_unique<tcp_connection>(port);
  else
    connection_ = std::make_unique<zmq_connection>(port);
}

hop::~hop() = default;

void hop::send(hop_message& message) {
  const auto now_ns = realtime_ns();
  std::memcpy(message.envelope.data(), &now_ns, sizeof now_ns);
  connection_->send(message);
}

hop::result hop::finish() {
  connection_->end();
  if (sink_->wait(std::chrono::seconds(30)) != 0)
    throw std::runtime_error("the sink failed");
  std::istringstream lines(harness::read_file(directory_.path() / "output"));
  std::uint64_t port = 0;
  result r;
  lines >> port >> r.messages >> r.seconds;
  for (double us = 0; lines >> us;)
    r.latency_us.push_back(us);
  return r;
}

int run_sink(hop_kind kind) {
  arrivals seen;
  kind == hop_kind::tcp ? tcp_sink(seen) : zmq_sink(seen);
  seen.print();
  return 0;
}

} // namespace monopod
