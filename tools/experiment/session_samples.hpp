// Which samples a session has, as figures and pictures need them.
#pragma once

#include "tools/experiment/session.hpp"
#include "tools/experiment/statistics.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::experiment {

/// Of the bootstrap: the same report from the same samples.
inline constexpr std::uint64_t report_seed = 1;

/// What there are runs of, in this experiment: cells without a repetition, by variant and then by
/// the number that is their condition.
std::vector<cell> conditions_of(const session& s, const std::string& experiment);

/// Samples of a column, a list for each repetition of this variant and condition. `where`, with
/// `is`: only rows that have this there.
repetitions samples_of(const session& s, const cell& which, const std::string& column,
                       const std::string& where = {}, double is = 0);

} // namespace monopod::experiment
