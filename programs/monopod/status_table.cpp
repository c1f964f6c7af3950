#include "programs/monopod/status_table.hpp"

#include "programs/monopod/pod_status.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <vector>

namespace monopod {

namespace {

using nlohmann::json;
using row = std::vector<std::string>;

// Of an earlier version's status, which does not have it, as well.
const json& list(const json& status, const char* name) {
  static const json none = json::array();
  const auto found = status.find(name);
  return found == status.end() ? none : *found;
}

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end())
    return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string yes_no(const json& object, const char* name) {
  return object.value(name, false) ? "yes" : "no";
}

std::string joined(const json& texts) {
  const auto all = fmt::format("{}", fmt::join(texts.get<std::vector<std::string>>(), " "));
  return all.empty() ? "-" : all;
}

std::string duration(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::max(seconds, 0.0));
  if (s < 60)
    return fmt::format("{} s", s);
  if (s < 3600)
    return fmt::format("{} min {} s", s / 60, s % 60);
  if (s < 86'400)
    return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {} h", s / 86'400, s / 3600 % 24);
}

// The first column to the left, numbers and the rest to the right.
std::string table(const std::vector<row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& r : rows)
    for (std::size_t i = 0; i < r.size(); ++i)
      widths[i] = std::max(widths[i], r[i].size());
  std::string all = "\n";
  for (const auto& r : rows) {
    all += fmt::format("{:<{}}", r.front(), widths.front());
    for (std::size_t i = 1; i < r.size(); ++i)
      all += fmt::format("  {:>{}}", r[i], widths[i]);
    all += "\n";
  }
  return all;
}

std::string cameras(const json& status) {
  std::vector<row> rows{{"CAMERA", "FRAMES", "SETTLED", "IN FLIGHT", "CREDIT", "LAST FRAME"}};
  for (const auto& c : list(status, "cameras"))
    rows.push_back({text(c, "name"), text(c, "frames"), text(c, "settled_seq"),
                    text(c, "in_flight"), text(c, "credit"), text(c, "last_frame_age_ms") + " ms"});
  return rows.size() == 1 ? "\nno cameras\n" : table(rows);
}

std::string apps(const json& status) {
  std::vector<row> rows{{"APPLICATION", "CAMERAS", "POLICY", "RESULTS", "SKIPPED", "QUEUED",
                         "OUTSTANDING", "CREDIT"}};
  for (const auto& a : list(status, "apps"))
    rows.push_back({text(a, "name"), joined(list(a, "cameras")), text(a, "policy"),
                    text(a, "results"), text(a, "skipped"), text(a, "queued"),
                    text(a, "outstanding"), text(a, "credit")});
  return rows.size() == 1 ? "\nno applications\n" : table(rows);
}

// "draining", or how full it is.
std::string outbox(const json& o) {
  const auto level = text(o, "level");
  return level == "ok" && o.value("draining", false) ? "draining" : level;
}

// What waits is the ledger's to know, the connection the cloud stage's; either may be in another
// process.
std::string clouds(const json& status) {
  std::map<std::string, row> by_name;
  for (const auto& o : list(status, "outbox"))
    by_name[text(o, "cloud")] = {
        "-", text(o, "waiting"), text(o, "dropped"), outbox(o), "-", "-", "-", "-"};
  for (const auto& c : list(status, "clouds")) {
    auto& r = by_name.try_emplace(text(c, "name"), row(8, "-")).first->second;
    r[0] = yes_no(c, "connected");
    r[4] = text(c, "in_flight");
    r[5] = text(c, "published");
    r[6] = text(c, "confirmed");
    r[7] = text(c, "reconnects");
  }
  std::vector<row> rows{{"CLOUD", "CONNECTED", "WAITING", "DROPPED", "OUTBOX", "IN FLIGHT",
                         "PUBLISHED", "CONFIRMED", "RECONNECTS"}};
  for (auto& [name, r] : by_name) {
    r.insert(r.begin(), name);
    rows.push_back(r);
  }
  return rows.size() == 1 ? "" : table(rows);
}

// What the group's members and this node's place among them are; nothing where it is alone.
std::string group(const json& status) {
  const auto found = status.find("group");
  if (found == status.end())
    return "";
  const auto& g = *found;
  std::string all = fmt::format("\ngroup {}  view {}  primary {}  voters {}\n", text(g, "name"),
                                text(g, "version"), text(g, "primary"), joined(list(g, "voters")));
  all += g.value("serving", false)
             ? fmt::format("this node serves, lease left {} ms", text(g, "lease_left_ms"))
             : std::string("this node does not serve");
  all += fmt::format("  ops {} of {} committed", text(g, "commit"), text(g, "last"));
  if (const auto outage_ms = g.value("last_outage_ms", 0.0); outage_ms > 0)
    all += fmt::format("  last failover to it took {:.1f} ms", outage_ms);
  all += "\n";
  const bool primary = text(status, "role") == "primary"; // what backups do not know
  std::vector<row> rows{{"MEMBER", "ROLE", "LAG", "HEARD"}};
  for (const auto& m : list(g, "members")) {
    const bool follows = primary && text(m, "role") == "backup";
    rows.push_back({text(m, "name"), text(m, "role"), follows ? text(m, "lag_ops") + " ops" : "-",
                    follows ? text(m, "heard_ms") + " ms ago" : "-"});
  }
  return all + table(rows).substr(1);
}

std::string stages(const json& status) {
  std::vector<row> rows{{"STAGE", "RESTARTS"}};
  for (const auto& s : list(status, "stage_states"))
    rows.push_back({text(s, "name"), text(s, "restarts")});
  return rows.size() == 1 ? "" : table(rows);
}

} // namespace

status_view status_table(const std::string& answer, bool colour) {
  const auto status = read_status(answer);
  status_view view;
  view.ready = status.value("ready", false);
  std::string state = view.ready ? "ready" : "not ready";
  if (colour)
    state = (view.ready ? "\033[32m" : "\033[31m") + state + "\033[0m";
  view.text = fmt::format("{}/{}  {}  epoch {}  {}  up {}  version {} ({})\n", text(status, "site"),
                          text(status, "node"), text(status, "role"), text(status, "epoch"), state,
                          duration(status.value("uptime_s", 0.0)), text(status, "version"),
                          text(status, "commit")) +
              group(status) + cameras(status) + apps(status) + clouds(status) + stages(status);
  return view;
}

} // namespace monopod
