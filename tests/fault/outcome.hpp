// The figures that a fault case measured, and whether its bounds held.
#pragma once

#include "tools/harness/figures.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod::fault {

/// One row of the table, one object of the JSON. Not thread-safe.
struct outcome {
  std::string name;
  std::uint64_t runs = 0;            // times the fault happened
  std::uint64_t acked_lost = 0;      // acknowledged frames without a result at a consumer
  std::uint64_t lost = 0;            // frames taken by a camera without a result at a consumer
  std::uint64_t twice_after_key = 0; // frames that count twice at a consumer that keeps one per key
  double growth_mb = 0;              // of the pod's own memory (Anonymous), 10^6 bytes
  double seconds = 0;                // that the case took

  /// Further figures, in the order of the calls; the unit is the key's ending.
  void add(std::string key, double value) {
    figures.push_back({.name = std::move(key), .value = value});
  }
  void note(std::string text) { notes.push_back(std::move(text)); }
  /// Notes a broken bound unless `value` is at most, or at least, `bound`.
  void at_most(const std::string& key, double value, double bound);
  void at_least(const std::string& key, double value, double bound);
  /// Records a broken expectation unless it holds.
  void expect(bool holds, const std::string& what);
  /// Nothing lost, nothing twice: the bound of every case.
  void expect_delivered();

  bool good() const { return broken.empty(); }

  std::vector<harness::figure> figures;
  std::vector<std::string> notes;
  std::vector<std::string> broken; // bounds, for people
};

/// For people: a line for each case, what else it measured, and the bounds that broke.
std::string to_table(const std::vector<outcome>& all);
/// An array with an object for each case.
nlohmann::ordered_json to_json(const std::vector<outcome>& all);

} // namespace monopod::fault
