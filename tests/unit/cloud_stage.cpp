// The cloud stage beside a ledger stage and a real broker: whatever order they hear things in, all
// results are confirmed and leave the outbox.
#include "actors/cloud/cloud_stage.hpp"

#include "actors/group/replicator.hpp"
#include "actors/ledger/ledger_stage.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/rig.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tools/harness/servers.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace monopod {

namespace {

constexpr std::uint64_t results = 3;

template <class Make>
void append(node_replica& to, Make make) {
  flatbuffers::FlatBufferBuilder b;
  const auto op = finish_op(b, to.next_index(), to.epoch(), make(b));
  BOOST_REQUIRE(
      to.append(std::make_shared<const std::vector<std::uint8_t>>(op.begin(), op.end()), true));
}

struct scene : temporary_folder, rig {
  scene() {
    conf.node = "a";
    conf.member["a"].address = "ipc://" + (path / "a").string();
    conf.ledger.durability = ledger_durability::disk;
    conf.ledger.directory = (path / "ledger").string();
    conf.cloud["local"].host = "127.0.0.1";
    conf.cloud["local"].port = broker.port();
  }
  ~scene() {
    for (const auto& stage :
         {cloud, caf::actor_cast<caf::actor>(ledger), caf::actor_cast<caf::actor>(peers)})
      caf::anon_send_exit(stage, caf::exit_reason::kill);
    while (host.run_once(0)) { // before the things that they refer to are destroyed
    }
  }
  bool connected() { return metrics.connected("local").Value() == 1; }
  std::size_t waiting() const { return replica->state().waiting("local"); }

  // As a node that ended before its cloud had confirmed them.
  void leave_results() {
    node_replica before(host, conf, metrics);
    append(before, [](auto& b) { return wire::CreateStreamOpenedDirect(b, "cam", 1); });
    for (std::uint64_t seq = 1; seq <= results; ++seq)
      append(before, [seq](auto& b) {
        return wire::CreateFinishedDirect(b, "cam", 1, seq, "app", seq, 0, 0, 0, 0, 0,
                                          wire::CreateInferenceDirect(b, "test"));
      });
    BOOST_REQUIRE(until([&] { return before.state().waiting("local") == results; }));
  }

  void start() {
    replica = std::make_unique<node_replica>(host, conf, metrics,
                                             state_file::try_open((path / "state").string()));
    ledger = spawn_stage<ledger_stage>(host, std::ref(context), std::cref(conf), std::ref(metrics),
                                       std::ref(*replica));
    cloud = caf::actor_cast<caf::actor>(spawn_stage<cloud_stage>(
        host, std::ref(context), std::cref(conf), std::ref(metrics), authority(*replica)));
    BOOST_REQUIRE(until([&] { return connected(); }));
  }

  harness::mqtt_broker broker;
  monopod::config conf;
  monopod::metrics metrics;
  std::unique_ptr<node_replica> replica;
  ledger_actor ledger;
  caf::actor cloud;
  replicator_actor peers;
};

} // namespace

// Another thread that has just filled a stage's mailbox, as the one that asks for the status does,
// lets the stage hear a turn later that the node serves.
BOOST_FIXTURE_TEST_CASE(results_that_overtake_the_word_of_serving_are_confirmed, scene) {
  leave_results();
  start();
  bool told = false;
  replica->on_serving([&](std::uint64_t epoch) {
    std::thread([&] { caf::anon_send(cloud, drain_atom::value); }).join();
    caf::anon_send(ledger, serve_atom::value, epoch);
    caf::anon_send(cloud, serve_atom::value, epoch);
    told = true;
  });
  peers = spawn_stage<replicator>(host, std::ref(context), std::cref(conf), std::ref(metrics),
                                  std::ref(*replica));
  BOOST_TEST(until([&] { return told && waiting() == 0; }));
  BOOST_TEST(metrics.published("local").Value() == results);
  BOOST_TEST(metrics.confirmed("local").Value() == results);
}

} // namespace monopod
