// What is written about the settings, generated from their declarations.
#pragma once

#include <string>

namespace monopod {

/// docs/configuration.md.
std::string configuration_page();

/// docs/monopod.example.toml: every setting with its default, explained. It loads, and gives the
/// defaults.
std::string example_file();

} // namespace monopod
