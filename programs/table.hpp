// Tables for people, as our programs print them.
#pragma once

#include <string>
#include <vector>

namespace monopod {

enum class align { left, right };

struct column {
  std::string header;
  align side = align::right;
};

/// Rows of text in columns, each as wide as its widest cell. A column without text in its rows is
/// left out, and so is the line of headers if no column has one. Not thread-safe.
class table {
public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// Adds a row: a text for each column. Cells that are missing at its end are empty.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  /// All lines, each with a newline at its end and no blank before that.
  std::string text() const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace monopod
