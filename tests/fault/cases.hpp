// The cases: each starts what it needs, breaks it, measures, and ends what it started.
#pragma once

#include "tests/fault/outcome.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace monopod::fault {

/// Bounds on memory and speed hold for the build that is shipped, not under sanitizers.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool measures = false;
#else
inline constexpr bool measures = true;
#endif

struct options {
  std::string bin;                    // folder of the programs
  bool quick = false;                 // some seconds each: shows that it works, no figures to quote
  double soak_minutes = 30;           // not with quick
  std::uint64_t seed = 1;             // of every random choice
  std::string keep;                   // folder for logs and results of clouds that miss any
  std::vector<std::string> pod_flags; // further flags of `monopod run`

  /// Whether a bound on time holds: not in the short form, which is a test, and whose machine may
  /// do other things meanwhile.
  bool judges_times() const { return measures && !quick; }

  /// "" is monopod itself, "camera" monopod-camera.
  std::string program(const std::string& name = {}) const {
    return bin + "/monopod" + (name.empty() ? name : "-" + name);
  }
};

/// All of them throw std::runtime_error where what they need does not start.
outcome cloud_outage(const options& o);
outcome cloud_outage_paced(const options& o);
outcome picture_outage(const options& o);
outcome app_hang(const options& o);
outcome latest_age(const options& o);
outcome hostile(const options& o);
outcome hostile_1024(const options& o);
outcome hostile_memory(const options& o);
outcome hostile_turns(const options& o);
outcome hostile_http(const options& o);
outcome hostile_names(const options& o);
outcome hostile_messages(const options& o);
outcome hostile_group(const options& o);
outcome kill9_disk(const options& o);
outcome kill9_accepted(const options& o);
outcome full_disk(const options& o);
outcome start_outbox(const options& o);
outcome soak(const options& o);

struct fault_case {
  std::string name;
  std::string meaning;
  std::function<outcome(const options&)> run;
};
const std::vector<fault_case>& all_cases();

/// Waits; std::runtime_error where SIGINT or SIGTERM came, so that a case ends what it started.
void rest(int ms);

/// A line of progress, to stderr.
void say(const std::string& text);

} // namespace monopod::fault
