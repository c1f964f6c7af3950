// A disk of a node in the laboratory that can be full.
#pragma once

#include <filesystem>

namespace monopod::lab {

/// A file system in memory (tmpfs) at a folder, for as long as this lives; of 1 MiB. It is mounted
/// in a mount namespace that the calling thread gets with its first one: processes that this thread
/// starts see it, nobody else does, and it ends with them. Full it is truly full (ENOSPC), but it
/// has nothing to wait for in fsync. std::system_error where the kernel does not let us.
class small_disk {
public:
  explicit small_disk(std::filesystem::path where);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// Not one more byte can be written. std::runtime_error where some can be.
  void fill() const;
  /// What fill() wrote is gone.
  void empty() const;

private:
  std::filesystem::path where_;
};

} // namespace monopod::lab
