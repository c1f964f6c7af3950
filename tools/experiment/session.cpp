#include "tools/experiment/session.hpp"

#include "core/version.hpp"
#include "tools/harness/machine.hpp"
#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace monopod::experiment {

namespace {

namespace fs = std::filesystem;

constexpr const char* session_file = "session.json";
constexpr const char* none = "all"; // in a file's name, instead of an empty condition
constexpr const char* place_file = "place.txt";

// The first line of a program's output about its version; "missing" if it can't be run.
std::string version_of(const std::vector<std::string>& command) {
  const auto said = harness::run(command);
  return said.exit_code == 0 ? said.output.substr(0, said.output.find('\n')) : "missing";
}

std::string describe(const settings& s) {
  nlohmann::ordered_json all;
  all["machine"] = harness::machine();
  all["monopod"] = std::string(version);
  all["commit"] = std::string(commit);
  all["mosquitto"] = version_of({"sh", "-c", "mosquitto -h | grep version"});
  all["nats_server"] = version_of({"nats-server", "--version"});
  all["redis_server"] = version_of({"redis-server", "--version"});
  all["prometheus"] = version_of({"prometheus", "--version"});
  all["settings"] = to_text(s);
  return all.dump(2) + "\n";
}

// Writes the whole file or nothing, even if the power fails: a rename is atomic (rename(2)).
void write_whole(const fs::path& path, const std::string& text) {
  auto beside = path;
  beside += ".part";
  if (!(std::ofstream(beside) << text).flush())
    throw std::runtime_error("can't write " + beside.string());
  fs::rename(beside, path);
}

} // namespace

session session::open(const fs::path& folder, const settings& s) {
  fs::create_directories(folder);
  const auto now = describe(s);
  const auto path = folder / session_file;
  const auto before = harness::read_file(path);
  if (!before.empty() && before != now)
    throw std::runtime_error(
        folder.string() +
        " holds runs of other settings, another commit or machine, which must "
        "not be compared with these: give another --out, or remove it\nbefore: " +
        before + "now: " + now);
  if (before.empty())
    write_whole(path, now);
  return {folder, now};
}

session session::read(const fs::path& folder) {
  auto description = harness::read_file(folder / session_file);
  if (description.empty())
    throw std::runtime_error("no session in " + folder.string() +
                             ": monopod-experiment run makes one, or give another --out");
  std::set<fs::path> places;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(entry.path() / place_file))
      places.insert(entry.path());
  for (const auto& of : places)
    description += of.filename().string() + " on:\n" + harness::read_file(of / place_file);
  return {folder, std::move(description)};
}

fs::path session::file(const cell& c) const {
  return folder_ / c.experiment /
         fmt::format("{}.{}.{}.csv", c.variant, c.condition.empty() ? none : c.condition,
                     c.repetition);
}

void session::keep_place(const std::string& experiment, const std::string& place) const {
  const auto path = folder_ / experiment / place_file;
  const auto before = harness::read_file(path);
  if (!before.empty() && before != place)
    throw std::runtime_error(fmt::format("{} holds runs of {} on another cluster: give another "
                                         "--out, or remove it\nbefore: {}now: {}",
                                         folder_.string(), experiment, before, place));
  fs::create_directories(path.parent_path());
  write_whole(path, place);
}

bool session::has(const cell& c) const { return fs::exists(file(c)); }

void session::save(const cell& c, const sample_table& t) const {
  fs::create_directories(file(c).parent_path());
  write_whole(file(c), to_csv(t));
}

sample_table session::load(const cell& c) const {
  try {
    return from_csv(harness::read_file(file(c)));
  } catch (const std::exception& e) {
    throw std::runtime_error(file(c).string() + ": " + e.what());
  }
}

std::vector<cell> session::cells(const std::string& experiment) const {
  std::vector<cell> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    const auto& path = entry.path();
    if (path.extension() != ".csv")
      continue;
    const auto name = path.stem().string(); // VARIANT.CONDITION.REPETITION
    const auto first = name.find('.');
    const auto last = name.rfind('.');
    const auto of = path.parent_path().filename().string();
    if (first == std::string::npos || first == last || (!experiment.empty() && of != experiment))
      continue;
    auto condition = name.substr(first + 1, last - first - 1);
    if (condition == none)
      condition.clear();
    all.push_back({of, name.substr(0, first), condition, std::stoi(name.substr(last + 1))});
  }
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace monopod::experiment
