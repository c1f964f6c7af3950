#include "core/config/group_checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace monopod {

namespace {

std::size_t voters(const config& c) {
  return static_cast<std::size_t>(
      std::ranges::count_if(c.member, [](const auto& m) { return m.second.votes; }));
}

std::size_t replicas(const config& c) {
  return static_cast<std::size_t>(std::ranges::count_if(
      c.member, [](const auto& m) { return m.second.role == member_role::replica; }));
}

void check_members(const config& c, std::vector<group_problem>& problems) {
  std::map<std::string, std::string> owner; // the member that has each address
  for (const auto& [name, m] : c.member) {
    const auto key = "member." + name;
    const auto [known, added] = owner.emplace(m.address.empty() ? name : m.address, name);
    if (m.address.empty() && c.group.discover.empty())
      problems.push_back({key + ".address",
                          {"it is missing", "write for example \"tcp://10.0.0.1:5580\", or set "
                                            "group.discover to a name that has all addresses"}});
    else if (!added)
      problems.push_back({key + ".address",
                          {fmt::format("it is the address of {}, too", known->second),
                           "give each member its own"}});
    if (m.role == member_role::witness && !m.votes)
      problems.push_back({key + ".votes",
                          {"a witness that does not vote does nothing",
                           "set votes = true, or remove the member"}});
  }
}

} // namespace

std::vector<group_problem> check_group(const config& c) {
  std::vector<group_problem> problems;
  if (c.broker.ack == ack_mode::replicated && c.member.empty())
    problems.push_back(
        {"broker.ack",
         {"replicated needs a group", "write [member.NAME] for each node, or use processed"}});
  if (c.broker.ack == ack_mode::replicated && c.ledger.durability == ledger_durability::disk)
    problems.push_back({"broker.ack",
                        {"replicated keeps frames in the nodes' memory, not on their disks",
                         "use processed with ledger.durability = \"disk\", or set that to "
                         "\"memory\""}});
  if (c.member.empty())
    return problems;
  std::vector<std::string> names;
  for (const auto& [name, m] : c.member)
    names.push_back(name);
  if (!c.member.contains(c.node))
    problems.push_back({"node",
                        {fmt::format("{} is not a member of the group", printable(c.node)),
                         fmt::format("set node to one of {}, or write [member.{}]",
                                     fmt::join(names, ", "), c.node)}});
  check_members(c, problems);
  if (replicas(c) == 0)
    problems.push_back(
        {"member", {"the group has no replica", "give a member role = \"replica\""}});
  if (voters(c) == 0)
    problems.push_back({"member", {"nobody votes", "give a member votes = true"}});
  return problems;
}

std::vector<std::string> group_warnings(const config& c) {
  std::vector<std::string> warnings;
  const auto votes = voters(c);
  if (votes > 0 && votes % 2 == 0)
    warnings.push_back(fmt::format("with {} voters {} may be away, as with {}: add a witness, or "
                                   "give one member votes = false",
                                   votes, votes / 2 - 1, votes - 1));
  if (votes == 1 && c.member.size() > 1)
    warnings.push_back(fmt::format(
        "only {} votes: while it is away nobody else becomes primary; add a witness, which may be "
        "a small machine",
        std::ranges::find_if(c.member, [](const auto& m) { return m.second.votes; })->first));
  return warnings;
}

} // namespace monopod
