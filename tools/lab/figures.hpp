// Named figures with their bounds, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace monopod::lab {

struct figure {
  std::string name;
  double value = 0;
  std::string unit;                           // "cores", "ms", "MB", "" for a ratio or a number
  std::optional<double> bound = std::nullopt; // at most; none: for information

  bool good() const { return !bound || value <= *bound; }
};

/// For people: a line for each.
std::string table(const std::vector<figure>& all);

/// Writes a list of {name, value, unit, bound} to the file; does nothing where `path` is empty.
/// std::runtime_error where it can't be written.
void save(const std::vector<figure>& all, const std::string& path);

} // namespace monopod::lab
