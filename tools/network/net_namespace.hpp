// A network namespace of the laboratory.
#pragma once

#include <string>

namespace monopod::harness {

/// Held by a descriptor of this process alone, so that it ends with it however that ends; nothing
/// is put into the namespace that the program was started in. Loopback is up. std::system_error
/// where the kernel does not let us.
class net_namespace {
public:
  net_namespace();
  ~net_namespace();
  net_namespace(const net_namespace&) = delete;
  net_namespace& operator=(const net_namespace&) = delete;

  /// A path by which other processes reach it while this one lives.
  std::string path() const;
  /// The calling thread is in it from now on, and so is every thread and process that it starts.
  void enter() const;

private:
  int fd_ = -1;
};

/// The calling thread is in a namespace for as long as this lives. Sockets made meanwhile stay
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

/// Makes namespaces possible where the caller is not root: a user namespace in which it is. Before
/// any thread. std::runtime_error with the remedy where the system forbids that, too.
void become_root();

/// Runs lines of ip(8) in the caller's namespace; std::runtime_error with what it says where one
/// fails.
void ip(const std::string& lines);
/// The same with bridge(8).
void bridge(const std::string& lines);
/// The same with nft(8).
void nft(const std::string& rules);

} // namespace monopod::harness
