// Makes a config from file, environment and flags.
#pragma once

#include "core/config/config.hpp"

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// One mistake: where it is ("monopod.toml:12:3", "--http.listen"), what is wrong and what to do.
struct config_mistake {
  std::string where;
  std::string what;
  std::string remedy;
};

/// A value from a flag or an environment variable.
struct config_override {
  std::string where;              // as the user wrote it: "--loop.spin_us", "MONOPOD_LOOP_SPIN_US"
  std::string key;                // "loop.spin_us", "vision.detect.cameras"
  std::vector<std::string> texts; // several only for lists
};

/// The overrides in the process's environment: MONOPOD_SECTION_KEY and MONOPOD_SECTION_NAME_KEY. A
/// section's name is one of `known` if it matches one in environment form; otherwise it is taken in
/// lower case.
std::vector<config_override> environment_overrides(const std::vector<std::string>& known = {});

/// The names of all sections of `file`, and of the sections that are made if it has none of a kind.
/// Mistakes in the file don't matter here. For environment_overrides().
std::vector<std::string> section_names(const std::optional<std::string>& file);

/// Applies the defaults, then `file` (TOML; none: no file), then `overrides` in their order.
/// Returns all mistakes at once, at most limits::config_mistakes. Without any [cloud.NAME] there
/// is one named "local"; an empty `node` becomes the
/// host's name. Any thread.
tl::expected<config, std::vector<config_mistake>>
load_config(const std::optional<std::string>& file, const std::vector<config_override>& overrides);

/// Like load_config, from the text of a file, which mistakes call `name`.
tl::expected<config, std::vector<config_mistake>>
load_config_text(const std::string& text, const std::string& name,
                 const std::vector<config_override>& overrides = {});

/// The mistakes as text for people, one on each line.
std::string describe(const std::vector<config_mistake>& mistakes);

} // namespace monopod
