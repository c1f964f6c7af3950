// A session's samples, as figures and pictures need them.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/statistics.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The seed of the bootstrap, so that the same samples give the same report.
inline constexpr std::uint64_t report_seed = 1;

/// The variants and conditions of an experiment that have runs: cells without a repetition,
/// ordered by variant and then by the number that is their condition.
std::vector<cell> conditions_of(const session& s, const std::string& experiment);

/// Samples of a column, in a list for each repetition of this variant and condition. With `where`,
/// only rows whose value in that column is `is`.
repetitions samples_of(const session& s, const cell& which, const std::string& column,
                       const std::string& where = {}, double is = 0);

} // namespace monopod::experiment
