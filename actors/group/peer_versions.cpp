#include "actors/group/peer_versions.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "replication/peer_codec.hpp"

#include <fmt/format.h>
#include <utility>

namespace monopod {

namespace {

constexpr const char* peer_versions_place = "peers";
constexpr std::uint64_t lately_refused_ns = 10 * ns_per_s; // it asks to join far more often

std::string advice(const peer_greeting& by) {
  return fmt::format("node {} speaks version {} of the protocol between nodes, this one {}: update "
                     "{}",
                     by.from, by.version, peer_version,
                     by.version > peer_version ? "this one" : by.from);
}

} // namespace

bool peer_versions::greeted(peer_id connection, const peer_greeting& by, std::uint64_t now_ns) {
  const bool understood = understands(by);
  const auto before =
      std::exchange(members_[by.from], told{by.version, understood ? std::string() : advice(by),
                                            understood ? 0 : now_ns});
  if (!understood) {
    refused_[connection] = by.from;
    if (refused_.size() > limits::peer_connections)
      refused_.erase(refused_.begin());
    log_limited(log_level::error, peer_versions_place, advice(by) + "; it is refused until then",
                {{"oldest_it_speaks", by.oldest}});
  } else if (by.version != peer_version && by.version != before.version) {
    log_info(peer_versions_place, advice(by) + "; they understand each other until then", {});
  }
  return understood;
}

bool peer_versions::refuses(peer_id connection, std::uint64_t now_ns) {
  const auto by = refused_.find(connection);
  if (by == refused_.end())
    return false;
  members_[by->second].refused_ns = now_ns;
  return true;
}

std::uint16_t peer_versions::of(const std::string& member) const {
  const auto known = members_.find(member);
  return known == members_.end() ? 0 : known->second.version;
}

std::vector<std::string> peer_versions::problems(std::uint64_t now_ns) const {
  std::vector<std::string> lines;
  for (const auto& [name, m] : members_)
    if (!m.problem.empty() && now_ns - m.refused_ns < lately_refused_ns)
      lines.push_back(m.problem);
  return lines;
}

} // namespace monopod
