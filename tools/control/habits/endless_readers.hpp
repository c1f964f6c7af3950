// The gateway's habit of reading on after a publish stream was cut (--reads-on).
#pragma once

#include "tools/control/habits/processor_turns.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace monopod::control {

/// VEI's loops that read a publish stream end at the regular end of that stream and at no other.
/// After a stream that was cut, such a loop gets an error and an empty message, encodes that
/// message, publishes it without a name, which is refused, and reads again, for ever. Here each of
/// them is a thread that does the like in turns of ten milliseconds. It encodes as protobuf even if
/// frames pass as JSON, because libprotobuf's JSON has a lock: threads that spin would wait for
/// each other, and frames for them, which VEI's do not.
class endless_readers {
public:
  /// Further streams are not read on, which is logged.
  static constexpr std::size_t at_most = 64;

  /// The turns must outlive it.
  explicit endless_readers(processor_turns& turns) : turns_(turns) {}
  ~endless_readers() { stop(); }
  endless_readers(const endless_readers&) = delete;
  endless_readers& operator=(const endless_readers&) = delete;

  /// Starts a thread for a stream that was cut; both texts are for the log. Any thread.
  void read_on(std::string_view stream, const std::string& peer);
  /// Ends the threads, and no other one starts. Any thread; waits for the turns that are taken.
  void stop();

  /// The streams that are read on. Any thread.
  std::uint64_t count() const { return count_; }

private:
  void spin() const;

  processor_turns& turns_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> count_ = 0;
  std::mutex mutex_; // guards the threads
  std::vector<std::thread> threads_;
};

} // namespace monopod::control
