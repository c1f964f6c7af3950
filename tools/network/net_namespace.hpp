// A network namespace of the laboratory.
#pragma once

#include <string>

namespace monopod::harness {

/// A descriptor of this process alone holds it, so that it ends with the process, in whatever way
/// that ends. Nothing is added to the namespace that the program was started in. Loopback is up.
/// std::system_error if the kernel refuses.
class net_namespace {
public:
  net_namespace();
  ~net_namespace();
  net_namespace(const net_namespace&) = delete;
  net_namespace& operator=(const net_namespace&) = delete;

  /// A path by which other processes reach it while this process lives.
  std::string path() const;
  /// The calling thread moves into it, and so does every thread and process that it starts from
  /// now on.
  void enter() const;

private:
  int fd_ = -1;
};

/// Keeps the calling thread in a namespace for as long as this lives. Sockets made meanwhile stay
/// there.
class inside {
public:
  explicit inside(const net_namespace& where);
  ~inside();
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;

private:
  int home_;
};

/// Makes namespaces possible if the caller is not root: it enters a user namespace in which it is.
/// Call it before any thread starts. std::runtime_error with the remedy if the system forbids
/// that, too.
void become_root();

/// Runs lines of ip(8) in the caller's namespace; std::runtime_error with the output of ip if a
/// line fails.
void ip(const std::string& lines);
/// The same with bridge(8).
void bridge(const std::string& lines);
/// The same with nft(8).
void nft(const std::string& rules);

} // namespace monopod::harness
