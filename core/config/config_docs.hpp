// The documentation of the settings, generated from their declarations.
#pragma once

#include <string>

namespace monopod {

/// The text of docs/configuration.md.
std::string configuration_page();

/// The text of docs/monopod.example.toml: every setting with its default, explained. It can be
/// loaded, and gives the defaults.
std::string example_file();

} // namespace monopod
