#include "actors/group/discovery.hpp"

#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <condition_variable>
#include <ifaddrs.h>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace monopod {

namespace {

constexpr const char* discovery_place = "discovery";

std::string text_of(const sockaddr* address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  return text.data();
}

std::set<std::string> own_addresses() {
  std::set<std::string> own;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0)
    return own;
  for (const auto* i = list; i != nullptr; i = i->ifa_next)
    if (i->ifa_addr != nullptr && i->ifa_addr->sa_family == AF_INET)
      own.insert(text_of(i->ifa_addr));
  freeifaddrs(list);
  return own;
}

// In order; nothing where the name can't be looked up.
std::optional<std::vector<std::string>> look_up(const std::string& name, std::string& error) {
  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int wrong = getaddrinfo(name.c_str(), nullptr, &wanted, &list); wrong != 0) {
    error = gai_strerror(wrong);
    return std::nullopt;
  }
  const auto own = own_addresses();
  std::set<std::string> others;
  for (const auto* i = list; i != nullptr; i = i->ai_next)
    if (const auto address = text_of(i->ai_addr); !own.contains(address))
      others.insert(address);
  freeaddrinfo(list);
  return std::vector<std::string>(others.begin(), others.end());
}

} // namespace

struct discovery::shared {
  std::shared_ptr<loop::inbox> inbox;
  std::string name;
  handler on_change; // used and taken away on the loop's thread
  std::mutex mutex;
  std::condition_variable ends;
  bool ended = false;
  std::optional<std::vector<std::string>> told; // used on the lookup's thread

  bool rest() {
    std::unique_lock lock(mutex);
    return !ends.wait_for(lock, std::chrono::milliseconds(limits::lookup_period_ms),
                          [this] { return ended; });
  }
};

discovery::discovery(loop& host, const std::string& name, handler on_change)
    : shared_(std::make_shared<shared>()) {
  shared_->inbox = host.remote();
  shared_->name = name;
  shared_->on_change = std::move(on_change);
  std::thread([s = shared_] {
    bool known = true; // whether the name could be looked up last time
    do {
      std::string error;
      const auto now = look_up(s->name, error);
      if (!now && std::exchange(known, false))
        log_warn(discovery_place, "the group's name can't be looked up; retrying",
                 {{"name", s->name}, {"error", error}});
      known = now.has_value();
      if (now && now != s->told && s->inbox->post([s, list = *now] {
            if (s->on_change)
              s->on_change(list);
          }))
        s->told = now;
    } while (s->rest());
  }).detach();
}

discovery::~discovery() {
  shared_->on_change = nullptr;
  const std::lock_guard lock(shared_->mutex);
  shared_->ended = true;
  shared_->ends.notify_all();
}

} // namespace monopod
