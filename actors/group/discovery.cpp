#include "actors/group/discovery.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <optional>
#include <set>
#include <sys/socket.h>
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

} // namespace

discovery::discovery(loop& host, std::string name, handler on_change)
    : loop_(host), name_(std::move(name)), on_change_(std::move(on_change)) {
  look_up();
}

discovery::~discovery() { loop_.cancel(timer_); }

void discovery::look_up() {
  timer_ = loop_.after(limits::lookup_period_ms * ns_per_ms, [this] { look_up(); });
  if (!under_way_.expired())
    return; // the last look-up takes longer than the period
  const auto token = std::make_shared<int>(0);
  under_way_ = token;
  zmtp::resolve_apart(name_, 0,
                      [this, token, inbox = loop_.remote(),
                       alive = std::weak_ptr<int>(alive_)](const zmtp::resolved_name& found) {
                        // A loop whose inbox is full hears of the next look-up.
                        [[maybe_unused]] const bool taken = inbox->post([this, alive, found] {
                          if (!alive.expired())
                            on_found(found);
                        });
                      });
}

void discovery::on_found(const zmtp::resolved_name& found) {
  if (found.addresses.empty()) {
    if (std::exchange(known_, false))
      log_warn(discovery_place, "the group's name can't be looked up; retrying",
               {{"name", name_}, {"error", found.error}});
    return;
  }
  known_ = true;
  const auto own = own_addresses();
  std::set<std::string> others; // in order, so that a change can be told
  for (const auto& a : found.addresses)
    if (a.storage.ss_family == AF_INET)
      if (const auto address = text_of(a.get()); !own.contains(address))
        others.insert(address);
  std::vector<std::string> list(others.begin(), others.end());
  if (list == told_)
    return;
  told_ = list;
  on_change_(list);
}

} // namespace monopod
