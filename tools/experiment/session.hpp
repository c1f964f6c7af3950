// The folder of a session: every raw sample, and what it was measured with.
#pragma once

#include "tools/experiment/sample_table.hpp"
#include "tools/experiment/settings.hpp"

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

namespace monopod::experiment {

/// One run: a variant under one condition, once. The parts are names: letters, digits, - and _.
struct cell {
  std::string experiment;
  std::string variant;
  std::string condition; // "16-cameras"; empty where the experiment has one only
  int repetition = 1;    // from 1

  bool operator==(const cell&) const = default;
  friend bool operator<(const cell& a, const cell& b) {
    return std::tie(a.experiment, a.variant, a.condition, a.repetition) <
           std::tie(b.experiment, b.variant, b.condition, b.repetition);
  }
};

/// A folder with a CSV file for each run, and session.json with machine, commit, versions and
/// settings. Files are there whole or not at all, so an interrupted session goes on where it was.
class session {
public:
  /// Of settings and this build: made where it is missing. std::runtime_error with the remedy where
  /// the folder holds runs of other settings, of another commit or machine: those must not be
  /// compared.
  static session open(const std::filesystem::path& folder, const settings& s);
  /// To read it: std::runtime_error where there is none.
  static session read(const std::filesystem::path& folder);

  bool has(const cell& c) const;
  /// std::runtime_error where it can't be written.
  void save(const cell& c, const sample_table& t) const;
  sample_table load(const cell& c) const;
  /// What an experiment runs on beside this machine. std::runtime_error with the remedy where its
  /// runs in the folder had another.
  void keep_place(const std::string& experiment, const std::string& place) const;
  /// Of an experiment, in order; all where it is empty.
  std::vector<cell> cells(const std::string& experiment = {}) const;

  const std::filesystem::path& folder() const { return folder_; }
  /// What session.json says: machine, commit, versions, settings. When read, places, too.
  const std::string& description() const { return description_; }

private:
  session(std::filesystem::path folder, std::string description)
      : folder_(std::move(folder)), description_(std::move(description)) {}
  std::filesystem::path file(const cell& c) const;

  std::filesystem::path folder_;
  std::string description_;
};

} // namespace monopod::experiment
