#include "tests/fault/outcome.hpp"

#include <spdlog/fmt/fmt.h>

namespace monopod::fault {

namespace {

// Texts here are our own, but an error's may hold a path or a log.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c >= ' ' && c <= '~' ? c : ' ';
  }
  return out + '"';
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& t : texts)
    out += (out.empty() ? "" : ",") + quoted(t);
  return "[" + out + "]";
}

std::string number(double value) { return fmt::format("{:.10g}", value); }

std::string json(const outcome& o) {
  auto text = fmt::format(R"({{"case":{},"runs":{},"acked_lost":{},"lost":{},"twice_after_key":{},)"
                          R"("growth_mb":{:.3f},"seconds":{:.1f})",
                          quoted(o.name), o.runs, o.acked_lost, o.lost, o.twice_after_key,
                          o.growth_mb, o.seconds);
  for (const auto& [key, value] : o.figures)
    text += fmt::format(",\"{}\":{}", key, number(value));
  return text + fmt::format(R"(,"good":{},"broken":{},"notes":{}}})", o.good(), quoted(o.broken),
                            quoted(o.notes));
}

} // namespace

void outcome::at_most(const std::string& key, double value, double bound) {
  if (!(value <= bound))
    broken.push_back(fmt::format("{} is {:.4g}, bound {:.4g} at most", key, value, bound));
}

void outcome::at_least(const std::string& key, double value, double bound) {
  if (!(value >= bound))
    broken.push_back(fmt::format("{} is {:.4g}, bound {:.4g} at least", key, value, bound));
}

void outcome::expect(bool holds, const std::string& what) {
  if (!holds)
    broken.push_back(what);
}

void outcome::expect_delivered() {
  at_most("acked_lost", static_cast<double>(acked_lost), 0);
  at_most("lost", static_cast<double>(lost), 0);
  at_most("twice_after_key", static_cast<double>(twice_after_key), 0);
}

std::string table(const std::vector<outcome>& all) {
  auto text = fmt::format("{:<14}{:>6}{:>12}{:>6}{:>17}{:>11}{:>9}\n", "case", "runs", "acked_lost",
                          "lost", "twice_after_key", "growth_mb", "seconds");
  for (const auto& o : all) {
    text += fmt::format("{:<14}{:>6}{:>12}{:>6}{:>17}{:>11.2f}{:>9.1f}{}\n", o.name, o.runs,
                        o.acked_lost, o.lost, o.twice_after_key, o.growth_mb, o.seconds,
                        o.good() ? "" : "  BROKEN");
  }
  for (const auto& o : all) {
    text += "\n" + o.name + "\n";
    for (const auto& [key, value] : o.figures)
      text += fmt::format("  {:<34}{:>14}\n", key, number(value));
    for (const auto& n : o.notes)
      text += "  " + n + "\n";
    for (const auto& b : o.broken)
      text += "  BROKEN: " + b + "\n";
  }
  return text;
}

std::string json(const std::vector<outcome>& all) {
  std::string text;
  for (const auto& o : all)
    text += (text.empty() ? "[\n  " : ",\n  ") + json(o);
  return (text.empty() ? "[" : text) + "\n]\n";
}

} // namespace monopod::fault
