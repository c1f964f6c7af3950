// Records of the running laboratories, by which other processes find them.
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

/// A laboratory as other processes see it.
struct lab_entry {
  std::string name;
  pid_t keeper = -1; // the process that has it; -1 if that is gone and left its folder
  std::map<std::string, std::string> hosts; // name -> path of its network namespace
};
/// Nothing if there is none of that name.
std::optional<lab_entry> find_lab(const std::string& name);
std::vector<lab_entry> all_labs();
/// Removes the leftovers of a laboratory whose process is gone.
void clear_away(const lab_entry& gone);

/// The laboratories of this process, one at a time, recorded while they live. Their folder is left
/// behind only if the process is killed.
class kept_laboratory {
public:
  /// An empty `name` stands for the process id. std::runtime_error if that laboratory exists
  /// already.
  explicit kept_laboratory(const std::string& name = {});
  ~kept_laboratory();
  kept_laboratory(const kept_laboratory&) = delete;
  kept_laboratory& operator=(const kept_laboratory&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  /// The laboratory with these options (their directory is chosen here). The present one stays if
  /// its replicas and small_disks are the same; else a new one replaces it.
  laboratory& with(lab_options o);
  void end() { lab_.reset(); }

private:
  std::filesystem::path directory_;
  int count_ = 0;
  std::unique_ptr<laboratory> lab_;
};

} // namespace monopod::lab
