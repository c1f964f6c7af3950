#include "programs/monopod/status_table.hpp"

#include "programs/monopod/pod_answers.hpp"
#include "programs/table.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <vector>

namespace monopod {

namespace {

using nlohmann::json;
using row = std::vector<std::string>;

// The list under `name`; empty if the status is that of an earlier version, which has none.
const json& list(const json& status, const char* name) {
  static const json none = json::array();
  const auto found = status.find(name);
  return found == status.end() ? none : *found;
}

// The field with its unit, or a dash if the object does not have it.
std::string text(const json& object, const char* name, const char* unit = "") {
  const auto found = object.find(name);
  if (found == object.end())
    return "-";
  return (found->is_string() ? found->get<std::string>() : found->dump()) + unit;
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

// The first column is aligned to the left, and all others, mostly numbers, to the right.
table with_headers(const std::vector<std::string>& headers) {
  std::vector<column> columns{{headers.front(), align::left}};
  for (std::size_t i = 1; i < headers.size(); ++i)
    columns.push_back({headers[i]});
  return table(columns);
}

std::string text_or(const table& rows, const char* none) {
  return rows.empty() ? none : "\n" + rows.text();
}

std::string cameras(const json& status) {
  auto rows = with_headers({"CAMERA", "FRAMES", "SETTLED", "IN FLIGHT", "CREDIT", "LAST FRAME"});
  for (const auto& c : list(status, "cameras"))
    rows.add({text(c, "name"), text(c, "frames"), text(c, "settled_seq"), text(c, "in_flight"),
              text(c, "credit"), text(c, "last_frame_age_ms", " ms")});
  return text_or(rows, "\nno cameras\n");
}

std::string apps(const json& status) {
  auto rows = with_headers({"APPLICATION", "CAMERAS", "POLICY", "RESULTS", "SKIPPED", "QUEUED",
                            "OUTSTANDING", "CREDIT"});
  for (const auto& a : list(status, "apps"))
    rows.add({text(a, "name"), joined(list(a, "cameras")), text(a, "policy"), text(a, "results"),
              text(a, "skipped"), text(a, "queued"), text(a, "outstanding"), text(a, "credit")});
  return text_or(rows, "\nno applications\n");
}

// How full the outbox is; "draining" in place of "ok" while a backlog is still to be sent.
std::string outbox(const json& o) {
  const auto level = text(o, "level");
  return level == "ok" && o.value("draining", false) ? "draining" : level;
}

// The ledger stage knows what waits, and the cloud stage knows the connection; either may be in
// another process.
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
  auto rows = with_headers({"CLOUD", "CONNECTED", "WAITING", "DROPPED", "OUTBOX", "IN FLIGHT",
                            "PUBLISHED", "CONFIRMED", "RECONNECTS"});
  for (auto& [name, r] : by_name) {
    r.insert(r.begin(), name);
    rows.add(r);
  }
  return text_or(rows, "");
}

// The table of the clouds that get pictures; empty if there is none.
std::string pictures(const json& status) {
  auto rows = with_headers({"PICTURES FOR", "WAITING", "BYTES", "PUBLISHED", "DROPPED"});
  for (const auto& c : list(status, "clouds"))
    if (const auto p = c.find("pictures"); p != c.end())
      rows.add({text(c, "name"), text(*p, "waiting"), text(*p, "waiting_bytes"),
                text(*p, "published"), text(*p, "dropped")});
  return text_or(rows, "");
}

// The members of the group, and this node's part in it; empty if the node is alone.
std::string group(const json& status) {
  const auto found = status.find("group");
  if (found == status.end())
    return "";
  const auto& g = *found;
  std::string all = fmt::format("\ngroup {}  view {}  primary {}  voters {}\n", text(g, "name"),
                                text(g, "version"), text(g, "primary"), joined(list(g, "voters")));
  all += g.value("serving", false)
             ? fmt::format("this node serves, lease left {}", text(g, "lease_left_ms", " ms"))
             : std::string("this node does not serve");
  all += fmt::format("  ops {} of {} committed", text(g, "commit"), text(g, "last"));
  if (const auto outage_ms = g.value("last_outage_ms", 0.0); outage_ms > 0)
    all += fmt::format("  last failover to it took {:.1f} ms", outage_ms);
  all += "\n";
  const bool primary = text(status, "role") == "primary"; // only a primary knows lag and silence
  auto rows = with_headers({"MEMBER", "ROLE", "LAG", "HEARD"});
  for (const auto& m : list(g, "members")) {
    const bool follows = primary && text(m, "role") == "backup";
    rows.add({text(m, "name"), text(m, "role"), follows ? text(m, "lag_ops", " ops") : "-",
              follows ? text(m, "heard_ms", " ms ago") : "-"});
  }
  return all + rows.text();
}

std::string problems(const json& status) {
  std::string all;
  for (const auto& p : list(status, "problems"))
    all += "problem: " + p.get<std::string>() + "\n";
  return all;
}

std::string stages(const json& status) {
  auto rows = with_headers({"STAGE", "RESTARTS"});
  for (const auto& s : list(status, "stage_states"))
    rows.add({text(s, "name"), text(s, "restarts")});
  return text_or(rows, "");
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
              problems(status) + group(status) + cameras(status) + apps(status) + clouds(status) +
              pictures(status) + stages(status);
  return view;
}

} // namespace monopod
