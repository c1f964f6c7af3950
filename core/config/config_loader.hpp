// From file, environment and flags to a config.
#pragma once

#include "core/config/config.hpp"

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// One thing that is wrong, with where it was said ("monopod.toml:12:3", "--http.listen") and what
/// helps.
struct config_mistake {
  std::string where;
  std::string what;
  std::string remedy;
};

/// A value from a flag or an environment variable.
struct config_override {
  std::string where;              // as the user knows it: "--loop.spin_us", "MONOPOD_LOOP_SPIN_US"
  std::string key;                // "loop.spin_us", "vision.detect.cameras"
  std::vector<std::string> texts; // several only for lists
};

/// Overrides that the process's environment asks for: MONOPOD_SECTION_KEY and
/// MONOPOD_SECTION_NAME_KEY. Section names are matched to `known` (in environment form), else taken
/// in lower case.
std::vector<config_override> environment_overrides(const std::vector<std::string>& known = {});

/// The names of all sections of `file`, and of those that are made where it has none; whatever
/// mistakes it has. For environment_overrides().
std::vector<std::string> section_names(const std::optional<std::string>& file);

/// Defaults, then `file` (TOML; none: no file), then `overrides` in their order. All mistakes at
/// once, at most limits::config_mistakes. Where no [vision.NAME] is configured there is one named
/// "emulator", where no [cloud.NAME] is, one named "local"; an empty `node` becomes the host's
/// name. Any thread.
tl::expected<config, std::vector<config_mistake>>
load_config(const std::optional<std::string>& file, const std::vector<config_override>& overrides);

/// As load_config, from the text of a file; `name` is what mistakes call it.
tl::expected<config, std::vector<config_mistake>>
load_config_text(const std::string& text, const std::string& name,
                 const std::vector<config_override>& overrides = {});

/// For people, one mistake a line.
std::string describe(const std::vector<config_mistake>& mistakes);

} // namespace monopod
