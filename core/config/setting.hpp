// The description of one configurable value. The table of all of them is in
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

/// Why a value can't be used, and what to do about it. Both are sentences without a capital letter
/// and a full stop.
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
  std::int64_t min = 0;           // of a number, or of the count of a list's entries
  std::int64_t max = 0;           // inclusive
  std::vector<std::string> words; // all words that are allowed, for setting_type::word
  std::string help;               // one line
  bool runtime = false;           // a reload may change it; others need a restart
  bool secret = false;            // never printed
  std::optional<setting_problem> (*check)(const std::string&) = nullptr; // of a string or of each
                                                                         // entry

  /// Reads and writes the value in `c`. If the sections have names, `section_name` says which one;
  /// it must exist in `c`.
  std::function<setting_value(const config& c, const std::string& section_name)> get;
  std::function<void(config& c, const std::string& section_name, const setting_value&)> set;

  /// The dotted key: "gateway.listen", "vision.NAME.credit".
  std::string key(std::string_view section_name = "NAME") const;
  /// The environment variable: "MONOPOD_GATEWAY_LISTEN", "MONOPOD_VISION_NAME_CREDIT".
  std::string environment_name(std::string_view section_name = "NAME") const;
  /// The values that are allowed, for people: "1024 to 16777216 bytes", "one of text, json", "a
  /// string".
  std::string allowed() const;
  /// The default as TOML.
  std::string default_text() const;
};

/// The spelling in environment variables: upper case, with '_' for '-' and '.'.
std::string environment_form(std::string_view name);

/// The value that the texts of a flag or an environment variable mean. Only a list may have several
/// texts, whose entries may also be separated by commas; one empty text is an empty list.
tl::expected<setting_value, setting_problem> parse_setting(const setting& s,
                                                           const std::vector<std::string>& texts);

/// Checks type, range, allowed words and the setting's own rule. Nothing if the value is fine.
std::optional<setting_problem> check_setting(const setting& s, const setting_value& value);

/// The problem with a value of the wrong type.
setting_problem wrong_type(const setting& s, std::string_view got);

/// The value as TOML, on one line.
std::string toml_text(const setting_value& value);

/// The text for a message: quoted, cut after `most_bytes`, without control characters.
std::string printable(std::string_view text, std::size_t most_bytes = 80);

} // namespace monopod
