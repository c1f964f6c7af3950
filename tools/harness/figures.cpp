#include "tools/harness/figures.hpp"

#include "programs/table.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::harness {

namespace {

constexpr double exact_below = 1e15; // below it, doubles hold whole numbers exactly

bool whole(double value) { return std::abs(value) < exact_below && value == std::trunc(value); }

} // namespace

double value_of(const std::vector<figure>& all, std::string_view name) {
  const auto known = std::ranges::find(all, name, &figure::name);
  return known == all.end() ? 0 : known->value;
}

std::string to_text(double value) {
  if (whole(value))
    return fmt::format("{:.0f}", value);
  const auto size = std::abs(value);
  const int decimals = size >= 1000  ? 0
                       : size >= 100 ? 1
                       : size >= 10  ? 2
                       : size >= 1   ? 3
                       : size >= 0.1 ? 4
                                     : 5;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string bound_text(const figure& f) {
  return f.at_most    ? fmt::format("<= {:g}", *f.at_most)
         : f.at_least ? fmt::format(">= {:g}", *f.at_least)
                      : std::string{};
}

std::string to_table(const std::vector<figure>& all) {
  table t({{"figure", align::left},
           {"value"},
           {"unit", align::left},
           {"bound", align::left},
           {"", align::left},
           {"", align::left}});
  for (const auto& f : all)
    t.add({f.name, to_text(f.value), f.unit, bound_text(f), f.good() ? "" : "BROKEN", f.meaning});
  return t.text();
}

nlohmann::ordered_json to_json(double value) {
  if (whole(value))
    return static_cast<std::int64_t>(value);
  return std::isfinite(value) ? std::stod(fmt::format("{:.10g}", value)) : value;
}

nlohmann::ordered_json to_json(const figure& f) {
  nlohmann::ordered_json object{{"name", f.name}, {"value", to_json(f.value)}, {"unit", f.unit}};
  const auto bound = f.at_most ? f.at_most : f.at_least;
  object["bound"] = bound ? to_json(*bound) : nullptr;
  return object;
}

nlohmann::ordered_json to_json(const std::vector<figure>& all) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& f : all)
    list.push_back(to_json(f));
  return list;
}

void add_values(nlohmann::ordered_json& object, const std::vector<figure>& all) {
  for (const auto& f : all)
    object[f.name] = to_json(f.value);
}

void save(const nlohmann::ordered_json& document, const std::string& path) {
  if (path.empty())
    return;
  // A text may hold bytes that a program wrote, UTF-8 or not.
  const auto text = document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!(std::ofstream(path) << text << "\n").flush())
    throw std::runtime_error("can't write " + path);
}

} // namespace monopod::harness
