// Where laboratories are written down, so that other processes find them.
#pragma once

#include "tools/lab/laboratory.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace monopod::lab {

/// $XDG_RUNTIME_DIR/monopod-lab, else /tmp/monopod-UID/monopod-lab.
std::filesystem::path laboratories();

/// A laboratory as others see it.
struct lab_entry {
  std::string name;
  pid_t keeper = -1; // the process that has it; -1: it is gone, and left its folder
  std::map<std::string, std::string> hosts; // name -> path of its network namespace
};
/// Nothing where there is none of that name.
std::optional<lab_entry> find_lab(const std::string& name);
std::vector<lab_entry> all_labs();
/// Removes what a laboratory left whose process is gone.
void clear_away(const lab_entry& gone);

/// Laboratories of this process, one at a time, written down while they live. Their folder stays
/// only where the process is killed.
class kept_laboratory {
public:
  /// `name`: the process's number where it is empty. std::runtime_error where there is one of that
  /// name.
  explicit kept_laboratory(const std::string& name = {});
  ~kept_laboratory();
  kept_laboratory(const kept_laboratory&) = delete;
  kept_laboratory& operator=(const kept_laboratory&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  /// The laboratory with these options (their directory is chosen here): the one there is, or a new
  /// one in its place.
  laboratory& with(lab_options o);
  void end() { lab_.reset(); }

private:
  std::filesystem::path directory_;
  int count_ = 0;
  std::unique_ptr<laboratory> lab_;
};

} // namespace monopod::lab
