// Strangers and broken peers of many kinds at once, beside a good camera that must not notice.
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/pod.hpp"
#include "tests/fault/strangers.hpp"

#include <optional>

namespace monopod::fault {

namespace {

constexpr std::size_t max_frame_bytes = 2 * 1024 * 1024; // gateway.max_frame_bytes
// The memory that the pod's own limits allow, and some kilobytes for each connection.
constexpr double growth_bound_mb =
    static_cast<double>(limits::bytes_in_flight_max + limits::waiting_bytes_max) / 1e6 +
    10'000 * 0.016;

// The pod's memory at its highest while the strangers are there.
double bother(outcome& result, pod& node, std::uint64_t seconds, std::size_t connections) {
  nuisance all_kinds(node.cameras(), node.applications(), "good-1", max_frame_bytes);
  silent_connections silent(node.cameras(), connections);
  say("hostile: " + std::to_string(silent.made()) + " silent connections");
  std::size_t reopened = 0;
  double first_half_mb = 0;
  double most_mb = 0;
  const auto start_ns = boottime_ns();
  for (auto now_ns = start_ns; now_ns < start_ns + seconds * ns_per_s; now_ns = boottime_ns()) {
    reopened += silent.again();
    most_mb = std::max(most_mb, anonymous_mb(node.pid()));
    if (now_ns < start_ns + seconds * ns_per_s / 2)
      first_half_mb = most_mb;
    rest(200);
  }
  result.add("growth_second_half_mb", most_mb - first_half_mb);
  result.add("silent_connections", static_cast<double>(silent.made()));
  result.add("reopened_connections", static_cast<double>(reopened));
  result.add("names_refused", static_cast<double>(all_kinds.name_taken()));
  result.add("frames_at_the_limit", static_cast<double>(all_kinds.at_limit()));
  result.add("frames_too_large", static_cast<double>(all_kinds.too_large()));
  result.add("bytes_trickled", static_cast<double>(all_kinds.trickled()));
  result.add("frames_never_answered", static_cast<double>(all_kinds.unanswered()));
  result.at_least("names refused", static_cast<double>(all_kinds.name_taken()), 1);
  result.at_least("frames at the limit", static_cast<double>(all_kinds.at_limit()), 1);
  result.at_least("frames too large", static_cast<double>(all_kinds.too_large()), 1);
  result.at_least("frames never answered", static_cast<double>(all_kinds.unanswered()), 1);
  return most_mb;
}

} // namespace

namespace {

outcome run_hostile(const options& o, std::size_t pod_descriptors) {
  const std::uint64_t seconds = o.quick ? 2 : 60;
  constexpr std::size_t wanted = 10'000;
  constexpr std::size_t spare = 500; // descriptors for everything else
  outcome result;
  const auto limit = raise_descriptor_limit();
  cloud there(o, "monopod/+/results/good-1/+");
  set_descriptor_limit(std::min(pod_descriptors, limit)); // which the pod inherits
  pod node(o, there.flags());
  raise_descriptor_limit();
  camera_load good({.endpoint = node.cameras(), .cameras = alike("good", 1, 50)});
  result.expect(harness::eventually([&] { return good.acknowledged() > 20; }),
                "no frame is acknowledged");
  const auto before_mb = anonymous_mb(node.pid());

  ++result.runs;
  const auto connections = std::min(wanted, limit - spare);
  if (connections < wanted)
    result.note("fewer silent connections: the limit of open files is " + std::to_string(limit));
  const auto most_mb = bother(result, node, seconds, connections);
  result.growth_mb = most_mb - before_mb;

  rest(1000); // they have left
  result.add("anonymous_before_mb", before_mb);
  result.add("anonymous_after_mb", anonymous_mb(node.pid()));
  result.expect(node.process().ready(), "the pod is not ready afterwards");
  const auto accounts = good.stop();
  finish(result, there, node, accounts);
  if (measures)
    result.at_most("growth_mb", result.growth_mb, growth_bound_mb);
  return result;
}

} // namespace

outcome hostile(const options& o) { return run_hostile(o, SIZE_MAX); }

// The limit of open files that a process has if nobody raises it.
outcome hostile_1024(const options& o) { return run_hostile(o, 1024); }

} // namespace monopod::fault
