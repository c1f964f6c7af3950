// The versions of the protocol that the other nodes of the group speak.
#pragma once

#include "actors/group/greeting.hpp"
#include "actors/runtime/link_options.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace monopod {

/// Keeps the version that each member told by its last greeting, and the connections of nodes with
/// which this one shares no version: their messages are not even decoded. Used on the loop's thread
/// only; times are nanoseconds since boot.
class peer_versions {
public:
  /// A member has greeted on this connection. Returns whether its messages are understood; the log
  /// says so if they are not, or if it is to be updated.
  bool greeted(peer_id connection, const peer_greeting& by, std::uint64_t now_ns);
  /// Whether the messages of this connection are refused. Call it for each.
  bool refuses(peer_id connection, std::uint64_t now_ns);
  /// The version that the member told last; 0: it has not greeted.
  std::uint16_t of(const std::string& member) const;
  /// Advice about the members that were refused lately, a line for each.
  std::vector<std::string> problems(std::uint64_t now_ns) const;

private:
  struct told {
    std::uint16_t version = 0;
    std::string problem; // empty: it is understood
    std::uint64_t refused_ns = 0;
  };

  std::map<std::string, told> members_;    // by name: at most those of the configuration
  std::map<peer_id, std::string> refused_; // names; the newest limits::peer_connections
};

} // namespace monopod
