// Pictures of one cloud, with a connection and a clock that do what the test says: which results
// get one, and that none goes before a result or beyond a bound.
#include "actors/cloud/picture_sender.hpp"

#include "core/aligned.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/finished_frame.hpp"
#include "tests/unit/mqtt_connection.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

namespace {

std::uint64_t clock_ns = 0;

payload jpeg_of(std::size_t bytes) {
  const auto all = std::make_shared<std::vector<std::byte>>(bytes, std::byte{0x42});
  return {all, *all};
}

struct scene {
  scene() {
    clock_ns = 1000 * ns_per_s;
    conf.site = "hall";
    cloud.image = image_mode::frame;
  }

  picture_sender& open() {
    const publisher_clocks time{[] { return clock_ns; }, [] { return clock_ns; }};
    results.emplace("local", cloud, conf, metrics, port,
                    publisher::owner{[this] { return may_act; }, [](std::uint64_t) {}}, time);
    pictures.emplace(
        "local", cloud, conf, metrics, port, *results,
        picture_sender::owner{[this] { return may_act; },
                              [this](const payload&, const picture_area& area,
                                     std::function<void(picture_cutter::outcome)> done) {
                                areas.push_back(area);
                                cutting.push_back(std::move(done));
                              }},
        time);
    return *pictures;
  }

  static payload result_of(const std::string& camera, std::uint64_t seq,
                           const std::string& label = "person") {
    auto f = finished_frame(camera, seq);
    f.captured_at_ns = 77;
    if (!label.empty()) {
      f.inference->detections.push_back(std::make_unique<wire::DetectionT>());
      f.inference->detections.back()->label = label;
      f.inference->detections.back()->box = std::make_unique<wire::Box>(0.5F, 0.5F, 0.1F, 0.1F);
    }
    return packed(f);
  }
  void take(std::uint64_t seq, std::size_t bytes = 1000, const std::string& camera = "gate",
            const std::string& label = "person") {
    const auto op = result_of(camera, seq, label);
    pictures->take(*wire::GetOp(op.bytes().data()), jpeg_of(bytes));
    pictures->send_due();
  }
  void result(std::uint64_t entry) { results->take(entry, result_of("gate", entry)); }
  void confirm(int id, bool refused = false) {
    pictures->confirmed(id, refused);
    pictures->send_due();
  }
  double dropped(const char* reason) { return metrics.pictures_dropped("local", reason).Value(); }
  std::size_t sent() const { return port.sent.size(); }
  std::string property(std::size_t message, std::size_t which) const {
    return port.sent.at(message).properties.at(which);
  }

  config conf;
  cloud_config cloud;
  monopod::metrics metrics;
  mqtt_connection port;
  bool may_act = true;
  std::vector<picture_area> areas;
  std::vector<std::function<void(picture_cutter::outcome)>> cutting;
  std::optional<publisher> results;
  std::optional<picture_sender> pictures;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_picture_is_published_under_the_key_of_its_result, scene) {
  auto& p = open();
  take(3);
  BOOST_REQUIRE(sent() == 1u);
  const auto& message = port.sent.front();
  BOOST_TEST(message.topic == "monopod/hall/images/gate/people");
  BOOST_TEST(message.text == std::string(1000, 0x42));
  BOOST_TEST(message.qos == 1);
  BOOST_TEST(
      (message.properties == std::vector<std::string>{"key=hall/gate/1/3/people", "camera=gate",
                                                      "seq=3", "captured_at_ns=77"}));
  BOOST_TEST(p.waiting() == 1u);
  BOOST_TEST(p.busy());
  BOOST_TEST(p.knows(1));
  confirm(1);
  BOOST_TEST(!p.busy());
  BOOST_TEST(p.waiting_bytes() == 0u);
  BOOST_TEST(p.published() == 1u);
  BOOST_TEST(metrics.pictures_published("local").Value() == 1.0);
}

BOOST_FIXTURE_TEST_CASE(labels_choose_the_results, scene) {
  cloud.image_labels = {"person", "dog"};
  open();
  take(1, 1000, "gate", "car");
  take(2, 1000, "gate", "");
  BOOST_TEST(sent() == 0u);
  take(3, 1000, "gate", "dog");
  BOOST_TEST(sent() == 1u);
  cloud.image_labels.clear(); // at run time
  take(4, 1000, "gate", "");
  BOOST_TEST(sent() == 2u);
  BOOST_TEST(pictures->dropped() == 0u);
}

BOOST_FIXTURE_TEST_CASE(each_camera_has_its_own_time_between_two_pictures, scene) {
  cloud.image_every_s = 2.5;
  open();
  take(1);
  take(2);
  take(3, 1000, "yard");
  BOOST_TEST(sent() == 2u);
  clock_ns += 2499 * ns_per_ms;
  take(4);
  BOOST_TEST(sent() == 2u);
  clock_ns += ns_per_ms;
  take(5);
  take(6);
  BOOST_TEST(sent() == 3u);
  BOOST_TEST(property(2, 2) == "seq=5");
}

BOOST_FIXTURE_TEST_CASE(the_names_of_cameras_are_bounded, scene) {
  cloud.image_every_s = 10;
  open();
  for (std::uint64_t i = 1; i <= limits::cameras + 5; ++i)
    take(i, 10, "cam-" + std::to_string(i));
  BOOST_TEST(pictures->waiting() == limits::cameras);
  clock_ns += 10 * ns_per_s;
  take(9, 10, "another");
  BOOST_TEST(pictures->waiting() == limits::cameras + 1);
}

BOOST_FIXTURE_TEST_CASE(the_oldest_picture_makes_room_and_is_counted, scene) {
  port.up = false;
  const auto each = 10'000 + limits::picture_overhead_bytes + 200;
  cloud.image_budget_bytes = static_cast<std::uint32_t>(3 * each);
  open();
  for (std::uint64_t seq = 1; seq <= 10; ++seq)
    take(seq, 10'000);
  BOOST_TEST(pictures->waiting() == 3u);
  BOOST_TEST(pictures->waiting_bytes() <= cloud.image_budget_bytes);
  BOOST_TEST(dropped("full") == 7.0);
  take(11, 50'000); // alone too large
  BOOST_TEST(pictures->waiting() == 0u);
  BOOST_TEST(dropped("full") == 11.0);
  take(12, 10'000);
  port.up = true;
  pictures->send_due();
  BOOST_REQUIRE(sent() == 1u);
  BOOST_TEST(property(0, 2) == "seq=12");
}

BOOST_FIXTURE_TEST_CASE(tiny_pictures_cost_what_their_place_costs, scene) {
  port.up = false;
  cloud.image_budget_bytes = 64 * 1024;
  open();
  for (std::uint64_t seq = 1; seq <= 1000; ++seq)
    take(seq, 1);
  BOOST_TEST(pictures->waiting() <= cloud.image_budget_bytes / limits::picture_overhead_bytes);
}

BOOST_FIXTURE_TEST_CASE(results_that_wait_go_first, scene) {
  cloud.batch_results = 2;
  open();
  result(1); // waits for another one
  take(1);
  BOOST_TEST(sent() == 0u);
  result(2);
  BOOST_TEST(sent() == 1u);
  pictures->send_due();
  BOOST_TEST(sent() == 2u);
  pictures->note_more_results(true); // the ledger stage holds further ones
  take(2);
  BOOST_TEST(sent() == 2u);
  pictures->note_more_results(false);
  pictures->send_due();
  BOOST_TEST(sent() == 3u);
}

BOOST_FIXTURE_TEST_CASE(pictures_leave_the_window_to_results, scene) {
  port.room = 8;
  open();
  for (std::uint64_t seq = 1; seq <= 4; ++seq)
    take(seq);
  BOOST_TEST(sent() == 8 / limits::picture_window_part);
  for (std::uint64_t entry = 1; entry <= 6; ++entry)
    result(entry);
  BOOST_TEST(sent() == 8u);
  confirm(1);
  BOOST_TEST(sent() == 9u);
  confirm(2);
  BOOST_TEST(sent() == 10u);
  result(7); // the window is full now
  result(8);
  confirm(9);
  confirm(10);
  BOOST_TEST(sent() == 12u);
  take(5);
  BOOST_TEST(sent() == 12u);
  results->confirmed(3);
  pictures->send_due();
  BOOST_TEST(sent() == 13u);
}

BOOST_FIXTURE_TEST_CASE(few_bytes_are_on_their_way_or_a_single_picture, scene) {
  port.room = 1000;
  open();
  const auto half = limits::picture_in_flight_bytes / 2;
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    take(seq, half);
  BOOST_TEST(sent() == 2u);
  take(4, 2 * limits::picture_in_flight_bytes);
  confirm(1);
  BOOST_TEST(sent() == 3u);
  confirm(2);
  BOOST_TEST(sent() == 3u); // the large one goes alone
  confirm(3);
  BOOST_TEST(sent() == 4u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_added_to_a_socket_that_takes_nothing, scene) {
  port.blocked = true;
  auto& p = open();
  take(1);
  BOOST_TEST(sent() == 0u);
  BOOST_REQUIRE(p.wake_ns().has_value());
  BOOST_TEST(*p.wake_ns() > clock_ns);
  clock_ns = *p.wake_ns();
  port.blocked = false;
  p.send_due();
  BOOST_TEST(sent() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_pace_holds_for_pictures_and_results_together, scene) {
  cloud.pace_bytes_s = 10'000;
  auto& p = open();
  take(1, 5000);
  take(2, 5000);
  result(1);
  BOOST_TEST(sent() == 1u);
  p.send_due();
  BOOST_TEST(!p.wake_ns()); // the result goes first
  BOOST_REQUIRE(results->wake_ns().has_value());
  clock_ns = *results->wake_ns();
  results->publish_due();
  BOOST_TEST(sent() == 2u);
  BOOST_TEST(port.sent[1].topic.find("results") != std::string::npos);
  p.send_due();
  BOOST_REQUIRE(p.wake_ns().has_value());
  clock_ns = *p.wake_ns();
  p.send_due();
  BOOST_TEST(sent() == 3u);
  BOOST_TEST(clock_ns >= 1000 * ns_per_s + 400 * ns_per_ms); // two of 5,000 bytes, less the burst
}

BOOST_FIXTURE_TEST_CASE(a_picture_that_the_cloud_never_takes_is_dropped, scene) {
  cloud.payload_max_bytes = 2000;
  open();
  take(1, 2001);
  BOOST_TEST(sent() == 0u);
  BOOST_TEST(dropped("too_large") == 1.0);
  port.limit_bytes = 500;
  take(2, 600);
  BOOST_TEST(dropped("too_large") == 2.0);
  port.refuses = true;
  take(3, 100);
  BOOST_TEST(dropped("too_large") == 3.0);
  port.refuses = false;
  take(4, 100);
  BOOST_TEST(sent() == 1u);
  confirm(1, true);
  BOOST_TEST(dropped("refused") == 1.0);
  BOOST_TEST(pictures->waiting() == 0u);
  BOOST_TEST(pictures->dropped() == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_picture_that_a_breaking_connection_swallowed_goes_again, scene) {
  auto& p = open();
  take(1);
  take(2);
  port.breaks = true;
  take(3);
  BOOST_TEST(!port.up);
  p.send_again();
  BOOST_TEST(!p.knows(1));
  BOOST_TEST(p.waiting() == 3u);
  port.up = true;
  port.breaks = false;
  p.send_due();
  BOOST_REQUIRE(sent() == 5u);
  for (std::size_t i = 2; i < 5; ++i)
    BOOST_TEST(property(i, 2) == "seq=" + std::to_string(i - 1));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_does_not_serve_sends_nothing_and_forgets, scene) {
  auto& p = open();
  may_act = false;
  take(1);
  BOOST_TEST(sent() == 0u);
  p.drop_all();
  BOOST_TEST(dropped("not_serving") == 1.0);
  BOOST_TEST(p.waiting_bytes() == 0u);
  may_act = true;
  p.send_due();
  BOOST_TEST(sent() == 0u);
}

BOOST_FIXTURE_TEST_CASE(without_confirmations_a_picture_is_done_when_it_has_left, scene) {
  cloud.qos = 0;
  open();
  take(1);
  BOOST_TEST(port.sent.at(0).qos == 0);
  BOOST_TEST(pictures->waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_cut_picture_tells_where_it_was, scene) {
  cloud.image = image_mode::crop;
  open();
  take(1, 1000, "gate", ""); // nothing to cut around
  BOOST_TEST(areas.empty());
  for (std::uint64_t seq = 2; seq <= 4; ++seq)
    take(seq);
  BOOST_REQUIRE(cutting.size() == 3u);
  BOOST_TEST(areas.front().left > 0.4F);
  BOOST_TEST(sent() == 0u);
  cutting[0](cut_picture{jpeg_of(300), 16, 32, 48, 64});
  cutting[1](tl::unexpected(picture_cutter::fault::unreadable));
  cutting[2](tl::unexpected(picture_cutter::fault::busy));
  pictures->send_due();
  BOOST_REQUIRE(sent() == 1u);
  BOOST_TEST(port.sent[0].text.size() == 300u);
  BOOST_TEST(property(0, 0) == "key=hall/gate/1/2/people");
  BOOST_TEST(property(0, 4) == "crop=16,32,48,64");
  BOOST_TEST(dropped("unreadable") == 1.0);
  BOOST_TEST(dropped("busy") == 1.0);
}

} // namespace monopod
