// The assignment problem: who belongs to whom, at the least cost in all.
#pragma once

#include <cstddef>
#include <vector>

namespace monopod {

/// A table of costs.
class cost_table {
public:
  cost_table(std::size_t rows, std::size_t columns)
      : rows_(rows), columns_(columns), costs_(rows * columns) {}
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  float& at(std::size_t row, std::size_t column) { return costs_[row * columns_ + column]; }
  float at(std::size_t row, std::size_t column) const { return costs_[row * columns_ + column]; }

private:
  std::size_t rows_;
  std::size_t columns_;
  std::vector<float> costs_;
};

/// Pairs as many rows with columns as there are of the fewer, so that the sum of their costs is
/// least (H. W. Kuhn 1955, with the shortest augmenting paths of R. Jonker and A. Volgenant 1987).
/// Returns the column of each row, or `no_column`. Costs must be finite. Pure; takes rows^2 *
/// columns steps.
std::vector<std::size_t> assign(const cost_table& costs);

inline constexpr auto no_column = static_cast<std::size_t>(-1);

} // namespace monopod
