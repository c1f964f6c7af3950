#include "tools/network/net_namespace.hpp"

#include "tools/harness/process.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace monopod::harness {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int current_namespace() {
  const int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fail("/proc/thread-self/ns/net");
  return fd;
}

void run_tool(const std::vector<std::string>& command) {
  const auto ended = run(command);
  if (ended.exit_code == 127)
    throw std::runtime_error(command.front() + " is missing: tools/setup installs it");
  if (ended.exit_code != 0)
    throw std::runtime_error(command.front() + " failed: " + ended.output);
}

void run_batch(const std::string& tool, const std::string& lines) {
  const temporary_directory scratch;
  const auto file = scratch.path() / "batch";
  std::ofstream(file) << lines;
  run_tool({tool, "-batch", file.string()});
}

} // namespace

net_namespace::net_namespace() {
  const int home = current_namespace();
  if (unshare(CLONE_NEWNET) != 0) {
    close(home);
    fail("no new network namespace");
  }
  fd_ = current_namespace();
  const bool back = setns(home, CLONE_NEWNET) == 0;
  close(home);
  if (!back)
    fail("no way back to the network namespace of before");
  const inside here(*this);
  ip("link set lo up\n");
}

net_namespace::~net_namespace() { close(fd_); }

std::string net_namespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_);
}

void net_namespace::enter() const {
  if (setns(fd_, CLONE_NEWNET) != 0)
    fail("can't enter the network namespace " + path());
}

inside::inside(const net_namespace& where) : home_(current_namespace()) { where.enter(); }

inside::~inside() {
  setns(home_, CLONE_NEWNET);
  close(home_);
}

void become_root() {
  if (geteuid() == 0)
    return;
  const auto uid = geteuid();
  const auto gid = getegid();
  // The network namespace is new as well: a process may return only to one that its user namespace
  // owns.
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    throw std::runtime_error("network namespaces need root, or user namespaces, which this system "
                             "forbids: run it with sudo");
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
  if (geteuid() != 0)
    throw std::runtime_error("no user namespace with a root of its own: run it with sudo");
}

void ip(const std::string& lines) { run_batch("ip", lines); }

void bridge(const std::string& lines) { run_batch("bridge", lines); }

void nft(const std::string& rules) { run_tool({"nft", rules}); }

} // namespace monopod::harness
