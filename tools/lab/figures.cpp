#include "tools/lab/figures.hpp"

#include <spdlog/fmt/fmt.h>

#include <fstream>
#include <stdexcept>

namespace monopod::lab {

std::string table(const std::vector<figure>& all) {
  std::string text = fmt::format("{:<26}{:>10}{:>9}\n", "figure", "value", "bound");
  for (const auto& f : all)
    text += fmt::format("{:<26}{:>10.4g}{:>9} {}{}\n", f.name, f.value,
                        f.bound ? fmt::format("{:g}", *f.bound) : "-", f.unit,
                        f.good() ? "" : "  BROKEN");
  return text;
}

void save(const std::vector<figure>& all, const std::string& path) {
  if (path.empty())
    return;
  std::string text;
  for (const auto& f : all)
    text += fmt::format("{}{{\"name\":\"{}\",\"value\":{:.5g},\"unit\":\"{}\",\"bound\":{}}}",
                        text.empty() ? "[\n  " : ",\n  ", f.name, f.value, f.unit,
                        f.bound ? fmt::format("{:g}", *f.bound) : "null");
  if (!(std::ofstream(path) << text << "\n]\n").flush())
    throw std::runtime_error("can't write " + path);
}

} // namespace monopod::lab
