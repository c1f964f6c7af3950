// The experiments: what each varies, and how one run of it is measured.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/settings.hpp"
#include "tools/experiment/system.hpp"

#include <string>
#include <vector>

namespace monopod::experiment {

struct experiment {
  std::string name;
  std::string meaning;
  std::string thesis; // its figures there; empty: none
  std::vector<variant> variants;
  std::vector<std::string> conditions; // of each variant; one empty name where there is one only
  /// One run. std::runtime_error where something does not work.
  sample_table (*run)(const variant& v, const std::string& condition, const std::string& bin,
                      const settings& s);
  /// Why it can't be run here; null or empty: it can.
  std::string (*missing)() = nullptr;
};

const std::vector<experiment>& all_experiments();

/// By name; std::runtime_error with the names there are where it is none of them.
const experiment& find_experiment(const std::string& name);

/// Its runs: repetition by repetition, each in an order of its own, drawn by the settings' seed.
std::vector<cell> plan(const experiment& e, const settings& s);

} // namespace monopod::experiment
