// Crowds that want all of a node's memory, or all of its time, beside a good camera.
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "tests/fault/crowd.hpp"
#include "tests/fault/pod_with_good_camera.hpp"
#include "tests/fault/strangers.hpp"

#include <algorithm>

namespace monopod::fault {

namespace {

constexpr double crowd_growth_mb_max = 64;
constexpr std::size_t many = 4096; // connections

// The gap of the good camera while `bother` lives.
template <class Bother>
double gap_beside(pod_with_good_camera& s, std::uint64_t ms, const Bother&) {
  s.good->begin();
  rest(static_cast<int>(ms));
  return s.good->gap_ms_max();
}

std::string envelope_claim(std::size_t bytes) { return zmtp_opening() + zmtp_header(bytes); }

std::string body_claim(std::size_t bytes) {
  return zmtp_opening() + zmtp_header(5, true) + "frame" + zmtp_header(bytes);
}

} // namespace

outcome hostile_memory(const options& o) {
  outcome result;
  raise_descriptor_limit();
  pod_with_good_camera s(o);
  result.expect(s.good->publishes(20), "no frame is acknowledged");
  const auto before_mb = anonymous_mb(s.node.pid());
  const std::string filler(256 * 1024, 'x');
  constexpr std::size_t camera_part = 3 * 1024 * 1024; // gateway.max_frame_bytes and its slack
  const auto size = [&](std::size_t full) { return o.quick ? full / 16 : full; };
  ++result.runs;
  {
    const crowd all(
        {{.endpoint = s.peers, .count = 40, .once = envelope_claim(limits::peer_message_bytes)},
         {.endpoint = s.node.cameras(),
          .count = size(1000),
          .once = envelope_claim(limits::envelope_bytes)},
         {.endpoint = s.node.cameras(),
          .count = size(1000),
          .once = body_claim(camera_part),
          .again = filler},
         {.endpoint = s.node.applications(),
          .count = size(1000),
          .once = body_claim(limits::frame_bytes),
          .again = filler},
         {.endpoint = s.node.applications(),
          .count = size(500),
          .once = envelope_claim(limits::envelope_bytes),
          .again = filler},
         {.endpoint = s.peers,
          .count = size(many - 3540),
          .once = envelope_claim(limits::peer_message_bytes),
          .again = filler}});
    s.good->begin();
    double most_mb = 0;
    const auto end_ns = boottime_ns() + (o.quick ? 2 : 30) * ns_per_s;
    while (boottime_ns() < end_ns && most_mb < 1000) { // beyond, this machine is in danger
      rest(100);
      most_mb = std::max(most_mb, anonymous_mb(s.node.pid()));
    }
    result.growth_mb = most_mb - before_mb;
    result.add("good_gap_ms_max", s.good->gap_ms_max());
    result.add("connections_opened", static_cast<double>(all.opened()));
    result.add("connections_closed", static_cast<double>(all.closed()));
    result.add("sent_mb", static_cast<double>(all.bytes()) / 1e6);
    result.add("anonymous_before_mb", before_mb);
    if (measures)
      result.at_most("growth_mb", result.growth_mb, crowd_growth_mb_max);
    if (o.judges_times())
      result.at_most("good_gap_ms_max", s.good->gap_ms_max(), good_gap_bound_ms);
  }
  s.restart_and_finish(result);
  return result;
}

outcome hostile_turns(const options& o) {
  outcome result;
  raise_descriptor_limit();
  pod_with_good_camera s(o);
  result.expect(s.good->publishes(20), "no frame is acknowledged");
  const std::uint64_t ms = o.quick ? 500 : 10'000;
  const std::string tiny(64 * 1024, '\0'); // messages of two bytes: no flags, no content
  const auto at_cameras = [&](std::size_t count, const std::string& once,
                              const std::string& again = {}) {
    return std::vector<crowd_kind>{
        {.endpoint = s.node.cameras(), .count = count, .once = once, .again = again}};
  };
  double most_ms = 0;
  const auto note = [&](const std::string& what, double gap_ms) {
    ++result.runs;
    result.add("good_gap_" + what + "_ms", gap_ms);
    most_ms = std::max(most_ms, gap_ms);
    s.good->publishes(20); // whatever was left is worked off
  };
  note("bursts", gap_beside(s, ms, crowd(at_cameras(50, zmtp_opening() + tiny))));
  note("going_on", gap_beside(s, ms, crowd(at_cameras(20, zmtp_opening(), tiny))));
  {
    const crowd at_rest(at_cameras(o.quick ? many / 4 : many, zmtp_opening()));
    note("at_rest", gap_beside(s, ms, at_rest));
    result.add("closed_at_rest", static_cast<double>(at_rest.closed()));
    camera_load late({.endpoint = s.node.cameras(), .cameras = alike("late", 1, 50)});
    const bool served = harness::eventually([&] { return late.acknowledged() > 10; });
    result.add("late_camera_is_served", served ? 1 : 0);
    result.expect(served, "a camera that comes late finds no room");
    late.stop();
  }
  {
    const junk_datagrams junk(s.peers);
    note("datagrams", gap_beside(s, ms, junk));
    result.add("junk_datagrams", static_cast<double>(junk.sent()));
  }
  result.add("good_gap_ms_max", most_ms);
  if (o.judges_times())
    result.at_most("good_gap_ms_max", most_ms, good_gap_bound_ms);
  s.restart_and_finish(result);
  return result;
}

} // namespace monopod::fault
