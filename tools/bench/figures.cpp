#include "tools/bench/figures.hpp"

#include "core/percentiles.hpp"
#include "core/version.hpp"
#include "tools/harness/machine.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace monopod {

namespace {

// Four significant digits, never in scientific notation: shell scripts read them, too.
std::string number(double value) {
  const int decimals = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : value >= 1 ? 3 : 5;
  return fmt::format("{:.{}f}", value, decimals);
}

} // namespace

void figures::add(std::string key, double value, std::string meaning) {
  all_.push_back({std::move(key), value, std::move(meaning)});
}

double figures::operator[](std::string_view key) const {
  const auto known = std::ranges::find(all_, key, &figure::key);
  return known == all_.end() ? 0 : known->value;
}

std::string figures::table() const {
  std::string text = fmt::format("commit  {}\nmachine {}\n\n", commit, harness::machine());
  for (const auto& f : all_)
    text += fmt::format("{:<26} {:>10}  {}\n", f.key, number(f.value), f.meaning);
  return text;
}

std::string figures::json() const {
  std::string text = "{\n";
  for (const auto& f : all_)
    text += fmt::format("  \"{}\": {},\n", f.key, number(f.value));
  std::string where = harness::machine();
  std::erase_if(where, [](char c) { return c == '"' || c == '\\' || c < ' '; });
  return text + fmt::format("  \"commit\": \"{}\",\n  \"machine\": \"{}\"\n}}\n", commit, where);
}

double median(const std::vector<double>& values) {
  samples sorted;
  for (const auto v : values)
    sorted.add(v);
  return sorted.percentile(50);
}

} // namespace monopod
