// Short runs of monopod-experiment in a folder, and the figures of its report.
#pragma once

#include "tests/e2e/kit.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace monopod::harness {

inline const std::string experiment = program("experiment");

inline std::vector<std::string> run_in(const temporary_directory& scratch,
                                       const std::vector<std::string>& names,
                                       const char* fps = "50") {
  return std::vector<std::string>{
             experiment,      "run", "--out",       (scratch.path() / "session").string(),
             "--frames",      "20",  "--fps",       fps,
             "--quiet-s",     "0",   "--measure-s", "5",
             "--repetitions", "1"} +
         names;
}

// The report's figures by their names. Its exit code is about bounds.
inline std::map<std::string, double> figures_of(const temporary_directory& scratch) {
  const auto json = (scratch.path() / "figures.json").string();
  run({experiment, "report", "--out", (scratch.path() / "session").string(), "--json", json},
      seconds(60));
  std::map<std::string, double> all;
  for (const auto& f : parse_json(read_file(json)))
    all[f.at("name")] = f.at("value");
  return all;
}

// The names of those that are not zero.
inline std::set<std::string> figures_in(const temporary_directory& scratch) {
  std::set<std::string> names;
  for (const auto& [name, value] : figures_of(scratch))
    if (value > 0)
      names.insert(name);
  return names;
}

} // namespace monopod::harness
