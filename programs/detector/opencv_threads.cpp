#include "programs/detector/opencv_threads.hpp"

#include <opencv2/core/utility.hpp>

namespace monopod {

namespace {

std::shared_mutex passes;
// Taken before `passes` by all: a change waits for its turn, and networks that start later wait
// behind it, else two that take turns would hold it up for good.
std::mutex queue;
int asked_for = 0; // under `queue`

} // namespace

void use_opencv_threads(int threads) {
  const std::lock_guard first(queue);
  if (threads <= asked_for)
    return;
  const std::unique_lock alone(passes);
  asked_for = threads;
  cv::setNumThreads(threads);
}

std::shared_lock<std::shared_mutex> opencv_turn() {
  const std::lock_guard first(queue);
  return std::shared_lock(passes);
}

} // namespace monopod
