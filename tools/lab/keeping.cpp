#include "tools/lab/keeping.hpp"

#include "core/config/environment.hpp"
#include "tools/harness/process.hpp"

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace monopod::lab {

namespace {

namespace fs = std::filesystem;

// The time when the process started, in ticks since boot. It tells a process from a later one with
// the same id.
std::string start_of(pid_t pid) {
  auto text = harness::read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos)
    return {};
  std::istringstream fields(text.substr(after_name + 1));
  std::string field;
  constexpr int state_to_start = 20; // fields 3 to 22 of proc(5)
  for (int n = 0; n < state_to_start; ++n)
    fields >> field;
  return field;
}

} // namespace

fs::path laboratories() {
  const auto runtime = environment_variable("XDG_RUNTIME_DIR");
  return !runtime.empty() ? fs::path(runtime) / "monopod-lab"
                          : fs::path("/tmp/monopod-" + std::to_string(getuid())) / "monopod-lab";
}

std::optional<lab_entry> find_lab(const std::string& name) {
  const auto folder = laboratories() / name;
  if (name.empty() || !fs::is_directory(folder))
    return std::nullopt;
  lab_entry entry{.name = name, .hosts = {}};
  std::istringstream file(harness::read_file(folder / "hosts"));
  std::string start;
  if (file >> entry.keeper >> start && start_of(entry.keeper) != start)
    entry.keeper = -1;
  for (std::string host, path; file >> host >> path;)
    entry.hosts[host] = path;
  return entry;
}

std::vector<lab_entry> all_labs() {
  std::vector<lab_entry> all;
  std::error_code none;
  for (const auto& folder : fs::directory_iterator(laboratories(), none))
    if (auto entry = find_lab(folder.path().filename().string()))
      all.push_back(std::move(*entry));
  return all;
}

void clear_away(const lab_entry& gone) {
  std::error_code ignored;
  fs::remove_all(laboratories() / gone.name, ignored);
}

kept_laboratory::kept_laboratory(const std::string& name)
    : directory_(laboratories() / (name.empty() ? std::to_string(getpid()) : name)) {
  if (const auto there = find_lab(directory_.filename().string())) {
    if (there->keeper > 0)
      throw std::runtime_error("there is a laboratory " + there->name +
                               ": monopod-lab down ends it");
    clear_away(*there);
  }
  fs::create_directories(directory_);
  std::ofstream(directory_ / "hosts") << getpid() << " " << start_of(getpid()) << "\n";
  // Temporary files are in the folder, and so are removed with it if this process is killed.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread yet
  setenv("TMPDIR", directory_.c_str(), 1);
}

kept_laboratory::~kept_laboratory() {
  lab_.reset();
  clear_away({.name = directory_.filename().string(), .hosts = {}});
}

laboratory& kept_laboratory::with(lab_options o) {
  if (lab_ && lab_->options().replicas == o.replicas &&
      lab_->options().small_disks == o.small_disks)
    return *lab_;
  lab_.reset();
  o.directory = directory_ / std::to_string(++count_); // a new group starts without any state
  lab_ = std::make_unique<laboratory>(o);
  std::ofstream hosts(directory_ / "hosts");
  hosts << getpid() << " " << start_of(getpid()) << "\n";
  for (const auto& name : o.host_names())
    hosts << name << " " << lab_->net().at(name).path() << "\n";
  return *lab_;
}

} // namespace monopod::lab
