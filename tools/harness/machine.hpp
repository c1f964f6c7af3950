// The machine that a measurement ran on.
#pragma once

#include <string>

namespace monopod::harness {

/// Processor, number of cores and kernel.
std::string machine();

} // namespace monopod::harness
