// The experiments: what each one varies, and how it measures a run.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/settings.hpp"
#include "tools/experiment/variants.hpp"

#include <functional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// One of the systems that an experiment compares.
struct contender {
  std::string name; // in files and figures: the variant of a cell
  std::string meaning;
  /// Measures one run. std::runtime_error if something does not work.
  std::function<sample_table(const std::string& condition, const std::string& bin,
                             const settings& s)>
      run;
};

struct experiment {
  std::string name;
  std::string meaning;
  std::string thesis; // the thesis's figures on the same subject; empty if there are none
  std::vector<contender> variants;
  std::vector<std::string> conditions; // of each variant; a single empty name if there is only one
  /// Why the experiment can't run here; null or empty if it can.
  std::string (*missing)(const settings& s) = nullptr;
  /// The place where it runs besides this machine, which is kept with its samples; null if there
  /// is none.
  std::string (*place)(const settings& s) = nullptr;
  /// Another name under which it runs, with the others of its group; empty if there is none.
  std::string group = {};
};

/// Measures one run of a variant. std::runtime_error if something does not work.
using run_of_variant = sample_table (*)(const variant& v, const std::string& condition,
                                        const std::string& bin, const settings& s);
/// A contender for each variant.
std::vector<contender> all_of(const std::vector<variant>& variants, run_of_variant run);
/// A contender for each of these systems on the cluster of the settings (kubernetes/cluster.hpp).
std::vector<contender> on_cluster(const std::vector<std::string>& systems, run_of_variant run);

const std::vector<experiment>& all_experiments();

/// The experiments of that name or group, or all of them for "all". If there is none:
/// std::runtime_error with all names.
std::vector<const experiment*> find_experiments(const std::string& name);

/// The runs of an experiment: one repetition after the other, each in an order of its own, drawn
/// with the settings' seed.
std::vector<cell> plan(const experiment& e, const settings& s);

} // namespace monopod::experiment
