// Cameras that do what they may, and the gateway's answers to those that do something else.
#include "core/limits.hpp"
#include "tests/unit/peers.hpp"

#include <deque>

namespace monopod {

namespace {

using reason = wire::RefuseReason;

// A broker that lets every camera in, and takes no frame until it is told to.
class slow_broker {
public:
  explicit slow_broker(rig& r)
      : link_(r.host, r.context, {.serve = true, .endpoints = {"inproc://frames"}},
              [this](link& l) { return l.receive_some([this](inbound& in) { take(in); }); }) {}

  void read(bool on) { link_.set_reading(on); }

  std::uint64_t frames = 0;
  std::uint64_t malformed = 0;

private:
  void take(const inbound& in) {
    const auto* message = decode_pipeline(in.envelope);
    b_.Clear();
    if (message == nullptr) {
      ++malformed;
    } else if (message->body_as_Frame() != nullptr) {
      ++frames;
    } else if (message->body_as_Attach() != nullptr) {
      link_.send(in.peer, finish_pipeline(b_, 1, wire::CreateAttached(b_, 1)));
    } else if (const auto* open = message->body_as_Open()) {
      const std::vector<flatbuffers::Offset<wire::Cursor>> cursors{
          wire::CreateCursorDirect(b_, open->camera()->c_str(), open->stream(), 0, true)};
      link_.send(in.peer, finish_pipeline(b_, 1, wire::CreateSettledDirect(b_, &cursors)));
    }
  }

  flatbuffers::FlatBufferBuilder b_;
  link link_;
};

struct lone_gateway : rig {
  ~lone_gateway() {
    caf::anon_send_exit(stage, caf::exit_reason::kill);
    while (host.run_once(0)) { // before what it refers to goes
    }
  }
  void pass(std::uint64_t ns) {
    bool passed = false;
    host.after(ns, [&passed] { passed = true; });
    BOOST_REQUIRE(until([&passed] { return passed; }));
  }

  monopod::config conf = stages::make_config();
  monopod::metrics metrics;
  slow_broker broker{*this};
  gateway_actor stage =
      spawn_stage<gateway>(host, std::ref(context), std::cref(conf), std::ref(metrics));
};

} // namespace

// It waited for room on the way to the broker, and is the camera's again.
BOOST_FIXTURE_TEST_CASE(a_frame_let_go_of_is_not_sent_later, lone_gateway) {
  std::deque<camera_peer> cameras;
  for (const auto* name : {"a", "b", "c", "d"}) {
    auto& camera = cameras.emplace_back(*this, name);
    BOOST_REQUIRE(until([&] {
      camera.hello();
      const auto* m = camera.next();
      return m != nullptr && m->body_type() == wire::CameraBody::Welcome;
    }));
  }
  broker.read(false);
  for (auto& camera : cameras)
    for (std::uint64_t seq = 1; seq <= limits::credit_max; ++seq)
      camera.frame(seq);
  while (host.run_once(0)) {
  }
  BOOST_TEST(metrics.frames_refused("OverCredit").Value() == 0);
  caf::anon_send(stage, serve_atom::value, std::uint64_t{0});
  pass(2 * retry_ns);
  broker.read(true);
  pass(2 * retry_ns);
  BOOST_TEST(broker.malformed == 0u);
  BOOST_TEST(broker.frames > 0u);
  BOOST_TEST(broker.frames <= 2u * limits::link_hwm); // those that had found room
}

// Sent before the camera knew its cursor; taken, they would hide those that come again in order.
BOOST_FIXTURE_TEST_CASE(frames_beyond_a_gap_after_hello_are_left_to_the_replay, conversation) {
  camera.frame(3);
  camera.frame(4);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) {
    camera.frame(seq);
    BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
    app.result("cam", 1, seq);
    BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == seq);
  }
  BOOST_TEST(metrics.replays_requested.Value() == 0);
}

BOOST_FIXTURE_TEST_CASE(every_bad_message_gets_its_answer_and_others_are_served, conversation) {
  camera_peer bad(*this, "bad", 2);
  const auto expect = [&bad](reason why) {
    const auto* refused = bad.next_body<wire::Refused>();
    BOOST_REQUIRE(refused != nullptr);
    BOOST_TEST(wire::EnumNameRefuseReason(refused->reason()) == wire::EnumNameRefuseReason(why));
  };
  const std::vector<std::uint8_t> junk{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  bad.send(junk);
  expect(reason::Malformed);
  bad.send({});
  expect(reason::Malformed);
  bad.send(std::vector<std::uint8_t>(limits::envelope_bytes + 1));
  expect(reason::Malformed);
  bad.b.Clear();
  bad.send(finish_camera(bad.b, 0, wire::CreateAckDirect(bad.b, "bad")));
  expect(reason::UnknownType);
  bad.frame(1);
  expect(reason::NotOpen);
  bad.name = "no/slash";
  bad.hello();
  expect(reason::BadName);
  bad.name = "cam"; // another connection has it
  bad.hello();
  expect(reason::NameTaken);
  bad.frame(1); // and may not speak for it
  expect(reason::NotOpen);
  bad.name = "bad";
  BOOST_REQUIRE(bad.welcome() != nullptr);
  bad.frame(1, 1001);
  expect(reason::TooLarge);
  bad.frame(1, 0);
  expect(reason::Malformed);
  bad.frame(1, 10, realtime_ns() + 3600 * ns_per_s);
  expect(reason::FromTheFuture);
  bad.frame(UINT64_MAX);
  expect(reason::Malformed);
  bad.stream = UINT64_MAX; // no later run could be above it, and the ledger would keep it
  bad.hello();
  expect(reason::FromTheFuture);
  bad.stream = realtime_ns() / 1000 + limits::stream_ahead_ms * 1000 + 60'000'000;
  bad.hello();
  expect(reason::FromTheFuture);
  bad.stream = 0;
  bad.hello();
  expect(reason::Malformed);
  bad.stream = 1; // an older run of the same camera
  bad.hello();
  expect(reason::StaleStream);

  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() ==
             0u); // asked whether it lives, for NameTaken
  camera.frame(1);
  BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
  app.result("cam", 1, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_picture_of_an_unknown_encoding_is_refused_and_counted, conversation) {
  camera.send_frame({.stream = camera.stream,
                     .seq = 1,
                     .captured_at_ns = 1,
                     .encoding = static_cast<wire::Encoding>(1)});
  const auto* refused = camera.next_body<wire::Refused>();
  BOOST_REQUIRE(refused != nullptr);
  BOOST_TEST((refused->reason() == reason::UnknownEncoding));
  BOOST_TEST(refused->seq() == 1u);
  BOOST_TEST(refused->detail()->string_view() == "UnknownEncoding");
  BOOST_TEST(metrics.frames_refused("UnknownEncoding").Value() == 1);
  camera.frame(2, 100, 1, 1);
  BOOST_TEST(app.next_body<wire::Frame>()->seq() == 2u);
  BOOST_TEST(app.empty());
}

BOOST_FIXTURE_TEST_CASE(replays_and_sequence_numbers_going_back_make_nothing_twice, conversation) {
  camera.frame(1);
  camera.frame(2);
  camera.frame(1);
  camera.frame(2);
  BOOST_TEST(app.next_body<wire::Frame>()->seq() == 1u);
  BOOST_TEST(app.next_body<wire::Frame>()->seq() == 2u);
  app.result("cam", 1, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
  const auto* welcome = camera.welcome(); // replays from its cursor, with 2 still in flight
  BOOST_REQUIRE(welcome != nullptr);
  BOOST_TEST(welcome->cursor() == 1u);
  camera.frame(2);
  camera.frame(1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u); // settled: acknowledged again at once
  app.result("cam", 1, 2);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 2u);
  BOOST_TEST(app.empty());
}

BOOST_FIXTURE_TEST_CASE(frames_lost_on_the_way_are_asked_for_again, conversation) {
  camera.frame(1);
  camera.frame(3); // 2 is missing and was not dropped
  const auto* again = camera.next_body<wire::Welcome>();
  BOOST_REQUIRE(again != nullptr);
  BOOST_TEST(again->cursor() == 0u);
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    camera.frame(seq);
  camera.frame(9, 100, 1, 5); // these were dropped
  for (const std::uint64_t seq : {1, 2, 3, 9})
    BOOST_TEST(app.next_body<wire::Frame>()->seq() == seq);
}

// Two cameras share 32 MiB; one that takes more than its half gets nothing further while both are
// at work, and the other one is not held back.
BOOST_AUTO_TEST_CASE(whoever_takes_more_bytes_than_its_share_is_refused_and_no_other) {
  constexpr std::size_t mib = 1024 * 1024;
  fixture r(config_with(ack_mode::processed));
  app_peer app(r, "app");
  app.attach("*", 0);
  camera_peer greedy(r, "greedy");
  BOOST_TEST_REQUIRE(greedy.welcome() != nullptr);
  camera_peer modest(r, "modest");
  const auto* told = modest.welcome();
  BOOST_TEST_REQUIRE(told != nullptr);
  BOOST_TEST(told->credit_bytes() == limits::bytes_in_flight / 3); // with the fixture's camera
  for (std::uint64_t seq = 1; seq <= 33; ++seq) {
    greedy.frame(seq, mib);
    r.rest();
  }
  const auto* refused = greedy.next_body<wire::Refused>();
  BOOST_TEST_REQUIRE(refused != nullptr);
  BOOST_TEST((refused->reason() == reason::OverCredit));
  BOOST_TEST(refused->seq() == 33u);
  for (std::uint64_t seq = 1; seq <= 5; ++seq)
    modest.frame(seq, mib);
  r.rest();
  BOOST_TEST(modest.empty());
  app.credit(1);
  for (int n = 0; n < 38 && app.next_body<wire::Frame>() != nullptr; ++n) {
    const auto* m = decode_app(app.received.back());
    const auto* f = m->body_as_Frame();
    app.result(f->camera()->c_str(), f->stream(), f->seq());
    app.credit(1);
    if (f->camera()->string_view() == "modest" && f->seq() == 5)
      break;
  }
  r.rest();
  BOOST_TEST(modest.last_ack() == 5u);
}

// Frames that wait for an application stay in memory, however often their camera says Hello.
BOOST_FIXTURE_TEST_CASE(hello_gives_no_camera_more_than_its_credit, fixture) {
  app_peer slow(*this, "slow");
  slow.attach("*", 0);
  camera_peer camera(*this, "cam");
  std::uint64_t seq = 0;
  for (int hello = 0; hello < 4; ++hello) {
    BOOST_TEST_REQUIRE(camera.welcome() != nullptr);
    for (std::uint64_t n = 0; n < limits::credit_max; ++n) {
      camera.frame(seq + 1, 100, 1, n == 0 ? static_cast<std::uint32_t>(seq) : 0);
      ++seq;
    }
    rest();
    while (!camera.empty())
      camera.next();
  }
  caf::scoped_actor operators{system};
  auto asked = operators->request(broker_handle, caf::infinite, status_atom::value);
  rest();
  asked.receive(
      [](const status_part& s) { BOOST_TEST(s->apps.front()->queued == limits::credit_max); },
      [](const caf::error&) { BOOST_ERROR("no answer"); });
  BOOST_TEST(metrics.frames_given_up.Value() > 0.0);
}

BOOST_FIXTURE_TEST_CASE(a_stream_has_a_number, fixture) {
  camera_peer camera(*this, "cam", 0);
  camera.hello();
  const auto* refused = camera.next_body<wire::Refused>();
  BOOST_TEST_REQUIRE(refused != nullptr);
  BOOST_TEST((refused->reason() == reason::Malformed));
}

BOOST_FIXTURE_TEST_CASE(a_new_run_of_a_camera_takes_over_a_dead_connection, fixture) {
  auto first = std::make_unique<camera_peer>(*this, "cam", 1);
  BOOST_REQUIRE(first->welcome() != nullptr);
  camera_peer second(*this, "cam", 2);
  second.hello();
  BOOST_TEST((second.next_body<wire::Refused>()->reason() == reason::NameTaken));
  first.reset();
  BOOST_TEST(until([&] {
    second.hello();
    const auto* m = second.next();
    return m->body_type() == wire::CameraBody::Welcome;
  }));
}

BOOST_FIXTURE_TEST_CASE(cameras_that_vanished_make_room_and_those_that_live_do_not, fixture) {
  conf.gateway.max_cameras = 2; // the fixture's probe has gone without a Bye
  camera_peer first(*this, "first");
  BOOST_REQUIRE(first.welcome() != nullptr);
  camera_peer second(*this, "second");
  BOOST_REQUIRE(second.welcome() != nullptr);
  camera_peer third(*this, "third");
  third.hello();
  const auto* refused = third.next_body<wire::Refused>();
  BOOST_REQUIRE(refused != nullptr);
  BOOST_TEST((refused->reason() == reason::TooManyCameras));
}

} // namespace monopod
