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

  /// All values of a column; std::runtime_error if no column has that name.
  std::vector<double> column(std::string_view name) const;
};

/// A line of names, and then the rows; numbers have nine digits.
std::string to_csv(const sample_table& t);
/// The table that to_csv() wrote; std::runtime_error with the line if the text is something else.
sample_table from_csv(const std::string& text);

} // namespace monopod::experiment
