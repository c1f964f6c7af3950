#include "tests/fault/strangers.hpp"

#include "core/clock.hpp"
#include "tools/harness/process.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <random>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace monopod::fault {

namespace {

// The start of a ZMTP greeting: signature and major version.
const std::string greeting_start{"\xff\0\0\0\0\0\0\0\1\x7f\3", 11};

std::string noise(std::size_t bytes, std::minstd_rand& random) {
  std::string text(bytes, '\0');
  std::ranges::generate(text, [&random] { return static_cast<char>(random()); });
  return text;
}

// ZMTP 3.0 (rfc.zeromq.org/spec/23) of a DEALER up to READY, then a message of 2 MB announced, of
// which bytes come one by one.
std::string slow_message() {
  std::string all =
      greeting_start + '\0' + "NULL" + std::string(16, '\0') + '\0' + std::string(31, '\0');
  const std::string ready = std::string("\5READY\13Socket-Type\0\0\0\6DEALER", 28);
  all += '\4';
  all += static_cast<char>(ready.size());
  all += ready;
  all += std::string("\2\0\0\0\0\0\x1f\0\0", 9); // long frame, 2,031,616 bytes
  return all;
}

} // namespace

int connect_raw(const std::string& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  return fd;
}

bool closed_by_peer(int fd) {
  char answers[4096];
  const auto got = recv(fd, answers, sizeof answers, MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

std::size_t raise_descriptor_limit() {
  rlimit now{};
  getrlimit(RLIMIT_NOFILE, &now);
  now.rlim_cur = now.rlim_max;
  setrlimit(RLIMIT_NOFILE, &now);
  return now.rlim_cur;
}

void set_descriptor_limit(std::size_t files) {
  rlimit now{};
  getrlimit(RLIMIT_NOFILE, &now);
  now.rlim_cur = std::min<rlim_t>(files, now.rlim_max);
  setrlimit(RLIMIT_NOFILE, &now);
}

silent_connections::silent_connections(const std::string& endpoint, std::size_t count)
    : endpoint_(endpoint) {
  descriptors_.reserve(count);
  while (descriptors_.size() < count) {
    const int fd = connect_raw(endpoint_);
    if (fd < 0)
      return;
    // Every other one begins as a camera would.
    if (descriptors_.size() % 2 == 1)
      send(fd, greeting_start.data(), greeting_start.size(), MSG_NOSIGNAL);
    descriptors_.push_back(fd);
    if (descriptors_.size() % 100 == 0)
      harness::pause_ms(5); // the kernel holds some hundred for accept
  }
}

silent_connections::~silent_connections() {
  for (const int fd : descriptors_)
    close(fd);
}

std::size_t silent_connections::again() {
  std::size_t count = 0;
  for (auto& fd : descriptors_)
    if (closed_by_peer(fd)) {
      const int fresh = connect_raw(endpoint_);
      if (fresh < 0)
        continue;
      close(std::exchange(fd, fresh));
      if (++count % 100 == 0)
        harness::pause_ms(5);
    }
  return count;
}

// Bytes into one connection, one at a time; from the start again when the pod has closed it.
struct nuisance::trickle {
  std::string endpoint;
  std::string script; // after it: noise
  int fd = -1;
  std::size_t at = 0;

  trickle(std::string to, std::string say) : endpoint(std::move(to)), script(std::move(say)) {}
  ~trickle() { close_it(); }
  trickle(const trickle&) = delete;
  trickle& operator=(const trickle&) = delete;
  void close_it() {
    if (fd >= 0)
      close(std::exchange(fd, -1));
    at = 0;
  }
  bool drip() {
    if (fd >= 0) {
      char answer[64];
      while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0) {
      }
    }
    if (fd < 0 && (fd = connect_raw(endpoint)) < 0)
      return false;
    const char byte = at < script.size() ? script[at] : 'x';
    if (send(fd, &byte, 1, MSG_NOSIGNAL) == 1) {
      ++at;
      return true;
    }
    if (errno != EAGAIN && errno != EINPROGRESS)
      close_it();
    return false;
  }
};

nuisance::nuisance(std::string cameras, std::string applications, std::string taken,
                   std::size_t max_frame_bytes)
    : cameras_(std::move(cameras)), applications_(std::move(applications)),
      taken_(std::move(taken)), max_frame_bytes_(max_frame_bytes), thread_([this] { run(); }) {}

nuisance::~nuisance() {
  stopping_ = true;
  thread_.join();
}

void nuisance::run() {
  std::minstd_rand random(1);
  std::vector<std::unique_ptr<trickle>> trickles;
  constexpr int count = 64;
  trickles.reserve(count);
  for (int i = 0; i < count; ++i)
    trickles.push_back(std::make_unique<trickle>(i % 2 == 0 ? cameras_ : applications_,
                                                 i % 4 < 2 ? slow_message() : std::string{}));
  const auto picture = [](std::size_t bytes) {
    const auto data = std::make_shared<std::vector<std::byte>>(bytes);
    return payload(data, *data);
  };
  const auto full = picture(max_frame_bytes_);
  const auto over = picture(max_frame_bytes_ + 1);
  camera_connection thief({.server = cameras_, .client = "thief", .window = {}});
  auto& claims = thief.open(taken_);
  camera_connection heavy_connection({.server = cameras_, .client = "heavy", .window = {}});
  auto& heavy = heavy_connection.open("heavy");
  // They take frames and never answer, so they never give credit back.
  app_connection latest({.server = applications_,
                         .app = "mute-latest",
                         .policy = wire::Policy::Latest,
                         .credit = 16});
  app_connection bounded({.server = applications_,
                          .app = "mute-bounded",
                          .policy = wire::Policy::Bounded,
                          .bound = 64,
                          .credit = 16});
  for (std::uint64_t turn = 0; !stopping_; ++turn) {
    thief.poll(0);
    name_taken_ = claims.stats().refusals[static_cast<std::size_t>(wire::RefuseReason::NameTaken)];
    if (turn % 10 == 0)
      heavy.publish(turn % 50 == 0 ? over : full, realtime_ns(), 0, 0);
    heavy_connection.poll(0);
    at_limit_ = heavy.stats().acknowledged;
    too_large_ = heavy.stats().refused;
    for (auto* mute : {&latest, &bounded})
      unanswered_ += mute->next(0).has_value() ? 1 : 0;
    for (auto& t : trickles)
      trickled_ += t->drip() ? 1 : 0;
    const int fd = connect_raw(turn % 2 == 0 ? cameras_ : applications_);
    const auto garbage = noise(4096, random);
    harness::pause_ms(20);
    send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    close(fd);
  }
}

} // namespace monopod::fault
