#include "actors/group/peer_connections.hpp"

#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr const char* peer_connections_place = "peers";

} // namespace

peer_connections::peer_connections(const config& conf, opener open_link, closer close_link)
    : conf_(conf), open_(std::move(open_link)), close_(std::move(close_link)) {
  for (const auto& [name, m] : conf.member)
    if (name != conf.node && !m.address.empty()) {
      auto& c = open(m.address);
      c.name = name;
      c.configured = true;
    }
}

std::string peer_connections::endpoint_at(const std::string& address) const {
  const auto name = split_host_port(conf_.group.discover);
  return "tcp://" + address + ":" + std::string(name ? name->port : "");
}

peer_connections::connection& peer_connections::open(const std::string& endpoint) {
  auto* urgent = open_(endpoint);
  auto* bulk = open_(endpoint);
  auto& c = all_.emplace_back();
  c.endpoint = endpoint;
  c.urgent = urgent;
  c.bulk = bulk;
  return c;
}

peer_connections::connection* peer_connections::to(const std::string& name) {
  const auto c = std::ranges::find(all_, name, &connection::name);
  return name.empty() || c == all_.end() ? nullptr : &*c;
}

void peer_connections::found(const std::vector<std::string>& addresses) {
  for (auto& c : all_)
    c.listed = false;
  for (const auto& address : addresses) {
    const auto endpoint = endpoint_at(address);
    const auto known = std::ranges::find(all_, endpoint, &connection::endpoint);
    if (known != all_.end())
      known->listed = true;
    else if (all_.size() < limits::group_addresses)
      open(endpoint).listed = true;
    else
      log_limited(log_level::warn, peer_connections_place,
                  "too many addresses under the name of the group", {{"left_out", endpoint}});
  }
  tidy_up();
}

peer_connections::connection* peer_connections::is_at(const std::string& name,
                                                      const std::string& address) {
  const auto m = conf_.member.find(name);
  if (m == conf_.member.end() || !m->second.address.empty() || name == conf_.node)
    return nullptr;
  const auto endpoint = endpoint_at(address);
  auto c = std::ranges::find(all_, endpoint, &connection::endpoint);
  if (c != all_.end() && (c->name == name || c->configured))
    return c->configured ? nullptr : &*c;
  for (auto& other : all_)
    if (other.name == name)
      other.name.clear(); // it was there earlier
  tidy_up();
  if (c == all_.end() && all_.size() >= limits::group_addresses)
    return nullptr; // it greets again
  auto& there = c == all_.end() ? open(endpoint) : *c;
  there.name = name;
  there.ops_way = nullptr;
  log_info(peer_connections_place, "member found", {{"member", name}, {"endpoint", endpoint}});
  return &there;
}

// A member stays connected where it was last heard: the name's server may be wrong, or away.
void peer_connections::tidy_up() {
  std::erase_if(all_, [this](connection& c) {
    if (!c.name.empty() || c.listed)
      return false;
    close_(*c.urgent);
    close_(*c.bulk);
    return true;
  });
}

} // namespace monopod
