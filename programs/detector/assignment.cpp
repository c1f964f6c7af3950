#include "programs/detector/assignment.hpp"

#include <limits>

namespace monopod {

namespace {

// Rows are added one by one: each searches a shortest path over columns to one that is free, on
// costs that potentials keep from being negative, and the pairs along the path move by one. There
// must be as many columns as rows at least.
class growing_assignment {
public:
  explicit growing_assignment(const cost_table& costs)
      : costs_(costs), row_potential_(costs.rows()), column_potential_(costs.columns()),
        row_of_(costs.columns(), none) {}

  void add(std::size_t row) {
    const auto columns = costs_.columns();
    std::vector<double> way(columns, std::numeric_limits<double>::infinity());
    std::vector<std::size_t> before(columns, none); // the column from which the way leads here
    std::vector<bool> done(columns, false);
    std::size_t from = none;
    for (std::size_t at = row; at != none; at = row_of_[from]) {
      std::size_t nearest = none;
      for (std::size_t c = 0; c < columns; ++c) {
        if (done[c])
          continue;
        const double length = costs_.at(at, c) - row_potential_[at] - column_potential_[c];
        if (length < way[c]) {
          way[c] = length;
          before[c] = from;
        }
        if (nearest == none || way[c] < way[nearest])
          nearest = c;
      }
      raise_potentials(row, way, done, way[nearest]);
      done[nearest] = true;
      from = nearest;
    }
    for (; from != none; from = before[from])
      row_of_[from] = before[from] == none ? row : row_of_[before[from]];
  }

  std::vector<std::size_t> columns_of_rows() const {
    std::vector<std::size_t> all(costs_.rows(), no_column);
    for (std::size_t c = 0; c < row_of_.size(); ++c)
      if (row_of_[c] != none)
        all[row_of_[c]] = c;
    return all;
  }

private:
  static constexpr auto none = static_cast<std::size_t>(-1);

  // Shortens every way by `step`, the shortest of them.
  void raise_potentials(std::size_t row, std::vector<double>& way, const std::vector<bool>& done,
                        double step) {
    row_potential_[row] += step;
    for (std::size_t c = 0; c < way.size(); ++c)
      if (done[c]) {
        row_potential_[row_of_[c]] += step;
        column_potential_[c] -= step;
      } else {
        way[c] -= step;
      }
  }

  const cost_table& costs_;
  std::vector<double> row_potential_;
  std::vector<double> column_potential_;
  std::vector<std::size_t> row_of_; // by column
};

} // namespace

std::vector<std::size_t> assign(const cost_table& costs) {
  const bool wide = costs.columns() >= costs.rows();
  cost_table turned(wide ? 0 : costs.columns(), wide ? 0 : costs.rows());
  for (std::size_t r = 0; r < turned.rows(); ++r)
    for (std::size_t c = 0; c < turned.columns(); ++c)
      turned.at(r, c) = costs.at(c, r);
  growing_assignment pairs(wide ? costs : turned);
  for (std::size_t r = 0; r < (wide ? costs : turned).rows(); ++r)
    pairs.add(r);
  if (wide)
    return pairs.columns_of_rows();
  std::vector<std::size_t> columns(costs.rows(), no_column);
  const auto rows = pairs.columns_of_rows();
  for (std::size_t c = 0; c < rows.size(); ++c)
    columns[rows[c]] = c;
  return columns;
}

} // namespace monopod
