#include "core/config/cross_checks.hpp"

#include "core/config/polygon.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#include <utility>

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

void check_members(const config& c, std::vector<config_problem>& problems) {
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

void check_group(const config& c, std::vector<config_problem>& problems) {
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
    return;
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
}

// Two zones of one camera need two names.
void check_zones(const config& c, std::vector<config_problem>& problems) {
  for (const auto& [name, camera] : c.camera) {
    std::set<std::string> names;
    for (const auto& text : camera.zones)
      if (const auto zone = parse_named_polygon(text); zone && !names.insert(zone->name).second)
        problems.push_back({"camera." + name + ".zones",
                            {"there are two zones " + zone->name, "give each a name of its own"}});
  }
}

void check_cloud(const std::string& section, const cloud_config& c,
                 std::vector<config_problem>& problems) {
  if (c.reconnect_min_ms > c.reconnect_max_ms)
    problems.push_back({section + ".reconnect_min_ms",
                        {fmt::format("{} ms is above reconnect_max_ms, which is {} ms",
                                     c.reconnect_min_ms, c.reconnect_max_ms),
                         "lower it, or raise reconnect_max_ms"}});
  if (c.cert_file.empty() != c.key_file.empty())
    problems.push_back({section + (c.cert_file.empty() ? ".key_file" : ".cert_file"),
                        {"cert_file and key_file go together", "set both or neither"}});
  if (c.version != mqtt_version::v5 && c.user_properties)
    problems.push_back({section + ".user_properties", {"they need MQTT 5", "set version = \"5\""}});
  if (c.version != mqtt_version::v5 && c.image != image_mode::none)
    problems.push_back({section + ".image",
                        {"it needs MQTT 5, which tells the result's key",
                         "set version = \"5\", or image = \"none\""}});
  for (const auto& [name, value] :
       {std::pair{".ca_file", &c.ca_file}, std::pair{".cert_file", &c.cert_file},
        std::pair{".alpn", &c.alpn}})
    if (!c.tls && !value->empty())
      problems.push_back({section + name, {"it has no effect without TLS", "set tls = true"}});
}

void warn_of_group(const config& c, std::vector<std::string>& warnings) {
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
}

// Settings that somebody wrote and that nothing reads.
void warn_of_unused(const config& c, std::vector<std::string>& warnings) {
  for (const auto& [name, app] : c.vision)
    if (!app.has_plugin() && !app.options.empty())
      warnings.push_back(fmt::format("vision.{}.options has no effect, since the built-in emulator "
                                     "takes no options: choose a plug-in, or remove it",
                                     name));
  for (const auto& [name, cloud] : c.cloud)
    if (cloud.image == image_mode::none && !cloud.image_labels.empty())
      warnings.push_back(fmt::format("cloud.{0}.image_labels has no effect while cloud.{0}.image "
                                     "is \"none\": set that to \"frame\" or \"crop\"",
                                     name));
}

} // namespace

std::vector<config_problem> check_together(const config& c) {
  std::vector<config_problem> problems;
  check_zones(c, problems);
  for (const auto& [name, cloud] : c.cloud)
    check_cloud("cloud." + name, cloud, problems);
  check_group(c, problems);
  return problems;
}

std::vector<std::string> config_warnings(const config& c) {
  std::vector<std::string> warnings;
  warn_of_group(c, warnings);
  warn_of_unused(c, warnings);
  return warnings;
}

} // namespace monopod
