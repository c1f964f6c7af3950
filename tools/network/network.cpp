#include "tools/network/network.hpp"

#include <spdlog/fmt/fmt.h>

namespace monopod::harness {

namespace {

const std::string service_prefix = "10.96.0.";

} // namespace

network::network(const std::vector<std::string>& hosts, bool vxlan) {
  {
    const inside here(switch_);
    ip("link add switch type bridge forward_delay 0\nlink set switch up\n");
  }
  const auto count = static_cast<int>(hosts.size());
  for (int number = 1; number <= count; ++number)
    connect(hosts[static_cast<std::size_t>(number - 1)], number, vxlan ? count : 0);
}

void network::connect(const std::string& host, int number, int vxlan_hosts) {
  auto& s = hosts_[host];
  s.space = std::make_unique<net_namespace>();
  s.address = fmt::format("10.77.0.{}", number);
  {
    const inside here(*s.space);
    ip(fmt::format("link add eth0 type veth peer name port-{} netns {}\n"
                   "address add {}.{}/24 dev eth0\n"
                   "link set eth0 up\n",
                   host, switch_.path(), vxlan_hosts > 0 ? "10.78.0" : "10.77.0", number));
    if (vxlan_hosts > 0) {
      ip(fmt::format("link add flannel.1 type vxlan id 1 local 10.78.0.{0} dev eth0 dstport 8472 "
                     "nolearning\n"
                     "address add 10.77.0.{0}/24 dev flannel.1\n"
                     "link set flannel.1 up\n",
                     number));
      std::string others; // no multicast: a frame to an unknown address goes to every host
      for (int other = 1; other <= vxlan_hosts; ++other)
        if (other != number)
          others +=
              fmt::format("fdb append 00:00:00:00:00:00 dst 10.78.0.{} dev flannel.1\n", other);
      bridge(others);
    }
  }
  const inside here(switch_);
  ip(fmt::format("link set port-{0} master switch\nlink set port-{0} up\n", host));
}

std::string network::service_address(const std::string& host) const {
  const auto& own = address(host);
  return service_prefix + own.substr(own.rfind('.') + 1);
}

void network::offer_services() {
  std::string rules = "add table ip services; add chain ip services output { type nat hook output "
                      "priority -100; };";
  for (const auto& [name, s] : hosts_)
    rules += fmt::format("add rule ip services output ip daddr {} dnat to {};",
                         service_address(name), s.address);
  for (const auto& [name, s] : hosts_) {
    const inside here(*s.space);
    ip(fmt::format("route add {}0/24 dev eth0\n", service_prefix));
    nft(rules);
  }
}

void network::pull(const std::string& host) {
  const inside here(switch_);
  ip(fmt::format("link set port-{} down\n", host));
}

void network::plug(const std::string& host) {
  const inside here(switch_);
  ip(fmt::format("link set port-{} up\n", host));
}

void network::drop(const std::string& host, cut what, const std::vector<std::string>& peers) {
  std::string whom;
  for (const auto& p : peers)
    whom += (whom.empty() ? "" : ", ") + address(p);
  const auto chain = [&](const char* hook, const char* interface, const char* end) {
    return fmt::format("add chain inet laboratory {0} {{ type filter hook {0} priority 0; }};"
                       "add rule inet laboratory {0} {1} drop;",
                       hook,
                       peers.empty() ? fmt::format("{} != \"lo\"", interface)
                                     : fmt::format("ip {} {{ {} }}", end, whom));
  };
  std::string rules = "add table inet laboratory;";
  if (what != cut::output)
    rules += chain("input", "iifname", "saddr");
  if (what != cut::input)
    rules += chain("output", "oifname", "daddr");
  const inside here(at(host));
  nft(rules);
  hosts_.at(host).cut = true;
}

void network::heal(const std::string& host) {
  auto& s = hosts_.at(host);
  if (!s.cut)
    return;
  const inside here(*s.space);
  nft("delete table inet laboratory");
  s.cut = false;
}

} // namespace monopod::harness
