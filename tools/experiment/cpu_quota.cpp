#include "tools/experiment/cpu_quota.hpp"

#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace monopod::experiment {

namespace {

namespace fs = std::filesystem;

const fs::path version_2 = "/sys/fs/cgroup";     // cgroups(7)
const fs::path version_1 = "/sys/fs/cgroup/cpu"; // if the old version still has the controller

void write(const fs::path& file, const std::string& text) {
  if (!(std::ofstream(file) << text).flush())
    throw std::runtime_error("can't write " + text + " to " + file.string());
}

bool has_word(const fs::path& file, const std::string& wanted) {
  std::istringstream words(harness::read_file(file));
  for (std::string word; words >> word;)
    if (word == wanted)
      return true;
  return false;
}

bool is_version_2() { return has_word(version_2 / "cgroup.controllers", "cpu"); }

constexpr std::string_view prefix = "monopod-experiment-"; // and then the process that made it

// Groups of processes that were killed. One that still has members can't be removed, and stays.
void remove_abandoned(const fs::path& parent) {
  for (const auto& entry : fs::directory_iterator(parent)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix))
      continue;
    const auto pid = static_cast<pid_t>(std::strtol(name.c_str() + prefix.size(), nullptr, 10));
    std::error_code has_members;
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
      fs::remove(entry.path(), has_members);
  }
}

} // namespace

std::string cpu_quota::missing() {
  if (!is_version_2() && !fs::exists(version_1 / "cpu.shares"))
    return "no control groups with a cpu controller here";
  if (geteuid() != 0)
    return "control groups need root: run it with sudo";
  return {};
}

cpu_quota::cpu_quota(double cores, double period_ms)
    : parent_(is_version_2() ? version_2 : version_1),
      group_(parent_ / fmt::format("{}{}", prefix, getpid())) {
  remove_abandoned(parent_);
  const auto period_us = fmt::format("{:.0f}", period_ms * 1e3);
  const auto quota_us = fmt::format("{:.0f}", std::max(1.0, cores * period_ms) * 1e3);
  if (is_version_2() && !has_word(version_2 / "cgroup.subtree_control", "cpu"))
    write(version_2 / "cgroup.subtree_control", "+cpu");
  fs::create_directory(group_);
  try {
    if (is_version_2()) {
      write(group_ / "cpu.max", fmt::format("{} {}", quota_us, period_us));
    } else {
      write(group_ / "cpu.cfs_period_us", period_us);
      write(group_ / "cpu.cfs_quota_us", quota_us);
    }
  } catch (...) { // the destructor will not run
    std::error_code ignored;
    fs::remove(group_, ignored);
    throw;
  }
}

cpu_quota::~cpu_quota() {
  std::istringstream processes(harness::read_file(group_ / "cgroup.procs"));
  for (std::string process; processes >> process;)
    std::ofstream(parent_ / "cgroup.procs") << process;
  std::error_code ignored;
  fs::remove(group_, ignored);
}

void cpu_quota::add(pid_t process) const {
  write(group_ / "cgroup.procs", std::to_string(process));
}

} // namespace monopod::experiment
