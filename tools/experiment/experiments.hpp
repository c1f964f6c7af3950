// The experiments: what each varies, and how one run of it is measured.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// One of those that an experiment compares.
struct contender {
  std::string name; // in files and figures: a cell's variant
  std::string meaning;
  /// One run. std::runtime_error where something does not work.
  std::function<sample_table(const std::string& condition, const std::string& bin,
                             const settings& s)>
      run;
};

struct experiment {
  std::string name;
  std::string meaning;
  std::string thesis; // its figures there; empty: none
  std::vector<contender> variants;
  std::vector<std::string> conditions; // of each variant; one empty name where there is one only
  /// Why it can't be run here; null or empty: it can.
  std::string (*missing)(const settings& s) = nullptr;
  /// What it runs on beside this machine, which is kept with its samples; null: nothing.
  std::string (*place)(const settings& s) = nullptr;
};

const std::vector<experiment>& all_experiments();

/// By name; std::runtime_error with the names there are where it is none of them.
const experiment& find_experiment(const std::string& name);

/// Its runs: repetition by repetition, each in an order of its own, drawn by the settings' seed.
std::vector<cell> plan(const experiment& e, const settings& s);

} // namespace monopod::experiment
