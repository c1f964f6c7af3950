// The folder of a session: every raw sample, and the conditions of its measurement.
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
  std::string condition; // "16-cameras"; empty if the experiment has only one
  int repetition = 1;    // from 1

  bool operator==(const cell&) const = default;
  friend bool operator<(const cell& a, const cell& b) {
    return std::tie(a.experiment, a.variant, a.condition, a.repetition) <
           std::tie(b.experiment, b.variant, b.condition, b.repetition);
  }
};

/// A folder with a CSV file for each run, and session.json with machine, commit, versions and
/// settings. Files are complete or missing, so an interrupted session can go on where it stopped.
class session {
public:
  /// A session with these settings and this build, created if it is missing. std::runtime_error
  /// with the remedy if the folder holds runs of other settings, another commit or another
  /// machine, because those must not be compared.
  static session open(const std::filesystem::path& folder, const settings& s);
  /// A session to be read: std::runtime_error if there is none.
  static session read(const std::filesystem::path& folder);

  bool has(const cell& c) const;
  /// Throws std::runtime_error if it can't be written.
  void save(const cell& c, const sample_table& t) const;
  sample_table load(const cell& c) const;
  /// Keeps the place where an experiment runs besides this machine. std::runtime_error with the
  /// remedy if earlier runs in the folder had another one.
  void keep_place(const std::string& experiment, const std::string& place) const;
  /// The runs of an experiment, in order; all runs if the name is empty.
  std::vector<cell> cells(const std::string& experiment = {}) const;

  const std::filesystem::path& folder() const { return folder_; }
  /// The content of session.json: machine, commit, versions, settings. After read(), places as
  /// well.
  const std::string& description() const { return description_; }

private:
  session(std::filesystem::path folder, std::string description)
      : folder_(std::move(folder)), description_(std::move(description)) {}
  std::filesystem::path file(const cell& c) const;

  std::filesystem::path folder_;
  std::string description_;
};

} // namespace monopod::experiment
