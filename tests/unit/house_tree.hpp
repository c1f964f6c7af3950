// The source tree, as the tests of the house see it.
#pragma once

#include "tests/unit/house_rules.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace monopod::house {

inline const std::filesystem::path root = MONOPOD_SOURCE_DIR;

/// The folders of the project, without builds and git's own.
inline constexpr std::array folders{"actors",  "clients", "cmake",     "core",     "docs",
                                    "k8s",     "models",  "packaging", "programs", "replication",
                                    "schemas", "tests",   "tools"};

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether a path from the root is a file of the project: written by hand, or generated from one
/// that is.
inline bool exists(const std::string& path) {
  static const std::regex generated(R"((schemas/\w+)(_generated\.h|_bfbs\.hpp))");
  static const std::regex from_proto(R"((tools/control/\w+)(\.grpc)?\.pb\.h)");
  std::smatch match;
  if (path == "core/version.hpp")
    return std::filesystem::exists(root / "cmake/version.hpp.in");
  if (std::regex_match(path, match, generated))
    return std::filesystem::exists(root / (match[1].str() + ".fbs"));
  if (std::regex_match(path, match, from_proto))
    return std::filesystem::exists(root / (match[1].str() + ".proto"));
  return std::filesystem::is_regular_file(root / path);
}

/// Whether it is a text by its ending, or a script without one.
inline bool is_text(const std::filesystem::path& path) {
  static const std::vector<std::string> endings{".cpp", ".hpp",  ".fbs",  ".py",  ".cmake", ".txt",
                                                ".md",  ".toml", ".yaml", ".yml", ".sh",    ".in"};
  const auto ending = path.extension().string();
  if (!ending.empty())
    return std::ranges::find(endings, ending) != endings.end();
  std::array<char, 2> first{};
  std::ifstream(path, std::ios::binary).read(first.data(), first.size());
  return first == std::array{'#', '!'};
}

/// Every text of the project, with its path from the root.
inline const std::vector<source>& texts() {
  static const auto all = [] {
    namespace fs = std::filesystem;
    std::vector<source> found;
    const auto add = [&found](const fs::directory_entry& entry) {
      if (entry.is_regular_file() && is_text(entry.path()))
        found.emplace_back(fs::relative(entry.path(), root).string(), read(entry.path()));
    };
    for (const auto* folder : folders)
      for (const auto& entry : fs::recursive_directory_iterator(root / folder))
        add(entry);
    for (const auto& entry : fs::directory_iterator(root))
      add(entry);
    return found;
  }();
  return all;
}

/// How many findings a rule has, and the line of the first one.
struct outcome {
  std::size_t count;
  std::size_t line;
  friend bool operator==(const outcome&, const outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const outcome& o) {
    return out << o.count << " from line " << o.line;
  }
};
inline outcome of(const findings& found) {
  return {found.size(), found.empty() ? 0 : found.front().line};
}

inline constexpr outcome good{0, 0};

} // namespace monopod::house
