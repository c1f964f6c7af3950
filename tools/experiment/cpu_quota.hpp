// A limit of processor time, like those that Kubernetes sets.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace monopod::experiment {

/// A control group with a quota of processor time, which all its processes share. It is of version
/// 2, or of version 1 if that has the controller. It ends with the object, and its processes then
/// have no quota any more. The period is 100 ms, as in Kubernetes, unless another is asked for. If
/// version 2 does not hand the controller to groups below the root yet, it does so from then on.
/// std::runtime_error if the system refuses.
class cpu_quota {
public:
  explicit cpu_quota(double cores) : cpu_quota(cores, 100) {}
  /// With another period, of 1 to 1,000 ms, of which the quota is at least 1 ms. With a short
  /// period a machine is slow, rather than at a stand for some time.
  cpu_quota(double cores, double period_ms);
  ~cpu_quota();
  cpu_quota(const cpu_quota&) = delete;
  cpu_quota& operator=(const cpu_quota&) = delete;

  void add(pid_t process) const;

  /// Why a quota is impossible here; empty if it is possible.
  static std::string missing();

private:
  std::filesystem::path parent_;
  std::filesystem::path group_;
};

} // namespace monopod::experiment
