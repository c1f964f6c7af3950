// Well-formed messages of cameras and applications that mean no good: a few of them must not harm a
// pod for good.
#include "tests/fault/hostile_clients.hpp"
#include "tests/fault/pod_with_good_camera.hpp"

#include <algorithm>
#include <string>

namespace monopod::fault {

outcome hostile_messages(const options& o) {
  outcome result;
  pod_with_good_camera s(o, forgetful_flags());
  result.expect(s.good->publishes(20), "no frame is acknowledged");
  double most_ms = 0;
  bool always = true;
  const auto after = [&](const std::string& what) {
    ++result.runs;
    most_ms = std::max(most_ms, s.good->gap_ms_max());
    result.add("good_gap_" + what + "_ms", s.good->gap_ms_max());
    s.node.kill_and_restart(); // what was done is on the disk
    const bool serves = s.good->publishes(20);
    always = always && serves;
    result.expect(serves, "the good camera is not served after a restart: " + what);
    s.good->begin();
  };
  s.good->begin();
  claim_the_last_stream(result, s.node.cameras());
  after("stream");
  result.expect(is_served(s.node.cameras(), "late"), "a camera is locked out after a restart");
  answer_under_many_names(result, o, s.node.cameras(), s.node.applications());
  after("app_names");
  use_up_the_names(result, s.node.cameras());
  after("camera_names");
  result.expect(is_served(s.node.cameras(), "another"),
                "a new camera finds no place after others used up all names");
  result.add("good_gap_ms_max", most_ms);
  result.add("good_after_restart", always ? 1 : 0);
  if (o.judges_times())
    result.at_most("good_gap_ms_max", most_ms, good_gap_bound_ms);

  finish(result, s.there, s.node, s.good->stop(), 60);
  return result;
}

} // namespace monopod::fault
