// The network of the laboratory: a host for each part, cables to a switch, and the faults that
// they can have.
#pragma once

#include "tools/network/net_namespace.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::harness {

/// The direction in which a host's packets are dropped.
enum class cut { input, output, both };

/// Hosts that reach each other, each in a network namespace of its own; the switch is a bridge in
/// another one. Single-threaded.
class network {
public:
  /// With `vxlan`, hosts talk through a VXLAN over the cables, as flannel's pods do.
  network(const std::vector<std::string>& hosts, bool vxlan);

  const net_namespace& at(const std::string& host) const { return *hosts_.at(host).space; }
  /// A host's IPv4 address; the same in every laboratory.
  const std::string& address(const std::string& host) const { return hosts_.at(host).address; }

  /// From now on each host has a second address, which the caller's kernel translates into the
  /// first (DNAT with connection tracking), as it does for a Service of Kubernetes.
  void offer_services();
  /// That second address. Only after offer_services().
  std::string service_address(const std::string& host) const;

  /// Pulls the cable out of the switch. The host notices that.
  void pull(const std::string& host);
  void plug(const std::string& host);

  /// Drops packets silently, except those of the host to itself: packets of `peers` only, or all
  /// if `peers` is empty.
  void drop(const std::string& host, cut what, const std::vector<std::string>& peers = {});
  /// Ends every drop() at that host.
  void heal(const std::string& host);

private:
  struct station {
    std::unique_ptr<net_namespace> space;
    std::string address;
    bool cut = false;
  };
  void connect(const std::string& host, int number, int vxlan_hosts);

  net_namespace switch_;
  std::map<std::string, station> hosts_;
};

/// Calls `f` on that host, so that all it starts runs there; on this machine if there is no
/// network. Returns the result of `f`.
template <class F>
auto on_host(const network* net, const std::string& host, F f) {
  std::optional<inside> here;
  if (net != nullptr)
    here.emplace(net->at(host));
  return f();
}

} // namespace monopod::harness
