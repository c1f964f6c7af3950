// The results as a consumer keeps them, one per key, with a count of the missing ones.
#pragma once

#include "core/percentiles.hpp"
#include "core/sequence_set.hpp"
#include "schemas/result_generated.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace monopod {

enum class verdict { kept, twice, malformed };

/// Pure: the time is a parameter. Keeps one result per key, whatever its epoch; memory grows with
/// cameras, applications and gaps, not with results. It follows at most limits::collected_series
/// series (camera, stream, application), and counts the results of further ones as malformed.
class collector {
public:
  /// With `from_start`, numbers that are missing before the first one seen count as lost, too.
  explicit collector(bool from_start) : from_start_(from_start) {}

  verdict add(const wire::Result& result, std::uint64_t received_at_ns);
  void add_malformed() { ++malformed_; }

  struct summary {
    std::uint64_t results = 0; // kept: one per key
    std::uint64_t twice = 0;   // arrived with a key that was there already
    std::uint64_t gaps = 0;    // runs of missing sequence numbers
    std::uint64_t lost = 0;    // sequence numbers missing; a camera's own drops count here as well
    std::uint64_t out_of_order = 0; // a lower number after a higher one of its series
    std::uint64_t malformed = 0;
    std::size_t series = 0; // (camera, stream, application)
    double rate_per_s = 0;  // between the first and the last result
    samples publish_ms;     // camera's stamp -> just before publish, as the thesis measures it
    samples consumer_ms;    // camera's stamp -> here
  };
  summary summarise() const;
  std::uint64_t results() const { return results_; }

private:
  bool from_start_;
  std::map<std::tuple<std::string, std::uint64_t, std::string>, sequence_set> series_;
  std::uint64_t results_ = 0;
  std::uint64_t twice_ = 0;
  std::uint64_t out_of_order_ = 0;
  std::uint64_t malformed_ = 0;
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
  samples publish_ms_;
  samples consumer_ms_;
};

} // namespace monopod
