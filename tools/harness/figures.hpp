// Measured figures with their bounds, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace monopod::harness {

struct figure {
  std::string name;
  double value = 0;
  std::string unit = {};    // "cores", "ms", "MB"; empty: a ratio, a number, or the name says it
  std::string meaning = {}; // for the table
  // Its bounds. A figure without one is for information.
  std::optional<double> at_most = std::nullopt;
  std::optional<double> at_least = std::nullopt;

  /// A value that is not a number meets no bound.
  bool good() const { return (!at_most || value <= *at_most) && (!at_least || value >= *at_least); }
};

/// The value of the figure with that name; 0 if there is none.
double value_of(const std::vector<figure>& all, std::string_view name);

/// Four significant digits, but whole numbers in full, and never in scientific notation.
std::string to_text(double value);
/// "<= 3", ">= 1", or nothing.
std::string bound_text(const figure& f);
/// A table for people, with a line for each figure.
std::string to_table(const std::vector<figure>& all);

/// A value as a JSON number: a whole number without a point, any other to ten significant digits.
/// A value that is not finite becomes null.
nlohmann::ordered_json to_json(double value);
/// {name, value, unit, bound}; bound is null if the figure has none.
nlohmann::ordered_json to_json(const figure& f);
/// A list of these.
nlohmann::ordered_json to_json(const std::vector<figure>& all);
/// Adds the values to an object, under their names.
void add_values(nlohmann::ordered_json& object, const std::vector<figure>& all);

/// Writes a document to the file, or nothing if `path` is empty. std::runtime_error if the file
/// can't be written.
void save(const nlohmann::ordered_json& document, const std::string& path);

} // namespace monopod::harness
