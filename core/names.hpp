// Rules for the names of cameras, applications, clouds, sites and nodes, and patterns over them.
#pragma once

#include <string>
#include <string_view>

namespace monopod {

/// 1 to limits::name_bytes characters of [A-Za-z0-9._-]: safe in MQTT topics, file names, metric
/// labels and keys.
bool valid_name(std::string_view name);

/// The rule of valid_name(), for people.
inline constexpr const char* name_rule = "use 1 to 64 of A-Z a-z 0-9 . _ -";

/// Empty if the name is valid, else name_rule: a check of CLI11 (CLI::Option::check).
inline std::string wrong_name(const std::string& name) { return valid_name(name) ? "" : name_rule; }

/// Like valid_name, with '*' and '?' allowed as well.
bool valid_pattern(std::string_view pattern);

/// Whether `pattern` matches the whole of `name`: '*' stands for any run of characters, '?' for
/// one. The time is bounded by the product of both lengths.
bool matches(std::string_view pattern, std::string_view name);

} // namespace monopod
