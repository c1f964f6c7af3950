// Finds settings by their keys, and the setting nearest to a key that does not exist.
#include "core/config/settings.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace monopod {

namespace {

// The Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// The part between "vision." and ".credit"; the last part of the key is the setting's name.
std::string_view section_name_of(std::string_view key) {
  const auto first = key.find('.');
  const auto last = key.rfind('.');
  return first < last ? key.substr(first + 1, last - first - 1) : "NAME";
}

} // namespace

const section_info* find_section(std::string_view name) {
  const auto found = std::ranges::find(sections(), name, &section_info::name);
  return found == sections().end() ? nullptr : &*found;
}

const setting* find_setting(std::string_view section, std::string_view name) {
  const auto found = std::ranges::find_if(
      settings(), [&](const setting& s) { return s.section == section && s.name == name; });
  return found == settings().end() ? nullptr : &*found;
}

std::optional<found_setting> find_key(std::string_view key) {
  const auto first = key.find('.');
  if (first == std::string_view::npos) {
    const auto* top = find_setting("", key);
    return top ? std::optional(found_setting{top, ""}) : std::nullopt;
  }
  const auto last = key.rfind('.');
  const auto* found = find_setting(key.substr(0, first), key.substr(last + 1));
  if (!found || found->named != (first < last))
    return std::nullopt;
  return found_setting{found, found->named ? std::string(section_name_of(key)) : ""};
}

std::string suggest_key(std::string_view key) {
  constexpr std::size_t longest = 160; // bounds the work; no key is longer
  std::string everything = "`monopod config docs` lists all keys";
  if (key.size() > longest)
    return everything;
  const auto name = section_name_of(key);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, key.size() / 4) + 1;
  const auto consider = [&](const std::string& candidate) {
    const auto distance = edit_distance(key, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  };
  for (const auto& s : settings())
    consider(s.key(name));
  for (const auto& s : sections())
    consider(s.name);
  if (best.empty()) { // maybe the right key in the wrong section
    const auto last = key.substr(key.rfind('.') + 1);
    for (const auto& s : settings())
      if (s.name == last)
        best += (best.empty() ? "" : " or ") + s.key(name);
  }
  return best.empty() ? everything : fmt::format("did you mean {}?", best);
}

} // namespace monopod
