// The network of the laboratory: a host for each part, cables into a switch, and what can go wrong
// with them.
#pragma once

#include "tools/network/net_namespace.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::harness {

/// What a host does not get, or does not get out.
enum class cut { input, output, both };

/// Hosts that reach each other, each in a network namespace of its own; the switch is a bridge in
/// another one. Single-threaded.
class network {
public:
  /// `vxlan`: hosts talk through a VXLAN over the cables, as flannel's pods do.
  network(const std::vector<std::string>& hosts, bool vxlan);

  const net_namespace& at(const std::string& host) const { return *hosts_.at(host).space; }
  /// IPv4 address; the same in every laboratory.
  const std::string& address(const std::string& host) const { return hosts_.at(host).address; }

  /// From now on each host is reached at a second address, too, which its caller's kernel turns
  /// into the host's own (DNAT with connection tracking), as a Service of Kubernetes is.
  void offer_services();
  /// That address; only after offer_services().
  std::string service_address(const std::string& host) const;

  /// Pulls the cable out of the switch: the host sees that.
  void pull(const std::string& host);
  void plug(const std::string& host);

  /// Packets are dropped without a word, except those of the host to itself. `peers`: only theirs;
  /// all where it is empty.
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

/// What `f` gives, with all that it starts on that host; on this machine where there is no network.
template <class F>
auto on_host(const network* net, const std::string& host, F f) {
  std::optional<inside> here;
  if (net != nullptr)
    here.emplace(net->at(host));
  return f();
}

} // namespace monopod::harness
