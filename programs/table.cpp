#include "programs/table.hpp"

#include "core/ensure.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

// The number of characters: bytes of UTF-8 that continue a character do not count.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

} // namespace

void table::add(std::vector<std::string> cells) {
  MONOPOD_ENSURE(cells.size() <= columns_.size(), "a row has no more cells than the table columns");
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string table::text() const {
  auto lines = rows_;
  std::vector<std::string> headers;
  for (const auto& c : columns_)
    headers.push_back(c.header);
  if (std::ranges::any_of(headers, [](const auto& h) { return !h.empty(); }))
    lines.insert(lines.begin(), headers);
  std::vector<std::size_t> widths(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (std::ranges::any_of(rows_, [i](const auto& row) { return !row[i].empty(); }))
      for (const auto& line : lines)
        widths[i] = std::max(widths[i], width(line[i]));
  std::string all;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0)
        continue;
      const std::string blanks(widths[i] - width(line[i]), ' ');
      text += text.empty() ? "" : "  ";
      text += columns_[i].side == align::left ? line[i] + blanks : blanks + line[i];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    all += text + "\n";
  }
  return all;
}

} // namespace monopod
