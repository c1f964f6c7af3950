// The stages of a pod without its threads and clouds: a raw camera, a raw application and a raw
// bridge around gateway, broker and ledger keeper, turned by hand.
#include "actors/broker.hpp"
#include "actors/gateway.hpp"
#include "actors/keeper.hpp"
#include "actors/vision.hpp"
#include "core/limits.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

namespace monopod {

namespace {

// A peer that speaks one conversation by hand.
template <class Message>
class raw_peer {
public:
  using decoder = const Message* (*)(std::span<const std::byte>);

  raw_peer(rig& r, const std::string& endpoint, decoder d)
      : rig_(r), decode_(d),
        link_(r.host, r.context.get(), {.endpoints = {endpoint}}, [this](link& l) {
          return l.receive_some([this](inbound& in) {
            received.emplace_back(in.envelope.begin(), in.envelope.end());
            bodies_.push_back(in.body);
          });
        }) {}

  void send(std::span<const std::uint8_t> bytes, const payload* body = nullptr) {
    BOOST_REQUIRE(rig_.until([&] { return link_.send(0, bytes, body) == send_result::sent; }));
  }

  // The next message; null after `until` gave up.
  const Message* next() {
    if (!rig_.until([&] { return received.size() > read_; }))
      return nullptr;
    return decode_(received[read_++]);
  }
  template <class Body>
  const Body* next_body() {
    const auto* m = next();
    return m == nullptr ? nullptr : m->template body_as<Body>();
  }
  // The second part of the message that next() returned.
  const payload& body() const { return bodies_[read_ - 1]; }
  bool empty() const { return received.size() == read_; }

  std::vector<std::vector<std::byte>> received; // operator new aligns

private:
  rig& rig_;
  decoder decode_;
  std::vector<payload> bodies_;
  std::size_t read_ = 0;
  link link_;
};

struct camera_peer : raw_peer<wire::CameraMessage> {
  camera_peer(rig& r, std::string camera, std::uint64_t s = 1)
      : raw_peer(r, "inproc://cameras", decode_camera), name(std::move(camera)), stream(s) {}

  void hello() {
    b.Clear();
    send(finish_camera(b, 0, wire::CreateHelloDirect(b, name.c_str(), stream, session, "test")));
  }
  void frame(std::uint64_t seq, std::size_t bytes = 100, std::uint64_t captured_at_ns = 1,
             std::uint32_t dropped = 0) {
    const auto jpeg = std::make_shared<std::vector<std::byte>>(bytes, std::byte{0x42});
    const payload body(jpeg, *jpeg);
    b.Clear();
    const auto f = wire::CreateFrameDirect(b, name.c_str(), stream, seq, captured_at_ns, 0,
                                           wire::Encoding::Jpeg, 0, 0, dropped);
    send(finish_camera(b, 0, f), bytes > 0 ? &body : nullptr);
  }
  const wire::Welcome* welcome() {
    hello();
    return next_body<wire::Welcome>();
  }

  std::string name;
  std::uint64_t stream;
  std::uint64_t session = random_u64();
  flatbuffers::FlatBufferBuilder b;
};

struct app_peer : raw_peer<wire::AppMessage> {
  app_peer(rig& r, std::string app)
      : raw_peer(r, "inproc://apps", decode_app), name(std::move(app)) {}

  void subscribe(const char* pattern = "*") {
    b.Clear();
    std::vector<flatbuffers::Offset<flatbuffers::String>> patterns{b.CreateString(pattern)};
    send(finish_app(
        b, 0,
        wire::CreateSubscribeDirect(b, name.c_str(), &patterns, wire::Policy::Every, session)));
  }
  void credit(std::uint32_t frames) {
    b.Clear();
    send(finish_app(b, 0, wire::CreateCredit(b, frames)));
  }
  void attach(const char* pattern = "*", std::uint32_t frames = 8) {
    subscribe(pattern);
    BOOST_REQUIRE(next_body<wire::Subscribed>() != nullptr);
    credit(frames);
  }
  void result(const char* camera, std::uint64_t stream, std::uint64_t seq, float confidence = 0.5f,
              const char* label = "person") {
    b.Clear();
    const wire::Box box(0, 0, 1, 1);
    std::vector<flatbuffers::Offset<wire::Detection>> detections{
        wire::CreateDetectionDirect(b, label, confidence, &box)};
    const auto inference = wire::CreateInferenceDirect(b, "test", "1", 1, &detections);
    send(finish_app(b, 0, wire::CreateAppResultDirect(b, camera, stream, seq, 5, 6, inference)));
  }

  std::string name;
  std::uint64_t session = random_u64();
  flatbuffers::FlatBufferBuilder b;
};

struct bridge_peer : raw_peer<wire::OutboxMessage> {
  explicit bridge_peer(rig& r) : raw_peer(r, "inproc://results", decode_outbox) {}
  void attach(bool connected = true, std::uint32_t window = 4) {
    b.Clear();
    std::vector<flatbuffers::Offset<wire::CloudWindow>> clouds{
        wire::CreateCloudWindowDirect(b, "local", window, connected)};
    send(finish_outbox(b, 0, wire::CreateBridgeAttachDirect(b, "node", &clouds)));
    // Entries that the attachment sets free come before the answer.
    for (const auto* m = next(); m->body_type() != wire::OutboxBody::BridgeAttached; m = next())
      entries.push_back(m->body_as_Entry()->entry());
  }
  void published(std::uint64_t entry) {
    b.Clear();
    send(finish_outbox(b, 0, wire::CreatePublishedDirect(b, "local", entry)));
  }
  std::vector<std::uint64_t> entries; // seen by attach()
  flatbuffers::FlatBufferBuilder b;
};

struct fixture : rig {
  monopod::config conf = make_config();
  metrics counts;
  keeper_actor keeper_handle =
      spawn_stage<keeper>(host, context.get(), std::cref(conf), std::ref(counts));
  broker_actor broker_handle =
      spawn_stage<broker>(host, context.get(), std::cref(conf), std::ref(counts), keeper_handle);
  gateway_actor gateway_handle =
      spawn_stage<gateway>(host, context.get(), std::cref(conf), std::ref(counts));

  fixture() {
    // Until gateway and broker know each other.
    camera_peer probe(*this, "probe");
    BOOST_REQUIRE(until([&] {
      probe.hello();
      const auto* m = probe.next();
      return m != nullptr && m->body_type() == wire::CameraBody::Welcome;
    }));
  }
  ~fixture() {
    caf::anon_send_exit(gateway_handle, caf::exit_reason::kill);
    caf::anon_send_exit(broker_handle, caf::exit_reason::kill);
    caf::anon_send_exit(keeper_handle, caf::exit_reason::kill);
  }
  static monopod::config make_config() {
    monopod::config c;
    c.node = "node";
    c.gateway.listen = {"inproc://cameras"};
    c.gateway.max_frame_bytes = 1000;
    c.cloud["local"] = {};
    return c;
  }
};

using reason = wire::RefuseReason;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_frame_is_acknowledged_when_its_result_is_committed, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  bridge_peer bridge(*this);
  app.attach();
  bridge.attach();
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
  const auto* entry = bridge.next_body<wire::Entry>();
  BOOST_REQUIRE(entry != nullptr);
  const auto* op = wire::GetOp(bridge.body().bytes().data());
  BOOST_TEST(op->epoch() == 1u);
  BOOST_TEST(op->body_as_Finished()->app()->str() == "app");
  BOOST_TEST(op->body_as_Finished()->inference()->detections()->size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(every_bad_message_gets_its_answer_and_others_are_served, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  app.attach();
  BOOST_REQUIRE(camera.welcome() != nullptr);
  camera_peer bad(*this, "bad");
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
  bad.stream = 0; // an older run of the same camera
  bad.hello();
  expect(reason::StaleStream);

  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() ==
             0u); // asked whether it lives, for NameTaken
  camera.frame(1);
  BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
  app.result("cam", 1, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
}

BOOST_FIXTURE_TEST_CASE(replays_and_sequence_numbers_going_back_make_nothing_twice, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  app.attach();
  BOOST_REQUIRE(camera.welcome() != nullptr);
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

BOOST_FIXTURE_TEST_CASE(frames_lost_on_the_way_are_asked_for_again, fixture) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  app.attach();
  BOOST_REQUIRE(camera.welcome() != nullptr);
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
  bridge_peer bridge(*this);
  app.attach("*", 32);
  bridge.attach(true, 2);
  BOOST_REQUIRE(camera.welcome() != nullptr);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    camera.frame(seq);
    BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
    app.result("cam", 1, seq);
    BOOST_REQUIRE(camera.next_body<wire::Ack>() != nullptr);
  }
  const auto first = bridge.next_body<wire::Entry>()->entry();
  const auto second = bridge.next_body<wire::Entry>()->entry();
  BOOST_TEST(bridge.empty()); // its window is full
  bridge.published(first);
  const auto third = bridge.next_body<wire::Entry>()->entry();
  bridge.attach(false, 2);
  bridge.attach(true, 2);
  BOOST_TEST(bridge.entries == (std::vector{second, third}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_emulator_serves_n_cameras_and_frames_of_nobody_are_settled, fixture) {
  conf.vision["people"].cameras = {"gate-*"};
  conf.vision["people"].service_ms = 0.1;
  auto people = spawn_stage<vision>(host, context.get(), std::string("people"), std::cref(conf),
                                    std::ref(counts));
  camera_peer gate1(*this, "gate-1");
  camera_peer gate2(*this, "gate-2");
  camera_peer yard(*this, "yard");
  bridge_peer bridge(*this);
  bridge.attach(true, 10);
  for (auto* c : {&gate1, &gate2, &yard})
    BOOST_REQUIRE(c->welcome() != nullptr);
  for (auto* c : {&gate1, &gate2, &yard}) {
    c->frame(1);
    BOOST_TEST(c->next_body<wire::Ack>()->cursor() == 1u);
  }
  std::set<std::string> from;
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE(bridge.next_body<wire::Entry>() != nullptr);
    const auto* f = wire::GetOp(bridge.body().bytes().data())->body_as_Finished();
    from.insert(f->camera()->str() + "/" + f->app()->str());
  }
  BOOST_TEST(from == (std::set<std::string>{"gate-1/people", "gate-2/people"}),
             boost::test_tools::per_element());
  BOOST_TEST(bridge.empty());
  caf::anon_send_exit(people, caf::exit_reason::kill);
}

} // namespace monopod
