// A limit of processor time, as Kubernetes sets it.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace monopod::experiment {

/// A control group (version 2, or 1 where that has the controller) with a quota of processor time,
/// for all of its processes together; ends with the object, and its processes are without a quota
/// again. The period is Kubernetes' 100 ms. Where version 2 does not hand the controller to groups
/// below the root yet, it does from then on. std::runtime_error where the system does not allow it.
class cpu_quota {
public:
  explicit cpu_quota(double cores);
  ~cpu_quota();
  cpu_quota(const cpu_quota&) = delete;
  cpu_quota& operator=(const cpu_quota&) = delete;

  void add(pid_t process) const;

  /// Why there can be none here; empty: there can.
  static std::string missing();

private:
  std::filesystem::path parent_;
  std::filesystem::path group_;
};

} // namespace monopod::experiment
