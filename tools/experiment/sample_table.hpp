// Raw samples: a table of numbers, as CSV.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace monopod::experiment {

/// Rows of numbers under named columns. A value.
struct sample_table {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;

  /// All values of a column; std::runtime_error where there is none of that name.
  std::vector<double> column(std::string_view name) const;
};

/// With a line of names; numbers to nine digits.
std::string to_csv(const sample_table& t);
/// What to_csv wrote; std::runtime_error with the line where it is something else.
sample_table from_csv(const std::string& text);

} // namespace monopod::experiment
