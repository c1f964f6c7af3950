// Child processes for benchmarks and end-to-end tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace monopod::harness {

/// A child process, started in the constructor (std::runtime_error where that fails) and ended with
/// the object: SIGTERM, and SIGKILL where it is still there five seconds later. It dies with its
/// parent (PR_SET_PDEATHSIG).
class process {
public:
  /// `output`: file that gets stdout and stderr; empty: inherited. `host`: the beginning of a
  /// command that runs the rest of it elsewhere, as `ip netns exec NAME`; the process has then a
  /// group of its own, is signalled and waited for with all that is in it, and only the first of
  /// them dies with its parent.
  process(const std::vector<std::string>& arguments, const std::filesystem::path& output = {},
          const std::vector<std::string>& host = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// The exit code (128 + signal where it was killed), once it has ended; nothing after the
  /// time-out.
  std::optional<int> wait(std::chrono::milliseconds timeout);

  /// SIGTERM, then as wait(), with SIGKILL at the time-out.
  int terminate(std::chrono::milliseconds timeout = std::chrono::seconds(5));

private:
  pid_t pid_ = -1;
  bool group_ = false;
  std::optional<int> exit_code_;
};

/// A process that somebody else started and ends.
struct named_process {
  std::string name;
  pid_t pid = -1;
};

/// Runs a command to its end and returns its exit code, stdout and stderr; std::runtime_error where
/// it takes longer.
struct finished {
  int exit_code = 0;
  std::string output;
};
finished run(const std::vector<std::string>& arguments,
             std::chrono::milliseconds timeout = std::chrono::seconds(30));

/// CPU time of all threads of a process, with the scheduler's nanoseconds
/// (/proc/PID/task/*/schedstat).
std::uint64_t cpu_ns(pid_t pid);
/// Resident memory (/proc/PID/statm).
std::uint64_t resident_bytes(pid_t pid);

/// A TCP port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

/// A new directory, removed with the object.
class temporary_directory {
public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// The whole file; empty where there is none.
std::string read_file(const std::filesystem::path& path);

/// Whether `condition` became true within the time-out; looks every few milliseconds.
template <class F>
bool eventually(F condition, std::chrono::milliseconds timeout = std::chrono::seconds(10));

void pause_ms(int ms);

template <class F>
bool eventually(F condition, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    pause_ms(5);
  }
  return true;
}

} // namespace monopod::harness
