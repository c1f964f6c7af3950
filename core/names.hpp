// Rules for the names of cameras, applications, clouds, sites and nodes, and patterns over them.
#pragma once

#include <string_view>

namespace monopod {

/// 1 to limits::name_bytes characters of [A-Za-z0-9._-]: safe in MQTT topics, file names, metric
/// labels and keys.
bool valid_name(std::string_view name);

/// Like valid_name, with '*' and '?' allowed as well.
bool valid_pattern(std::string_view pattern);

/// Whether `pattern` matches the whole of `name`: '*' stands for any run of characters, '?' for
/// one. The time is bounded by the product of both lengths.
bool matches(std::string_view pattern, std::string_view name);

} // namespace monopod
