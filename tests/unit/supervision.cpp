// Stages that fail while frames flow: a real camera client, the real stages on loops that the test
// turns, and a cloud stage that confirms what it gets.
#include "actors/pipeline.hpp"
#include "clients/camera_client.hpp"
#include "core/limits.hpp"
#include "tests/unit/metric_series.hpp"
#include "tests/unit/peers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace monopod {

namespace {

// Confirms every entry, and remembers under which index each result came.
class confirming_cloud {
public:
  explicit confirming_cloud(rig& r)
      : link_(r.host, r.context, {.endpoints = {"inproc://results"}},
              [this](link& l) { return l.receive_some([this](inbound& in) { take(in); }); }) {}

  void attach() {
    builder_.Clear();
    std::vector<flatbuffers::Offset<wire::CloudWindow>> clouds{
        wire::CreateCloudWindowDirect(builder_, "local", 4, true)};
    link_.send(
        0, finish_outbox(builder_, 0, wire::CreateCloudAttachDirect(builder_, "node", &clouds)));
  }

  std::map<std::string, std::set<std::uint64_t>> entries; // by "app/seq"

private:
  void take(const inbound& in) {
    const auto* entry = decode_outbox(in.envelope)->body_as_Entry();
    if (entry == nullptr)
      return;
    const auto* f = wire::GetOp(in.body.bytes().data())->body_as_Finished();
    entries[f->app()->str() + "/" + std::to_string(f->seq())].insert(entry->entry());
    builder_.Clear();
    link_.send(0, finish_outbox(builder_, 0,
                                wire::CreatePublishedDirect(builder_, "local", entry->entry())));
  }

  flatbuffers::FlatBufferBuilder builder_;
  link link_;
};

const std::set<stage_kind> all_but_cloud{stage_kind::gateway, stage_kind::broker,
                                         stage_kind::vision};

struct supervised_rig : rig {
  supervised_rig() { log_init(log_level::off, log_format::text); }

  static monopod::config make_config() {
    monopod::config c;
    c.node = "node";
    c.gateway.listen = {"tcp://127.0.0.1:0"};
    c.broker.listen = {};
    c.cloud["local"];
    c.vision["far"].own_thread = true; // on a loop of its own, which the test turns, too
    c.vision["near"].service_ms = 0.2;
    return c;
  }

  // Everybody gets a turn, and the camera publishes where its window has room.
  void turn() {
    host.run_once(ns_per_ms);
    for (const auto& l : stages.own_loops())
      while (l.host->run_once(0)) {
      }
    cloud.attach();
    if (published < wanted && source.publish(payload(jpeg, *jpeg), realtime_ns(), 0, 0) ==
                                  camera_window::push_result::taken)
      ++published;
    connection.poll(0);
  }
  bool turn_until(const std::function<bool()>& done) {
    const auto give_up_ns = boottime_ns() + 20 * ns_per_s;
    while (!done() && boottime_ns() < give_up_ns)
      turn();
    return done();
  }
  bool publish(std::uint64_t frames) {
    wanted += frames;
    return turn_until([this] { return published == wanted; });
  }

  roster::entry find(const std::string& name) const {
    roster::entry found;
    stages.stages().for_each([&](const roster::entry& e) {
      if (e.name == name)
        found = e; // on the loop's own thread
    });
    return found;
  }
  void kill(const std::string& name) {
    const auto before = find(name);
    caf::anon_send(before.stage, fail_atom::value);
    BOOST_TEST(turn_until([&] { return find(name).restarts == before.restarts + 1; }), name);
  }

  const std::shared_ptr<std::vector<std::byte>> jpeg =
      std::make_shared<std::vector<std::byte>>(1000);
  monopod::config conf = make_config();
  monopod::metrics metrics;
  std::optional<int> exit_code;
  pipeline stages{
      host, context, conf, metrics, all_but_cloud, nullptr, [this](int code) { exit_code = code; }};
  confirming_cloud cloud{*this};
  camera_connection connection{
      {.server = conf.gateway.listen.front(), .client = "test", .window = {}}};
  camera& source = connection.open("cam");
  std::uint64_t wanted = 0;
  std::uint64_t published = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_result_comes_exactly_once_whatever_stage_fails, supervised_rig) {
  BOOST_REQUIRE(publish(20));
  constexpr int rounds = 3;
  for (int round = 0; round < rounds; ++round)
    for (const auto* name : {"gateway", "broker", "ledger", "vision.near", "vision.far"}) {
      kill(name);
      BOOST_REQUIRE(publish(20));
    }
  BOOST_TEST(
      turn_until([this] { return source.held() == 0 && cloud.entries.size() == 2 * wanted; }));
  BOOST_TEST(source.stats().acknowledged == wanted);
  BOOST_TEST(source.stats().dropped + source.stats().refused == 0u);
  for (const auto* app : {"far", "near"})
    for (std::uint64_t seq = 1; seq <= wanted; ++seq) {
      const auto key = std::string(app) + "/" + std::to_string(seq);
      BOOST_TEST(cloud.entries[key].size() == 1u, key);
    }
  BOOST_TEST(metrics.stage_restarts("broker").Value() == rounds);
  BOOST_TEST(!exit_code);
}

// Frames that arrive before the application attaches to the restarted broker are owed to it all the
// same.
BOOST_FIXTURE_TEST_CASE(subscriptions_outlive_the_broker, supervised_rig) {
  app_peer slow(*this, "slow");
  slow.subscribe();
  BOOST_REQUIRE(slow.next_body<wire::Subscribed>() != nullptr);
  BOOST_REQUIRE(turn_until([this] {
    return series_with(metrics, "app", "far") > 0 && series_with(metrics, "app", "near") > 0;
  }));
  kill("broker");
  BOOST_REQUIRE(publish(5));
  BOOST_TEST(turn_until([this] { return cloud.entries.size() == 10; })); // of the two others
  BOOST_TEST(source.held() == 5u);
  slow.attach();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    const auto* frame = slow.next_body<wire::Frame>();
    BOOST_REQUIRE(frame != nullptr);
    BOOST_TEST(frame->seq() == seq);
    slow.result("cam", frame->stream(), seq);
  }
  BOOST_TEST(turn_until([this] { return source.held() == 0; }));
}

BOOST_FIXTURE_TEST_CASE(a_stage_that_fails_too_often_ends_all, supervised_rig) {
  BOOST_REQUIRE(publish(5));
  for (std::size_t i = 0; i < limits::stage_restarts; ++i)
    kill("gateway");
  BOOST_TEST(!exit_code);
  caf::anon_send(find("gateway").stage, fail_atom::value);
  BOOST_TEST(turn_until([this] { return exit_code.has_value(); }));
  BOOST_TEST(exit_code.value_or(0) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_stage_that_fails_while_all_stop_finishes_its_work, supervised_rig) {
  BOOST_REQUIRE(publish(30));
  BOOST_REQUIRE(turn_until([this] { return metrics.frames_in_flight.Value() > 0; }));
  stages.stop();
  kill("ledger");
  BOOST_TEST(turn_until([this] { return exit_code.has_value(); }));
  BOOST_TEST(exit_code.value_or(1) == 0);
  BOOST_TEST(!cloud.entries.empty());
  for (const auto& [key, entries] : cloud.entries)
    BOOST_TEST(entries.size() == 1u, key);
  // An acknowledgement may be lost with the socket: then the camera keeps the frame.
  for (std::uint64_t seq = 1; seq <= source.stats().acknowledged; ++seq)
    for (const auto* app : {"far", "near"})
      BOOST_TEST(cloud.entries.contains(std::string(app) + "/" + std::to_string(seq)));
}

BOOST_FIXTURE_TEST_CASE(a_restarted_gateway_is_found_at_the_same_address, supervised_rig) {
  BOOST_REQUIRE(publish(1));
  const auto before = conf.gateway.listen;
  kill("gateway");
  BOOST_TEST(conf.gateway.listen == before, boost::test_tools::per_element());
  BOOST_TEST(!conf.gateway.listen.front().ends_with(":0"));
}

} // namespace monopod
