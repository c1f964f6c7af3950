// The connections to the other members of a group: to configured addresses, or to found ones.
#pragma once

#include "actors/runtime/link.hpp"
#include "core/config/config.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

namespace monopod {

/// Two links to each member, so that ops and snapshots never hold up a beat (L1). If a member's
/// address is not configured, all addresses under the name `group.discover` are connected to, and
/// the greetings that arrive from each tell which member is there: a node that starts greets the
/// others, and they learn its new address, whatever the name's server says by then. Used on the
/// loop's thread only.
class peer_connections {
public:
  struct connection {
    std::string endpoint;
    std::string name;            // of the member; empty: not known yet
    bool configured = false;     // for good
    bool listed = false;         // at the last look under the name
    link* urgent = nullptr;      // what is short
    link* bulk = nullptr;        // snapshots, and many ops at a time
    link* ops_way = nullptr;     // on which ops are under way that no later one shall overtake,
    std::uint64_t ops_until = 0; // up to this one
    std::uint64_t greeted_ns = 0;
  };
  using opener = std::function<link*(const std::string& endpoint)>;
  using closer = std::function<void(link&)>;

  /// Opens those to the configured addresses. The owner, whose `open` makes the links, closes those
  /// that are left at the end.
  peer_connections(const config& conf, opener open, closer close);

  /// Null if the member is not found.
  connection* to(const std::string& name);
  std::list<connection>& all() { return all_; }

  /// These addresses ("10.0.0.7"), and no others, are under the name now.
  void found(const std::vector<std::string>& addresses);
  /// The member speaks from there; null if its address is configured, or it is not a member.
  connection* is_at(const std::string& name, const std::string& address);

private:
  std::string endpoint_at(const std::string& address) const;
  connection& open(const std::string& endpoint);
  void tidy_up();

  const config& conf_;
  opener open_;
  closer close_;
  std::list<connection> all_;
};

} // namespace monopod
