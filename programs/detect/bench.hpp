// The benchmark of monopod-detect: pictures of files, without a broker.
#pragma once

#include "programs/detect/options.hpp"

namespace monopod {

/// Looks at the pictures of the files in turn, again and again, and prints how long that takes:
/// frames a second, and medians and tails of its parts. Files are JPEG or Motion JPEG: no decoder
/// of videos is linked, since it would take more memory than the network does. Returns the exit
/// code. Throws std::runtime_error if a file can't be used.
int run_bench(const detect_options& options, observer_opener open);

} // namespace monopod
