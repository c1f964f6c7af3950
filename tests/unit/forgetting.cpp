// The names that a node remembers: a new one takes the place of one that nothing is held for.
#include "tests/unit/metric_series.hpp"
#include "tests/unit/peers.hpp"

namespace monopod {

namespace {

struct names : fixture {
  explicit names(monopod::config c = make_config()) : fixture(std::move(c)) {
    conf.gateway.max_cameras = limits::cameras;
    BOOST_REQUIRE(visit("probe")); // the fixture's camera has gone without a Bye
  }

  // A camera that says Hello, sends `frames` frames, and leaves once they are acknowledged. Returns
  // whether it was let in.
  bool visit(const std::string& name, std::uint64_t frames = 0, std::uint64_t stream = 1) {
    visitor.name = name;
    visitor.stream = stream;
    visitor.hello();
    const auto* m = visitor.next();
    if (m == nullptr || m->body_type() != wire::CameraBody::Welcome)
      return false;
    cursor = m->body_as_Welcome()->cursor();
    for (std::uint64_t seq = cursor + 1; seq <= cursor + frames; ++seq)
      visitor.frame(seq);
    rest();
    visitor.last_ack();
    bye();
    return true;
  }
  void bye() {
    visitor.b.Clear();
    visitor.send(finish_camera(
        visitor.b, 0, wire::CreateByeDirect(visitor.b, visitor.name.c_str(), visitor.stream)));
    rest();
  }
  // The answer to an operator who asks a stage to forget a name.
  template <class Stage>
  std::pair<bool, std::string> forget(const Stage& stage, const std::string& name) {
    caf::scoped_actor operators{system};
    auto answer = operators->request(stage, caf::infinite, forget_atom::value, name);
    rest();
    std::pair<bool, std::string> told;
    answer.receive(
        [&](bool done, const std::string& text) {
          told = {done, text};
        },
        [](const caf::error&) { BOOST_ERROR("no answer"); });
    return told;
  }
  bool known(const std::string& camera) const { return replica.state().camera(camera) != nullptr; }
  camera_peer visitor{*this, "visitor"};
  std::uint64_t cursor = 0; // that the last visitor was told
};

std::string number(std::size_t n) { return "cam-" + std::to_string(n); }

} // namespace

BOOST_FIXTURE_TEST_CASE(the_least_recently_used_camera_makes_room, names) {
  camera_peer stays(*this, "stays");
  BOOST_REQUIRE(stays.welcome() != nullptr);
  BOOST_REQUIRE(visit("regular", 1));
  for (std::size_t n = 0; n < 3 * limits::cameras; ++n) {
    BOOST_TEST_REQUIRE(visit(number(n), n % 2));
    if (n % 100 == 0)
      BOOST_TEST_REQUIRE(visit("regular", 1));
  }
  BOOST_TEST(replica.state().cameras() == limits::cameras);
  BOOST_TEST(metrics.ledger_cameras.Value() == static_cast<double>(limits::cameras));
  BOOST_TEST(known("stays")); // it has sent nothing since, and is connected
  BOOST_TEST(!known(number(0)));
  BOOST_TEST(known(number(3 * limits::cameras - 1)));
  BOOST_TEST_REQUIRE(visit("regular"));
  BOOST_TEST(cursor > 30u); // and was never forgotten
  stays.frame(1);
  BOOST_TEST(stays.next_body<wire::Ack>()->cursor() == 1u);
  BOOST_TEST(series_with(metrics, "camera") == 1u); // of cameras that are connected
}

BOOST_FIXTURE_TEST_CASE(a_camera_is_told_if_every_name_is_needed, names) {
  app_peer owes(*this, "owes");
  owes.attach("left");
  BOOST_REQUIRE(visit("left", 1));
  camera_peer many(*this, "");
  for (std::size_t n = 1; n < limits::cameras; ++n) {
    many.name = number(n);
    BOOST_TEST_REQUIRE(many.welcome() != nullptr);
  }
  visitor.name = "late";
  visitor.hello();
  const auto* refused = visitor.next_body<wire::Refused>();
  BOOST_TEST_REQUIRE(refused != nullptr);
  BOOST_TEST((refused->reason() == wire::RefuseReason::TooManyCameras));
  owes.result("left", 1, 1);
  rest();
  BOOST_TEST(!visit("late")); // the result waits for a cloud
  cloud_peer cloud(*this);
  cloud.attach();
  for (const auto entry : cloud.entries)
    cloud.published(entry);
  rest();
  BOOST_TEST(visit("late"));
}

// Its results would be made twice if it came back with the same stream.
BOOST_FIXTURE_TEST_CASE(a_camera_with_results_that_wait_is_kept, names) {
  app_peer app(*this, "app");
  app.attach("kept*");
  visitor.name = "kept";
  BOOST_REQUIRE(visitor.welcome() != nullptr);
  visitor.frame(1);
  BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
  bye(); // the frame is owed
  BOOST_TEST(!forget(ledger_handle, "kept").first);
  app.result("kept", 1, 1);
  rest();
  BOOST_TEST(replica.state().waiting("local") == 1u);
  for (std::size_t n = 0; n < 2 * limits::cameras; ++n)
    BOOST_TEST_REQUIRE(visit(number(n)));
  BOOST_TEST(known("kept"));
  BOOST_TEST(forget(ledger_handle, "kept").second ==
             "results of kept may wait for a cloud: `monopod status` shows its outbox");
  cloud_peer cloud(*this);
  cloud.attach();
  for (const auto entry : cloud.entries)
    cloud.published(entry);
  rest();
  BOOST_TEST(replica.state().waiting("local") == 0u);
  BOOST_TEST(forget(ledger_handle, "kept").second == "kept is forgotten");
  BOOST_TEST(!known("kept"));
}

// A camera that takes name after name, and leaves a frame with each, fills no memory.
BOOST_FIXTURE_TEST_CASE(frames_of_cameras_that_left_are_bounded, names) {
  app_peer slow(*this, "slow");
  slow.attach("cam*", 0);
  for (std::size_t n = 0; n < 2 * limits::frames_in_flight_max; ++n)
    if (!visit(number(n), 4))
      break; // every name is needed
  caf::scoped_actor operators{system};
  auto asked = operators->request(broker_handle, caf::infinite, status_atom::value);
  rest();
  asked.receive(
      [](const status_part& s) {
        BOOST_TEST(s->apps.front()->queued > 100u);
        BOOST_TEST(s->apps.front()->queued <= limits::frames_in_flight_max + 4);
      },
      [](const caf::error&) { BOOST_ERROR("no answer"); });
  BOOST_TEST(metrics.frames_given_up.Value() > 100.0);
}

BOOST_FIXTURE_TEST_CASE(an_operator_has_a_camera_forgotten, names) {
  camera_peer camera(*this, "cam", 7);
  BOOST_REQUIRE(camera.welcome() != nullptr);
  BOOST_TEST(forget(ledger_handle, "cam").second ==
             "cam is connected, or has frames in flight: stop it, and wait until they are settled");
  BOOST_TEST(known("cam"));
  BOOST_REQUIRE(visit("left", 3, 9));
  BOOST_TEST(forget(ledger_handle, "left").first);
  BOOST_TEST(!known("left"));
  const auto again = forget(ledger_handle, "left");
  BOOST_TEST(again.first);
  BOOST_TEST(again.second == "this node does not know a camera left: nothing to do");
  BOOST_TEST(visit("left", 1, 2)); // a lower stream, which was refused before
  BOOST_TEST(cursor == 0u);
}

// Acknowledged frames that were taken into the ledger must be finished.
BOOST_AUTO_TEST_CASE(a_camera_with_frames_in_the_ledger_is_kept) {
  names r(config_with(ack_mode::replicated));
  app_peer app(r, "app");
  app.attach("cam");
  r.visitor.name = "cam";
  BOOST_REQUIRE(r.visitor.welcome() != nullptr);
  r.visitor.frame(1);
  BOOST_REQUIRE(r.visitor.next_body<wire::Ack>() != nullptr);
  r.bye();
  BOOST_TEST(!r.forget(r.ledger_handle, "cam").first);
  for (std::size_t n = 0; n < 2 * limits::cameras; ++n)
    BOOST_TEST_REQUIRE(r.visit(number(n)));
  BOOST_TEST(r.known("cam"));
  app.result("cam", 1, 1);
  r.rest();
  BOOST_TEST(r.replica.state().waiting("local") == 1u);
}

BOOST_FIXTURE_TEST_CASE(applications_that_are_gone_make_room_and_leave_no_series, names) {
  app_peer stays(*this, "stays");
  stays.attach("stays");
  const auto alone = series_with(metrics, "app");
  for (std::size_t n = 0; n < 5 * limits::apps; ++n) {
    app_peer one(*this, "app-" + std::to_string(n));
    one.attach("nothing");
  }
  BOOST_TEST(replica.state().subscriptions().size() == limits::apps);
  BOOST_TEST(replica.state().subscriptions().contains("stays"));
  BOOST_TEST(series_with(metrics, "app") == alone * limits::apps);
  BOOST_TEST(forget(broker_handle, "stays").second == "stays is attached: stop it first");
  BOOST_TEST(forget(broker_handle, "app-319").first);
  BOOST_TEST(!replica.state().subscriptions().contains("app-319"));
  BOOST_TEST(series_with(metrics, "app") == alone * (limits::apps - 1));
}

BOOST_FIXTURE_TEST_CASE(an_application_that_owes_frames_keeps_its_place, names) {
  {
    app_peer owes(*this, "owes");
    owes.attach("cam");
  }
  camera_peer camera(*this, "cam");
  BOOST_REQUIRE(camera.welcome() != nullptr);
  camera.frame(1);
  rest();
  std::vector<std::unique_ptr<app_peer>> others;
  for (std::size_t n = 1; n < limits::apps; ++n) {
    others.push_back(std::make_unique<app_peer>(*this, "app-" + std::to_string(n)));
    others.back()->attach("nothing");
  }
  app_peer late(*this, "late");
  late.subscribe();
  const auto* refused = late.next_body<wire::AppRefused>();
  BOOST_TEST_REQUIRE(refused != nullptr);
  BOOST_TEST((refused->reason() == wire::AppRefuseReason::TooManyApps));
  const auto told = forget(broker_handle, "owes");
  BOOST_TEST(told.second == "owes is forgotten; frames that it owed and that have no result: 1");
  BOOST_TEST(metrics.app_frames_given_up.Value() == 1.0);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
}

// One connection that takes name after name holds one at a time.
BOOST_FIXTURE_TEST_CASE(a_connection_speaks_for_the_application_that_it_named_last, names) {
  app_peer one(*this, "first");
  for (std::size_t n = 0; n < 2 * limits::apps; ++n) {
    one.name = "app-" + std::to_string(n);
    one.attach("nothing");
  }
  BOOST_TEST(replica.state().subscriptions().size() == limits::apps);
}

} // namespace monopod
