// What is known about one configurable value. The table of all of them is in
// core/config/settings.cpp.
#pragma once

#include "core/config/config.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

namespace monopod {

/// A value of any setting; words (enumerations) are strings.
using setting_value =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

enum class setting_type { boolean, integer, number, text, word, list };

/// Why a value can't be used, and what to do about it; both are sentences without an end.
struct setting_problem {
  std::string what;
  std::string remedy;
};

struct setting {
  std::string section; // "" for the top level, "gateway", "vision" ...
  std::string name;    // the key inside its section
  bool named = false;  // its sections have names: [vision.NAME]
  setting_type type = setting_type::text;
  std::string unit;               // "ms", "bytes" ...; empty if there is none
  std::int64_t min = 0;           // of a number; entries, of a list
  std::int64_t max = 0;           // inclusive
  std::vector<std::string> words; // all that are allowed, for setting_type::word
  std::string help;               // one line
  bool runtime = false;           // a reload may change it; others need a restart
  bool secret = false;            // never printed
  std::optional<setting_problem> (*check)(const std::string&) = nullptr; // of a text or each entry

  /// Reads and writes it in `c`; `section_name` says which section, where sections have names; it
  /// must exist in `c`.
  std::function<setting_value(const config& c, const std::string& section_name)> get;
  std::function<void(config& c, const std::string& section_name, const setting_value&)> set;

  /// "gateway.listen", "vision.NAME.credit".
  std::string key(std::string_view section_name = "NAME") const;
  /// "MONOPOD_GATEWAY_LISTEN", "MONOPOD_VISION_NAME_CREDIT".
  std::string environment_name(std::string_view section_name = "NAME") const;
  /// "1024 to 16777216 bytes", "one of text, json", "a string".
  std::string allowed() const;
  /// The default as TOML.
  std::string default_text() const;
};

/// As an environment variable spells it: upper case, '-' and '.' as '_'.
std::string environment_form(std::string_view name);

/// The value that a flag or an environment variable means. Several texts only for lists, whose
/// entries may also be separated by commas; one empty text is an empty list.
tl::expected<setting_value, setting_problem> parse_setting(const setting& s,
                                                           const std::vector<std::string>& texts);

/// Type, range, allowed words and the setting's own check.
std::optional<setting_problem> check_setting(const setting& s, const setting_value& value);

/// What to say about a value of the wrong type.
setting_problem wrong_type(const setting& s, std::string_view got);

/// As TOML, on one line.
std::string toml_text(const setting_value& value);

/// For messages: quoted, cut after 80 bytes, without control characters.
std::string printable(std::string_view text);

} // namespace monopod
