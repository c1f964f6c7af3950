// A node's disk in the laboratory, which can be filled.
#pragma once

#include <filesystem>

namespace monopod::lab {

/// A file system of 1 MiB in memory (tmpfs), mounted at a folder for as long as this lives. It is
/// mounted in a mount namespace, which the calling thread gets with its first disk: only processes
/// that this thread starts see the disk, and it ends with them. A full disk is truly full
/// (ENOSPC), but fsync has nothing to wait for. std::system_error if the kernel refuses.
class small_disk {
public:
  explicit small_disk(std::filesystem::path where);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// Fills the disk: not one more byte can be written. std::runtime_error if some still can.
  void fill() const;
  /// Removes what fill() wrote.
  void empty() const;

private:
  std::filesystem::path where_;
};

} // namespace monopod::lab
