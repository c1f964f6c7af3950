// Finds the settings that the environment gives.
#include "core/config/config_loader.hpp"
#include "core/config/settings.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

// The section's name in "MONOPOD_CLOUD_<name>_HOST"; nothing if the variable does not belong to
// `s`.
std::optional<std::string> name_in_variable(const setting& s, std::string_view variable) {
  const auto prefix = "MONOPOD_" + environment_form(s.section) + "_";
  const auto suffix = "_" + environment_form(s.name);
  if (variable.size() <= prefix.size() + suffix.size() || !variable.starts_with(prefix) ||
      !variable.ends_with(suffix))
    return std::nullopt;
  variable.remove_prefix(prefix.size());
  variable.remove_suffix(suffix.size());
  return std::string(variable);
}

// CLOUD_LOCAL_STATUS_TOPIC may be `status_topic` of "local" or `topic` of "local_status". A known
// section has priority, and then the longer setting.
std::optional<std::string> key_of_variable(std::string_view variable,
                                           const std::vector<std::string>& known) {
  std::optional<std::string> key;
  std::pair<bool, std::size_t> best{false, 0};
  for (const auto& s : settings()) {
    if (!s.named) {
      if (variable == s.environment_name())
        return s.key();
      continue;
    }
    auto name = name_in_variable(s, variable);
    if (!name)
      continue;
    const auto match =
        std::ranges::find_if(known, [&](const auto& k) { return environment_form(k) == *name; });
    const std::pair rank{match != known.end(), s.name.size()};
    if (rank < best)
      continue;
    best = rank;
    if (match != known.end())
      name = *match;
    else
      std::ranges::transform(*name, name->begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
    key = s.key(*name);
  }
  return key;
}

} // namespace

std::vector<config_override> environment_overrides(const std::vector<std::string>& known) {
  std::vector<config_override> found;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || !entry.starts_with("MONOPOD_"))
      continue;
    const auto variable = entry.substr(0, equals);
    if (auto key = key_of_variable(variable, known))
      found.push_back(
          {std::string(variable), std::move(*key), {std::string(entry.substr(equals + 1))}});
  }
  return found;
}

} // namespace monopod
