// The table of all settings and how a key is found in it.
#pragma once

#include "core/config/setting.hpp"

namespace monopod {

/// All settings, in the order of the documentation; sections are contiguous. Lives for ever.
const std::vector<setting>& settings();

/// The defaults, with one section "NAME" of each kind that has names.
const config& reference_config();

/// A section, or all [NAME.*] of one kind; only these have the last four.
struct section_info {
  std::string name;
  bool named;            // [vision.NAME]
  std::string help;      // one line
  std::string made_name; // the section that is made when there is none; empty: it stays so
  std::size_t most;      // more are refused
  std::vector<std::string> (*names)(const config& c);
  void (*make)(config& c, const std::string& name); // with its defaults; kept where it exists
};

/// All sections but the top level, in the order of the settings.
const std::vector<section_info>& sections();

/// Null if there is none.
const section_info* find_section(std::string_view name);

/// Null if there is none.
const setting* find_setting(std::string_view section, std::string_view name);

struct found_setting {
  const setting* which;
  std::string section_name; // empty if its section has no name
};

/// By dotted key, "gateway.listen" or "vision.north.gate.credit" (section name "north.gate").
std::optional<found_setting> find_key(std::string_view key);

/// "; did you mean ...?" as a sentence without the end, for a key that does not exist; or where to
/// find all keys.
std::string suggest_key(std::string_view key);

} // namespace monopod
