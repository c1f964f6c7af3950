#include "tools/experiment/report.hpp"

#include "tools/experiment/verdict.hpp"
#include "tools/experiment/waterfall.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace monopod::experiment {

namespace {

constexpr const char* head = R"(<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Monopod: is it the hops?</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 14px }
td, th { padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left }
.missed { font-weight: bold } figure { margin: 1.5em 0; break-inside: avoid }
svg { width: 100%; height: auto } pre { white-space: pre-wrap; font-size: 13px }
</style>
<h1>Is it the hops?</h1>
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

// Removes the XML declaration, which only a file may have.
std::string inline_svg(const std::string& svg) {
  const auto start = svg.find("<svg");
  return start == std::string::npos ? svg : svg.substr(start);
}

std::string thesis(const figure& f) { return f.thesis ? fmt::format("{:g}", *f.thesis) : ""; }

std::string bound(const figure& f) {
  const auto& bound = f.at_least ? f.at_least : f.at_most;
  return bound ? fmt::format("{} {:g}{}", f.at_least ? "≥" : "≤", *bound, f.good() ? "" : " missed")
               : "";
}

// Counts the runs: an interrupted session has fewer of some variants than its settings say.
std::string runs_made(const session& s) {
  struct made {
    std::size_t runs = 0;
    std::map<std::pair<std::string, std::string>, std::size_t> of_each;
  };
  std::map<std::string, made> all;
  for (const auto& c : s.cells()) {
    auto& m = all[c.experiment];
    ++m.runs;
    ++m.of_each[{c.variant, c.condition}];
  }
  std::string text;
  for (const auto& [experiment, m] : all) {
    const auto [least, most] =
        std::ranges::minmax_element(m.of_each, {}, [](const auto& each) { return each.second; });
    text += fmt::format("{}: {} runs, {}{} of each\n", experiment, m.runs,
                        least->second == most->second ? "" : fmt::format("{} to ", least->second),
                        most->second);
  }
  return text;
}

std::string price(const std::optional<estimate>& e) {
  return e ? fmt::format("{:.3g} ({:.3g} to {:.3g})", e->value, e->low, e->high) : "";
}

// A line for each cause, between `head` and `foot`; empty without causes.
std::string waterfall_table(const report& r, const char* head, const char* line, const char* foot) {
  std::string lines;
  for (const auto& c : waterfall(figure_lookup(r.figures)))
    lines += fmt::format(fmt::runtime(line), c.name, price(c.ms), price(c.cores), name_of(c.known),
                         c.decided_by);
  return lines.empty() ? lines : head + lines + foot;
}

} // namespace

report make_report(const session& s) {
  return {s.description() + runs_made(s), all_figures(s), all_plots(s)};
}

std::string to_html(const report& r) {
  std::string text = head;
  text += "<h2>Verdict</h2>\n<ul>\n";
  for (const auto& sentence : verdict(figure_lookup(r.figures)))
    text += "<li>" + escaped(sentence) + "\n";
  text +=
      "</ul>\n" +
      waterfall_table(r,
                      "<h2>From the thesis's bare system to K3s</h2>\n<table><tr><th>cause<th>ms"
                      "<th>cores<th>known<th>what would decide it on that cluster\n",
                      "<tr><td>{}<td>{}<td>{}<td>{}<td>{}\n", "</table>\n");
  text += "<h2>Pictures</h2>\n";
  for (const auto& p : r.plots)
    text += fmt::format("<figure><figcaption><b>{}</b> {}</figcaption>\n{}</figure>\n",
                        escaped(p.title), escaped(p.meaning), inline_svg(p.svg));
  text += "<h2>Figures</h2>\n<p>Medians over the repetitions, with bootstrap intervals of 95 %.\n"
          "<table><tr><th>figure<th>value<th>low<th>high<th>unit<th>thesis<th>bound\n";
  for (const auto& f : r.figures)
    text += fmt::format("<tr{}><td>{}<td>{:.4g}<td>{:.4g}<td>{:.4g}<td>{}<td>{}<td>{}\n",
                        f.good() ? "" : " class=missed", f.name, f.value, f.low, f.high, f.unit,
                        thesis(f), bound(f));
  return text + "</table>\n<h2>Machine and settings</h2>\n<pre>" + escaped(r.description) +
         "</pre>\n</html>\n";
}

std::string to_markdown(const report& r) {
  std::string text = "# Is it the hops?\n\n";
  for (const auto& sentence : verdict(figure_lookup(r.figures)))
    text += "- " + sentence + "\n";
  text +=
      waterfall_table(r,
                      "\n| cause | ms | cores | known | what would decide it on that cluster |\n"
                      "| --- | --- | --- | --- | --- |\n",
                      "| {} | {} | {} | {} | {} |\n", "");
  for (const auto& p : r.plots)
    text += fmt::format("\n![{}]({}.svg)\n\n{}\n", p.title, p.name, p.meaning);
  text += "\n| figure | value | 95 % interval | unit | thesis | bound |\n"
          "| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& f : r.figures)
    text += fmt::format("| {} | {:.4g} | {:.4g} to {:.4g} | {} | {} | {} |\n", f.name, f.value,
                        f.low, f.high, f.unit, thesis(f), bound(f));
  return text + "\n```json\n" + r.description + "```\n";
}

} // namespace monopod::experiment
