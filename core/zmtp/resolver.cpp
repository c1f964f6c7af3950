#include "core/zmtp/resolver.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <thread>
#include <utility>

namespace monopod::zmtp {

namespace {

resolved_name resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  const auto service = std::to_string(port);
  if (const int wrong = getaddrinfo(host.c_str(), service.c_str(), &hints, &all); wrong != 0)
    return {{}, gai_strerror(wrong)};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(all, freeaddrinfo);
  resolved_name found;
  for (const auto* i = all; i != nullptr; i = i->ai_next) {
    socket_address a;
    std::memcpy(&a.storage, i->ai_addr, i->ai_addrlen);
    a.bytes = i->ai_addrlen;
    found.addresses.push_back(a);
  }
  std::stable_partition(found.addresses.begin(), found.addresses.end(),
                        [](const auto& a) { return a.storage.ss_family == AF_INET; });
  return found;
}

} // namespace

void resolve_apart(std::string host, std::uint16_t port, std::function<void(resolved_name)> done) {
  std::thread([host = std::move(host), port, done = std::move(done)] {
    done(resolve(host, port));
  }).detach();
}

} // namespace monopod::zmtp
