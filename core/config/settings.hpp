// The table of all settings, and the search for a key in it.
#pragma once

#include "core/config/setting.hpp"

namespace monopod {

/// All settings in the order of the documentation; sections are contiguous. The table lives for
/// ever.
const std::vector<setting>& settings();

/// The defaults, with one section "NAME" of each kind that has names.
const config& reference_config();

/// A section, or all sections of one kind such as [cloud.NAME]; only these have the fields
/// after `help`.
struct section_info {
  std::string name;
  bool named;            // [vision.NAME]
  std::string help;      // one line
  std::string made_name; // the section that is made if there is none; empty: none is made
  std::size_t most;      // more are refused
  std::vector<std::string> (*names)(const config& c);
  void (*make)(config& c, const std::string& name); // with its defaults; an existing one is kept
  void (*remove)(config& c, const std::string& name);
  bool runtime = false; // sections may come and go at run time
};

/// All sections except the top level, in the order of the settings.
const std::vector<section_info>& sections();

/// Null if there is none.
const section_info* find_section(std::string_view name);

/// Null if there is none.
const setting* find_setting(std::string_view section, std::string_view name);

struct found_setting {
  const setting* which;
  std::string section_name; // empty if its section has no name
};

/// Finds a setting by its dotted key: "gateway.listen", or "vision.north.gate.credit" (section name
/// "north.gate").
std::optional<found_setting> find_key(std::string_view key);

/// For a key that does not exist: "did you mean ...", as a sentence without its end, or where all
/// keys are listed.
std::string suggest_key(std::string_view key);

} // namespace monopod
