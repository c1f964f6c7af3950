// Three pods that are a group, with their ledgers on disk.
#pragma once

#include "tests/fault/pod.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace monopod::fault {

/// The nodes a, b and c on loopback, always at the same addresses.
class group {
public:
  /// `flags` of all pods; the state of node NAME is in `state`/NAME. Throws std::runtime_error
  /// unless all three are in sync within ten seconds.
  group(const options& o, const std::vector<std::string>& flags,
        const std::filesystem::path& state);

  static const std::vector<std::string>& names();
  pod& at(const std::string& name) { return pods_.at(name); }
  /// The endpoint at which the node listens to the others.
  const std::string& peers(const std::string& name) const { return peers_.at(name); }
  /// The endpoints for cameras, for a client that follows the primary.
  std::string cameras() const;
  /// The same for applications.
  std::string applications() const;
  /// The node that serves, at this moment; empty if none does.
  std::string serving() const;
  /// Waits until one node serves and all three are in sync; false after `timeout_s`.
  bool whole(double timeout_s = 10) const;
  /// SIGKILL to all.
  void kill();
  /// All again. Throws as the constructor does.
  void start();
  /// Sum of the results that wait for clouds at the node that serves falls to 0; false after
  /// `timeout_s`.
  bool drained(double timeout_s);
  /// The metrics of all pods' outboxes and clouds, on one line.
  std::string outbox() const;
  /// Ends all pods.
  void stop(outcome& result);

private:
  void await_whole() const;
  template <class Address>
  std::string joined(Address of) const;

  std::map<std::string, std::string> peers_;
  std::map<std::string, pod> pods_;
};

} // namespace monopod::fault
