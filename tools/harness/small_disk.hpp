// A disk for a process under test, which can be filled.
#pragma once

#include <filesystem>

namespace monopod::harness {

/// A file system in memory (tmpfs), mounted at a folder for as long as this lives. It is mounted in
/// a mount namespace, which the calling thread gets with its first disk (without root: with a user
/// namespace, which a process with several threads can't have): only processes that this thread
/// starts see the disk, and it ends with them. A full disk is truly full (ENOSPC), but fsync has
/// nothing to wait for. std::system_error if the kernel refuses.
class small_disk {
public:
  explicit small_disk(std::filesystem::path where, unsigned size_mib = 1);
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

} // namespace monopod::harness
