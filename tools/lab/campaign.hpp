// Runs faults again and again, and measures their effects.
#pragma once

#include "core/percentiles.hpp"
#include "tools/lab/faults.hpp"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace monopod::lab {

/// One row of the matrix.
struct fault_outcome {
  std::string fault;
  double bound_ms = 0; // for outage_ms at the 99th percentile
  std::uint64_t runs = 0;
  samples outage_ms; // the larger of the next two
  samples camera_ms;
  samples consumer_ms;
  delivery sum;
  std::uint64_t view_changes = 0;  // epochs
  double seconds = 0;              // of the whole row
  std::vector<std::string> broken; // bounds, and runs that failed; for people
};

struct campaign_options {
  lab_options lab;
  std::vector<std::string> faults; // if empty: all faults that the laboratory has the members for
  std::uint64_t runs = 5;
  std::uint64_t seed = 1;
  bool quiet = false;
  std::string json; // file that gets the rows measured so far, after each row
};

/// Runs the faults. A row ends at the first run after which the group does not become whole again,
/// and the next row gets a new laboratory.
std::vector<fault_outcome> run_campaign(const campaign_options& o);

/// A table for people.
std::string to_table(const std::vector<fault_outcome>& all);
/// A list with an object for each row.
nlohmann::ordered_json to_json(const std::vector<fault_outcome>& all, std::uint64_t seed);

} // namespace monopod::lab
