// The report of monopod-camera at its end: every count that its cameras keep, summed over all of
// them.
#include "programs/camera/report.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace monopod;

namespace {

// The counts of a camera, no two of which are alike.
camera_window::statistics counts(std::uint64_t unit) {
  camera_window::statistics s;
  s.taken = unit;
  s.sent = 2 * unit;
  s.resent = 3 * unit;
  s.acknowledged = 4 * unit;
  s.dropped = 5 * unit;
  s.refused = 6 * unit;
  s.lost = 7 * unit;
  s.ignored = 8 * unit;
  s.refusals[0] = 9 * unit;
  return s;
}

camera_report some_report() {
  auto first = counts(1);
  first.round_trip_ms.add(1.0004);
  first.last_refusal = "NotReady";
  auto second = counts(10);
  second.round_trip_ms.add(3.5);
  second.round_trip_ms.add(4.5);
  camera_report r;
  r.frames += first;
  r.frames += second;
  r.blocked = 12;
  r.source.skipped = 13;
  r.source.broken = 14;
  r.source.reconnects = 15;
  r.average_bytes = 23'999.6;
  r.seconds = 2.00049;
  return r;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_counts_of_cameras_add_up) {
  const auto sum = some_report().frames;
  BOOST_TEST(sum.taken == 11u);
  BOOST_TEST(sum.sent == 22u);
  BOOST_TEST(sum.resent == 33u);
  BOOST_TEST(sum.acknowledged == 44u);
  BOOST_TEST(sum.dropped == 55u);
  BOOST_TEST(sum.refused == 66u);
  BOOST_TEST(sum.lost == 77u);
  BOOST_TEST(sum.ignored == 88u);
  BOOST_TEST(sum.refusals[0] == 99u);
  BOOST_TEST(sum.round_trip_ms.count() == 3u);
  BOOST_TEST(sum.round_trip_ms.percentile(100) == 4.5);
  BOOST_TEST(sum.last_refusal == "NotReady");
}

BOOST_AUTO_TEST_CASE(the_report_as_json) {
  const auto text = report_json(some_report());
  BOOST_TEST(text.ends_with("}\n"));
  BOOST_TEST(std::ranges::count(text, '\n') == 1); // a line of its own, which scripts look for
  const auto expected = nlohmann::ordered_json::parse(R"({
    "frames": 11, "sent": 22, "acknowledged": 44, "resent": 33, "dropped": 55, "refused": 66,
    "lost": 77, "blocked": 12, "skipped": 13, "broken": 14, "reconnects": 15,
    "average_bytes": 24000, "seconds": 2.0, "ack_ms": {"p50": 3.5, "p95": 4.5, "p99": 4.5}})");
  BOOST_TEST(nlohmann::ordered_json::parse(text) == expected);
  BOOST_TEST(holds(text, R"("seconds":2.0,)"), text); // to the millisecond
}

BOOST_AUTO_TEST_CASE(the_report_as_a_table) {
  const auto text = report_table(some_report(), {});
  for (const auto* row :
       {"frames        11  5.5 a second, 24000 bytes on average\n",
        "sent          22  and 33 again\n",
        "acknowledged  44  p50 3.500  p95 4.500  p99 4.500 ms after publish\n",
        "dropped       55  12 waited: the window holds 64 frames, then it is block\n",
        "refused       66\n", "lost          77  acknowledged (broker.ack = accepted), then lost",
        "skipped       13  by the source\n", "broken        14\n", "reconnects    15\n"})
    BOOST_TEST(holds(text, row), text);
}

BOOST_AUTO_TEST_CASE(rows_of_what_did_not_happen_are_left_out) {
  camera_report r;
  r.seconds = 1;
  const auto text = report_table(r, {});
  for (const auto* row : {"lost", "skipped", "broken", "reconnects"})
    BOOST_TEST(!holds(text, row), text);
}
