#include "tests/fault/outcome.hpp"

#include "programs/report_json.hpp"
#include "programs/table.hpp"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace monopod::fault {

namespace {

void check(outcome& o, const harness::figure& f) {
  if (!f.good())
    o.broken.push_back(fmt::format("{} is {}, which is to be {}", f.name, harness::to_text(f.value),
                                   bound_text(f)));
}

nlohmann::ordered_json to_json(const outcome& o) {
  nlohmann::ordered_json object{{"case", o.name},
                                {"runs", o.runs},
                                {"acked_lost", o.acked_lost},
                                {"lost", o.lost},
                                {"twice_after_key", o.twice_after_key},
                                {"growth_mb", rounded(o.growth_mb, 3)},
                                {"seconds", rounded(o.seconds, 1)}};
  add_values(object, o.figures);
  object["good"] = o.good();
  object["broken"] = o.broken;
  object["notes"] = o.notes;
  return object;
}

} // namespace

void outcome::at_most(const std::string& key, double value, double bound) {
  check(*this, {.name = key, .value = value, .at_most = bound});
}

void outcome::at_least(const std::string& key, double value, double bound) {
  check(*this, {.name = key, .value = value, .at_least = bound});
}

void outcome::expect(bool holds, const std::string& what) {
  if (!holds)
    broken.push_back(what);
}

void outcome::expect_delivered() {
  at_most("acked_lost", static_cast<double>(acked_lost), 0);
  at_most("lost", static_cast<double>(lost), 0);
  at_most("twice_after_key", static_cast<double>(twice_after_key), 0);
}

std::string to_table(const std::vector<outcome>& all) {
  table t({{"case", align::left},
           {"runs"},
           {"acked_lost"},
           {"lost"},
           {"twice_after_key"},
           {"growth_mb"},
           {"seconds"},
           {"", align::left}});
  for (const auto& o : all)
    t.add({o.name, fmt::to_string(o.runs), fmt::to_string(o.acked_lost), fmt::to_string(o.lost),
           fmt::to_string(o.twice_after_key), fmt::format("{:.2f}", o.growth_mb),
           fmt::format("{:.1f}", o.seconds), o.good() ? "" : "BROKEN"});
  auto text = t.text();
  for (const auto& o : all) {
    text += "\n" + o.name + "\n";
    if (!o.figures.empty())
      text += harness::to_table(o.figures);
    for (const auto& n : o.notes)
      text += n + "\n";
    for (const auto& b : o.broken)
      text += "BROKEN: " + b + "\n";
  }
  return text;
}

nlohmann::ordered_json to_json(const std::vector<outcome>& all) {
  auto cases = nlohmann::ordered_json::array();
  for (const auto& o : all)
    cases.push_back(to_json(o));
  return cases;
}

} // namespace monopod::fault
