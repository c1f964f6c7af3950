#include "tools/control/habits/confirmation_inbox.hpp"

#include <chrono>

namespace monopod::control {

std::uint64_t confirmation_inbox::expect(receiver r) {
  receivers_.emplace(++last_number_, std::move(r));
  return last_number_;
}

void confirmation_inbox::arrived(std::uint64_t number, grpc::CompletionQueue* queue,
                                 bool confirmed) {
  const std::lock_guard lock(mutex_);
  if (closed_)
    return;
  arrived_.emplace_back(number, confirmed);
  if (!std::exchange(woken_, true))
    alarm_.Set(queue, std::chrono::system_clock::now(), &tell_);
}

void confirmation_inbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void confirmation_inbox::tell(bool) {
  std::vector<std::pair<std::uint64_t, bool>> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(arrived_);
    woken_ = false;
  }
  for (const auto& [number, confirmed] : all) {
    const auto found = receivers_.find(number);
    if (found == receivers_.end())
      continue;                      // its client has left
    const auto told = found->second; // it may forget itself
    told(confirmed);
  }
}

} // namespace monopod::control
