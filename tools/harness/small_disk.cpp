#include "tools/harness/small_disk.hpp"

#include <cerrno>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/mount.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace monopod::harness {

namespace {

namespace fs = std::filesystem;

void require(int result, const std::string& what) {
  if (result != 0)
    throw std::system_error(errno, std::generic_category(), what);
}

// From now on, the calling thread has its own mounts.
void leave_mounts() {
  thread_local bool left = false;
  if (left)
    return;
  const auto user = geteuid();
  if (unshare(CLONE_NEWNS) != 0) {
    require(unshare(CLONE_NEWUSER | CLONE_NEWNS), "no new mount namespace");
    std::ofstream("/proc/self/uid_map") << user << " " << user << " 1\n";
  }
  require(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "no mounts of its own");
  left = true;
}

fs::path filler(const fs::path& where) { return where / "filler"; }

} // namespace

small_disk::small_disk(fs::path where, unsigned size_mib) : where_(std::move(where)) {
  leave_mounts();
  fs::create_directories(where_);
  const auto options = "size=" + std::to_string(size_mib) + "m,mode=0700";
  require(mount("none", where_.c_str(), "tmpfs", 0, options.c_str()),
          "no tmpfs at " + where_.string());
}

// The unmount is lazy: a process that was killed may not be gone yet.
small_disk::~small_disk() { umount2(where_.c_str(), MNT_DETACH); }

void small_disk::fill() const {
  constexpr std::size_t page_bytes = 4096;
  const std::vector<char> page(page_bytes, 'x');
  std::ofstream file(filler(where_), std::ios::binary | std::ios::app);
  while (file.write(page.data(), page.size()).flush()) {
  }
  if (fs::space(where_).available > 0)
    throw std::runtime_error(where_.string() + " does not become full");
}

void small_disk::empty() const { fs::remove(filler(where_)); }

} // namespace monopod::harness
