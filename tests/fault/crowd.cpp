#include "tests/fault/crowd.hpp"

#include "core/zmtp/frames.hpp"
#include "tests/fault/strangers.hpp"
#include "tools/harness/process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace monopod::fault {

namespace {

constexpr int opened_at_once = 100; // the kernel holds some hundred for accept

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

std::string zmtp_opening() { return text_of(zmtp::opening(zmtp::role::dealer)); }

std::string zmtp_header(std::size_t bytes, bool more) {
  std::vector<std::byte> header;
  zmtp::append_header(header, bytes, more ? zmtp::flag::more : 0);
  return text_of(header);
}

std::string zmtp_message(const std::vector<std::uint8_t>& bytes) {
  return zmtp_header(bytes.size()) + std::string(bytes.begin(), bytes.end());
}

crowd::crowd(std::vector<crowd_kind> kinds) : kinds_(std::move(kinds)) {
  for (const auto& k : kinds_)
    all_.insert(all_.end(), k.count, one{.kind = &k});
  thread_ = std::thread([this] { run(); });
}

crowd::~crowd() {
  stopping_ = true;
  thread_.join();
  for (const auto& o : all_)
    if (o.fd >= 0)
      close(o.fd);
}

void crowd::run() {
  while (!stopping_) {
    int made = 0;
    for (auto& o : all_) {
      if (o.fd >= 0 && closed_by_peer(o.fd)) {
        close(std::exchange(o.fd, -1));
        ++closed_;
      }
      if (o.fd < 0 && made < opened_at_once) {
        o.fd = connect_raw(o.kind->endpoint);
        o.at = 0;
        ++made;
        opened_ += o.fd >= 0 ? 1 : 0;
      }
      if (o.fd >= 0)
        turn(o);
    }
    harness::pause_ms(2);
  }
}

void crowd::turn(one& o) {
  const auto& once = o.kind->once;
  const auto& again = o.kind->again;
  while (o.at < once.size() || !again.empty()) {
    const auto& from = o.at < once.size() ? once : again;
    const auto at = o.at < once.size() ? o.at : (o.at - once.size()) % again.size();
    const auto n = send(o.fd, from.data() + at, from.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0)
      return;
    o.at += static_cast<std::size_t>(n);
    bytes_ += static_cast<std::uint64_t>(n);
    if (&from == &again)
      return; // the others have their turn
  }
}

junk_datagrams::junk_datagrams(std::string endpoint)
    : endpoint_(std::move(endpoint)), thread_([this] { run(); }) {}

junk_datagrams::~junk_datagrams() {
  stopping_ = true;
  thread_.join();
}

void junk_datagrams::run() {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(endpoint_.substr(endpoint_.rfind(':') + 1))));
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const std::string junk(64, 'j');
  while (!stopping_)
    sent_ += sendto(fd, junk.data(), junk.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                    sizeof to) > 0
                 ? 1
                 : 0;
  close(fd);
}

} // namespace monopod::fault
