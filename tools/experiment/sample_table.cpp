#include "tools/experiment/sample_table.hpp"

#include "tools/experiment/comma_list.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace monopod::experiment {

namespace {

std::vector<double> numbers_of(const std::string& line, std::size_t count, std::size_t number) {
  std::vector<double> row;
  try {
    for (const auto& field : parts_of(line))
      row.push_back(std::stod(field));
  } catch (const std::exception&) { // of std::stod; the count below reports it
  }
  if (row.size() != count)
    throw std::runtime_error(fmt::format("line {} is not a row of {} numbers", number, count));
  return row;
}

} // namespace

std::vector<double> sample_table::column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end())
    throw std::runtime_error(fmt::format("no column {}", name));
  const auto at = static_cast<std::size_t>(found - columns.begin());
  std::vector<double> values;
  values.reserve(rows.size());
  for (const auto& row : rows)
    values.push_back(row.at(at));
  return values;
}

std::string to_csv(const sample_table& t) {
  auto text = fmt::format("{}\n", fmt::join(t.columns, ","));
  for (const auto& row : t.rows)
    text += fmt::format("{:.9g}\n", fmt::join(row, ","));
  return text;
}

sample_table from_csv(const std::string& text) {
  sample_table t;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  t.columns = parts_of(line);
  for (std::size_t number = 2; std::getline(lines, line); ++number)
    t.rows.push_back(numbers_of(line, t.columns.size(), number));
  return t;
}

} // namespace monopod::experiment
