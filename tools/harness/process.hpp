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

/// A child process, started in the constructor (std::runtime_error if that fails) and ended with
/// the object: by SIGTERM, and by SIGKILL if it is still there five seconds later. It dies with
/// its parent (PR_SET_PDEATHSIG).
class process {
public:
  /// `output` is the file that gets stdout and stderr; if it is empty, they are inherited. `host`
  /// is the beginning of a command that runs the rest of it elsewhere, such as `ip netns exec
  /// NAME`. The process then has a process group of its own, which is signalled and waited for as
  /// a whole, and only its first process dies with the parent.
  process(const std::vector<std::string>& arguments, const std::filesystem::path& output = {},
          const std::vector<std::string>& host = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// The exit code once the process has ended (128 + signal if it was killed); nothing after the
  /// time-out.
  std::optional<int> wait(std::chrono::milliseconds timeout);

  /// Sends SIGTERM, then waits as wait() does, and sends SIGKILL at the time-out.
  int terminate(std::chrono::milliseconds timeout = std::chrono::seconds(5));

private:
  pid_t pid_ = -1;
  bool group_ = false;
  std::optional<int> exit_code_;
};

/// A process that others start and end.
struct named_process {
  std::string name;
  pid_t pid = -1;
};

/// Runs a command to its end and returns its exit code, stdout and stderr; std::runtime_error if
/// it takes longer than `timeout`.
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

/// The whole file; empty if there is none.
std::string read_file(const std::filesystem::path& path);

/// Whether `condition` became true within the time-out. It is asked every few milliseconds.
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
