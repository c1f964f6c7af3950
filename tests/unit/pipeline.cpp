// The way of frames and results through the stages of a pod: a raw camera, a raw application and a
// raw cloud stage around gateway, broker and ledger stage.
#include "actors/vision/vision.hpp"
#include "core/aligned.hpp"
#include "core/limits.hpp"
#include "tests/unit/peers.hpp"

#include <limits>
#include <set>

namespace monopod {

BOOST_FIXTURE_TEST_CASE(a_frame_is_acknowledged_when_its_result_is_committed, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  cloud_peer cloud(*this);
  app.attach();
  cloud.attach();
  const auto* welcome = camera.welcome();
  BOOST_REQUIRE(welcome != nullptr);
  BOOST_TEST(welcome->cursor() == 0u);
  BOOST_TEST(welcome->credit() >= limits::credit_min);
  camera.frame(1, 100, 77);
  const auto* delivered = app.next_body<wire::Frame>();
  BOOST_REQUIRE(delivered != nullptr);
  BOOST_TEST(delivered->seq() == 1u);
  BOOST_TEST(delivered->captured_at_ns() == 77u);
  BOOST_TEST(delivered->received_at_ns() > 0u);
  BOOST_TEST(app.body().size_bytes() == 100u);
  BOOST_TEST(camera.empty()); // not before the result
  app.result("cam", 1, 1);
  const auto* ack = camera.next_body<wire::Ack>();
  BOOST_REQUIRE(ack != nullptr);
  BOOST_TEST(ack->cursor() == 1u);
  const auto* entry = cloud.next_body<wire::Entry>();
  BOOST_REQUIRE(entry != nullptr);
  const auto* op = wire::GetOp(cloud.body().bytes().data());
  BOOST_TEST(op->epoch() == 1u);
  BOOST_TEST(op->body_as_Finished()->app()->str() == "app");
  BOOST_TEST(op->body_as_Finished()->inference()->detections()->size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(results_that_cannot_go_on_are_refused, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  app_peer other(*this, "other");
  app_peer stranger(*this, "app");
  app.attach();
  other.attach("nothing");
  using why = wire::AppRefuseReason;
  stranger.credit(1);
  BOOST_TEST((stranger.next_body<wire::AppRefused>()->reason() == why::NotSubscribed));
  stranger.subscribe();
  BOOST_TEST((stranger.next_body<wire::AppRefused>()->reason() == why::NameTaken));
  BOOST_REQUIRE(app.next_body<wire::Subscribed>() != nullptr); // the probe for life
  BOOST_REQUIRE(camera.welcome() != nullptr);
  camera.frame(1);
  BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
  app.result("cam", 1, 1, std::numeric_limits<float>::quiet_NaN());
  BOOST_TEST((app.next_body<wire::AppRefused>()->reason() == why::Malformed));
  app.result("cam", 1, 1, 0.5f, "\xff\xfe");
  BOOST_TEST((app.next_body<wire::AppRefused>()->reason() == why::Malformed));
  app.result("cam", 1, 2);
  BOOST_TEST((app.next_body<wire::AppRefused>()->reason() == why::NotOutstanding));
  other.result("cam", 1, 1);
  BOOST_TEST((other.next_body<wire::AppRefused>()->reason() == why::NotOutstanding));
  app.result("cam", 1, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
  app.result("cam", 1, 1);
  BOOST_TEST((app.next_body<wire::AppRefused>()->reason() == why::NotOutstanding));
}

BOOST_FIXTURE_TEST_CASE(unconfirmed_entries_go_again_when_the_cloud_comes_back, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  cloud_peer cloud(*this);
  app.attach("*", 32);
  cloud.attach(true, 2);
  BOOST_REQUIRE(camera.welcome() != nullptr);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    camera.frame(seq);
    BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
    app.result("cam", 1, seq);
    BOOST_REQUIRE(camera.next_body<wire::Ack>() != nullptr);
  }
  const auto first = cloud.next_body<wire::Entry>()->entry();
  const auto second = cloud.next_body<wire::Entry>()->entry();
  BOOST_TEST(cloud.empty()); // its window is full
  cloud.published(first);
  const auto third = cloud.next_body<wire::Entry>()->entry();
  cloud.attach(false, 2);
  cloud.attach(true, 2);
  BOOST_TEST(cloud.entries == (std::vector{second, third}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_cloud_that_falls_behind_holds_the_acknowledgements, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  cloud_peer cloud(*this);
  app.attach("*", 32);
  cloud.attach(true, 1);
  BOOST_REQUIRE(camera.welcome() != nullptr);
  constexpr std::uint64_t room = 12; // three quarters of the outbox
  const auto finish = [&](std::uint64_t seq) {
    camera.frame(seq);
    BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
    app.result("cam", 1, seq);
  };
  for (std::uint64_t seq = 1; seq <= room; ++seq) {
    finish(seq);
    BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == seq);
  }
  finish(room + 1);
  const auto entry = cloud.next_body<wire::Entry>()->entry();
  while (host.run_once(0)) {
  }
  BOOST_TEST(camera.empty());
  cloud.published(entry);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == room + 1);
  // A cloud that goes away holds nobody.
  finish(room + 2);
  cloud.attach(false, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == room + 2);
  BOOST_TEST(metrics.outbox_dropped("local").Value() == 0);
}

BOOST_FIXTURE_TEST_CASE(the_emulator_serves_n_cameras_and_frames_of_nobody_are_settled, fixture) {
  conf.vision["people"].cameras = {"gate-*"};
  conf.vision["people"].service_ms = 0.1;
  auto people = spawn_stage<vision>(host, std::ref(context), std::string("people"), conf.link.apps,
                                    conf.vision["people"], std::ref(metrics), std::uint64_t{1});
  camera_peer gate1(*this, "gate-1");
  camera_peer gate2(*this, "gate-2");
  camera_peer yard(*this, "yard");
  cloud_peer cloud(*this);
  cloud.attach(true, 10);
  for (auto* c : {&gate1, &gate2, &yard})
    BOOST_REQUIRE(c->welcome() != nullptr);
  for (auto* c : {&gate1, &gate2, &yard}) {
    c->frame(1);
    BOOST_TEST(c->next_body<wire::Ack>()->cursor() == 1u);
  }
  std::set<std::string> from;
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE(cloud.next_body<wire::Entry>() != nullptr);
    const auto* f = wire::GetOp(cloud.body().bytes().data())->body_as_Finished();
    from.insert(f->camera()->str() + "/" + f->app()->str());
  }
  BOOST_TEST(from == (std::set<std::string>{"gate-1/people", "gate-2/people"}),
             boost::test_tools::per_element());
  BOOST_TEST(cloud.empty());
  caf::anon_send_exit(people, caf::exit_reason::kill);
}

namespace {

struct with_pictures : fixture {
  with_pictures() : fixture(make()) {}

  static monopod::config make() {
    auto c = make_config();
    c.cloud["local"].image = image_mode::frame;
    return c;
  }
  void finish(camera_peer& camera, app_peer& app, std::uint64_t seq, std::size_t bytes) {
    camera.frame(seq, bytes);
    BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
    app.result("cam", 1, seq);
    BOOST_REQUIRE(camera.next_body<wire::Ack>() != nullptr);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_picture_follows_its_result_even_if_the_cloud_is_away, with_pictures) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  cloud_peer cloud(*this);
  app.attach();
  cloud.attach(true, 1);
  BOOST_REQUIRE(camera.welcome() != nullptr);
  finish(camera, app, 1, 321);
  const auto* entry = cloud.next_body<wire::Entry>();
  BOOST_REQUIRE(entry != nullptr);
  BOOST_TEST(!entry->more());
  const auto first = entry->entry();
  const auto* picture = cloud.next_body<wire::Picture>();
  BOOST_REQUIRE(picture != nullptr);
  BOOST_TEST(cloud.body().size_bytes() == 321u);
  std::vector<std::uint64_t> aligned;
  const auto* op = decode_op(copy_aligned(
      std::as_bytes(std::span(picture->op()->data(), picture->op()->size())), aligned));
  BOOST_REQUIRE(op != nullptr);
  BOOST_TEST(op->index() == first);
  BOOST_TEST(op->body_as_Finished()->seq() == 1u);
  for (std::uint64_t seq = 2; seq <= 3; ++seq) { // the window is full
    finish(camera, app, seq, 100 + seq);
    BOOST_REQUIRE(cloud.next_body<wire::Picture>() != nullptr);
    BOOST_TEST(cloud.body().size_bytes() == 100 + seq);
  }
  cloud.published(first);
  BOOST_TEST(cloud.next_body<wire::Entry>()->more()); // the third result waits
  cloud.attach(false);
  finish(camera, app, 4, 200);
  BOOST_REQUIRE(cloud.next_body<wire::Picture>() != nullptr);
  BOOST_TEST(cloud.empty());
  BOOST_TEST(metrics.pictures_dropped("local", "busy").Value() == 0.0);
}

BOOST_FIXTURE_TEST_CASE(a_picture_without_a_cloud_stage_is_counted_and_costs_no_result,
                        with_pictures) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  app.attach();
  BOOST_REQUIRE(camera.welcome() != nullptr);
  finish(camera, app, 1, 100);
  BOOST_TEST(metrics.pictures_dropped("local", "busy").Value() == 1.0);
  cloud_peer cloud(*this);
  cloud.attach();
  BOOST_TEST(cloud.entries.size() == 1u);
  BOOST_TEST(cloud.empty());
}

BOOST_AUTO_TEST_CASE(pictures_of_ops_that_are_not_committed_are_bounded) {
  const auto bytes =
      std::make_shared<std::vector<std::byte>>(limits::picture_uncommitted_bytes / 2);
  const payload half(bytes, *bytes);
  op_pictures kept;
  BOOST_TEST(kept.keep(1, half) == 0u);
  BOOST_TEST(kept.keep(3, half) == 0u);
  BOOST_TEST(kept.keep(4, half) == 1u); // the first makes room
  BOOST_TEST(kept.take(1).empty());
  BOOST_TEST(kept.take(2).empty());
  BOOST_TEST(!kept.take(4).empty()); // the third op changed nothing
  BOOST_TEST(kept.take(3).empty());
  const auto large =
      std::make_shared<std::vector<std::byte>>(limits::picture_uncommitted_bytes + 1);
  BOOST_TEST(kept.keep(5, half) == 0u);
  BOOST_TEST(kept.keep(6, {large, *large}) == 1u);
  BOOST_TEST(!kept.take(6).empty()); // a single one may be larger
}

} // namespace monopod
