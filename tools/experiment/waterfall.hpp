// The causes of which the thesis's latency and processor time on K3s may consist.
#pragma once

#include "tools/experiment/verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace monopod::experiment {

/// How far it is known that a cause is part of the thesis's difference.
enum class evidence {
  no_part,   // it is in both of the thesis's figures
  computed,  // it was there; its price was measured here, and computed for the thesis's machine
  hypothesis // its price was measured here; that the thesis had it is not known
};

/// A cause, with the price that it adds to the bare system in median latency and in CPU. An
/// interval is the difference of two, and so wider than 95 %.
struct cause {
  std::string name;
  std::string kind; // causes of one kind contain each other
  std::optional<estimate> ms;
  std::optional<estimate> cores;
  evidence known = evidence::hypothesis;
  std::string decided_by; // the observation on the authors' cluster that would decide it
};

/// Causes that the figures have a price for, in the order of the chain from bare to K3s.
std::vector<cause> waterfall(const figure_lookup& f);

/// How much of the thesis's difference these causes add up to, of each kind the dearest.
struct coverage {
  double computed_ms = 0;   // of what surely was there
  double hypothesis_ms = 0; // of what may have been there
  double computed_cores = 0;
  double hypothesis_cores = 0;
};
coverage covered(const std::vector<cause>& all);

const char* name_of(evidence e);

/// A sentence about the coverage of these causes; empty without causes.
std::string sum_of(const std::vector<cause>& all);

} // namespace monopod::experiment
