// An application in a process of its own that crashes, hangs and comes back.
#pragma once

#include "tests/fault/pod.hpp"

#include <memory>
#include <string>
#include <vector>

namespace monopod::fault {

/// A monopod-app named `name` with policy `policy`.
class application {
public:
  application(const options& o, const pod& node, std::string name, const std::string& policy);

  const std::string& name() const { return name_; }
  harness::process& child() { return *process_; }
  /// SIGKILL.
  void crash();
  void come_back();
  /// Results that the pod took from it.
  double results(const pod& node) const;

private:
  std::string name_;
  std::vector<std::string> arguments_;
  harness::temporary_directory directory_;
  std::unique_ptr<harness::process> process_;
};

/// Whether the pod knows so many applications, its emulator among them, within ten seconds.
bool attached(pod& node, std::size_t count);

} // namespace monopod::fault
