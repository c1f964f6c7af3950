// The threads of OpenCV, which a process has once, however many networks it runs.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace monopod {

/// Asks OpenCV for at least so many threads for each pass of a network. The number only rises, so
/// that of the most demanding detector holds for all. Waits until no network runs. Any thread.
void use_opencv_threads(int threads);

/// Held while a network runs: the number of threads does not change then. If two run at the same
/// time, the second one takes one thread only, its caller's. Any thread.
std::shared_lock<std::shared_mutex> opencv_turn();

} // namespace monopod
