// Crowds that want all of a node's memory, or all of its time, beside a good camera.
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/crowd.hpp"
#include "tests/fault/pod.hpp"
#include "tests/fault/strangers.hpp"

#include <algorithm>
#include <atomic>

namespace monopod::fault {

namespace {

constexpr double crowd_growth_mb_max = 64;
constexpr double gap_bound_ms = 100;
constexpr std::size_t many = 4096; // connections

// The longest time between two acknowledgements of a camera.
class gap_watch {
public:
  void begin() {
    most_ns_ = 0;
    last_ns_ = boottime_ns();
  }
  void acknowledged() {
    const auto now_ns = boottime_ns();
    most_ns_ = std::max<std::uint64_t>(most_ns_, now_ns - last_ns_.exchange(now_ns));
  }
  double most_ms() const {
    return static_cast<double>(std::max<std::uint64_t>(most_ns_, boottime_ns() - last_ns_)) * 1e-6;
  }

private:
  std::atomic<std::uint64_t> last_ns_ = boottime_ns();
  std::atomic<std::uint64_t> most_ns_ = 0;
};

// A pod that is a group of one, since a group has one port more; and a camera at 50 fps.
struct stage_set {
  explicit stage_set(const options& o)
      : there(o, "monopod/+/results/good-1/+"), peers(endpoint()), node(o, flags()) {
    good.emplace(load_options{.endpoint = node.cameras(),
                              .cameras = alike("good", 1, 50),
                              .on_acknowledged = [this](std::size_t) { gaps.acknowledged(); }});
  }

  static std::string endpoint() {
    return "tcp://127.0.0.1:" + std::to_string(harness::free_port());
  }
  std::vector<std::string> flags() const {
    auto all = there.flags();
    const auto more = on_disk(directory.path() / "ledger");
    all.insert(all.end(), more.begin(), more.end());
    all.insert(all.end(), {"--node", "a", "--group.directory",
                           (directory.path() / "group").string(), "--member.a.address", peers});
    return all;
  }
  bool publishes(std::uint64_t frames) const {
    const auto before = good->acknowledged();
    return harness::eventually([&] { return good->acknowledged() >= before + frames; });
  }

  // The pod is started again beside the crowd, if any, and the camera goes on.
  void finish(outcome& result) {
    node.kill_and_restart();
    const bool serves = publishes(20);
    result.add("good_after_restart", serves ? 1 : 0);
    result.expect(serves, "the good camera is not served after a restart");
    const auto accounts = good->stop();
    result.expect(node.drained(10), "results stay in the outbox");
    add(result, there.judge(accounts, {"emulator"}));
    add(result, accounts);
    result.expect_delivered();
    node.stop(result);
  }

  harness::temporary_directory directory;
  cloud there;
  std::string peers;
  pod node;
  gap_watch gaps;
  std::optional<camera_load> good;
};

// The gap of the good camera while `bother` lives.
template <class Bother>
double gap_beside(stage_set& s, std::uint64_t ms, const Bother&) {
  s.gaps.begin();
  rest(static_cast<int>(ms));
  return s.gaps.most_ms();
}

std::string envelope_claim(std::size_t bytes) { return zmtp_opening() + zmtp_header(bytes); }

std::string body_claim(std::size_t bytes) {
  return zmtp_opening() + zmtp_header(5, true) + "frame" + zmtp_header(bytes);
}

} // namespace

outcome hostile_memory(const options& o) {
  outcome result;
  raise_descriptor_limit();
  stage_set s(o);
  result.expect(s.publishes(20), "no frame is acknowledged");
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
    s.gaps.begin();
    double most_mb = 0;
    const auto end_ns = boottime_ns() + (o.quick ? 2 : 30) * ns_per_s;
    while (boottime_ns() < end_ns && most_mb < 1000) { // beyond, this machine is in danger
      rest(100);
      most_mb = std::max(most_mb, anonymous_mb(s.node.pid()));
    }
    result.growth_mb = most_mb - before_mb;
    result.add("good_gap_ms_max", s.gaps.most_ms());
    result.add("connections_opened", static_cast<double>(all.opened()));
    result.add("connections_closed", static_cast<double>(all.closed()));
    result.add("sent_mb", static_cast<double>(all.bytes()) / 1e6);
    result.add("anonymous_before_mb", before_mb);
    if (measures)
      result.at_most("growth_mb", result.growth_mb, crowd_growth_mb_max);
    if (o.judges_times())
      result.at_most("good_gap_ms_max", s.gaps.most_ms(), gap_bound_ms);
  }
  s.finish(result);
  return result;
}

outcome hostile_turns(const options& o) {
  outcome result;
  raise_descriptor_limit();
  stage_set s(o);
  result.expect(s.publishes(20), "no frame is acknowledged");
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
    s.publishes(20); // whatever was left is worked off
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
    result.at_most("good_gap_ms_max", most_ms, gap_bound_ms);
  s.finish(result);
  return result;
}

} // namespace monopod::fault
