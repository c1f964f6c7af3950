// Committed is what the disk has: order, restart, checkpoints, a disk that is full for a while.
#include "actors/ledger/node_replica.hpp"

#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/full_disk.hpp"
#include "tests/unit/rig.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

namespace {

struct replica_rig : rig {
  explicit replica_rig(ledger_durability durability) {
    conf.ledger.durability = durability;
    conf.ledger.directory = folder.path.string();
    conf.cloud["local"].outbox_entries = 100;
    start();
  }

  void start() {
    replica.reset(); // as the end of a process: the file is closed
    replica = std::make_unique<node_replica>(host, conf, metrics);
    replica->on_ready([this] { settle(); });
  }
  void settle() {
    replica->settle([this](const wire::Op& op, apply_result) { committed.push_back(op.index()); });
  }
  template <class Make>
  void append(Make make) {
    flatbuffers::FlatBufferBuilder b;
    const auto encoded = finish_op(b, replica->next_index(), 1, make(b));
    BOOST_TEST_REQUIRE(replica->append(
        std::make_shared<const std::vector<std::uint8_t>>(encoded.begin(), encoded.end()), true));
  }
  void open(std::uint64_t stream) {
    append([&](auto& b) { return wire::CreateStreamOpenedDirect(b, "cam", stream); });
  }
  void finish(std::uint64_t seq) {
    append([&](auto& b) {
      const auto inference = wire::CreateInferenceDirect(b, "model");
      return wire::CreateFinishedDirect(b, "cam", 1, seq, "app", seq, 0, 0, 0, 0, 0, inference);
    });
  }

  temporary_folder folder;
  monopod::config conf;
  monopod::metrics metrics;
  std::vector<std::uint64_t> committed;
  std::unique_ptr<node_replica> replica;
};

} // namespace

BOOST_AUTO_TEST_CASE(in_memory_an_op_is_committed_at_once) {
  replica_rig r(ledger_durability::memory);
  r.open(1);
  r.finish(1);
  r.settle();
  BOOST_TEST(r.committed == (std::vector<std::uint64_t>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(std::filesystem::is_empty(r.folder.path));
}

BOOST_AUTO_TEST_CASE(on_disk_it_is_there_after_a_restart) {
  replica_rig r(ledger_durability::disk);
  r.open(1);
  for (std::uint64_t seq = 1; seq <= 50; ++seq)
    r.finish(seq);
  BOOST_TEST_REQUIRE(r.until([&] { return r.replica->pending() == 0; }));
  BOOST_TEST(r.committed.size() == 51u);
  BOOST_TEST(std::ranges::is_sorted(r.committed));
  r.start();
  BOOST_TEST(r.replica->state().camera("cam")->settled_seq == 50u);
  BOOST_TEST(r.replica->state().waiting("local") == 50u);
  BOOST_TEST(r.replica->next_index() == 52u);
}

// An op of which nobody is told is on disk all the same: the ledger stage may be gone just then.
BOOST_AUTO_TEST_CASE(without_a_ledger_stage_the_ledger_goes_on) {
  replica_rig r(ledger_durability::disk);
  r.replica->on_ready(nullptr);
  r.open(1);
  BOOST_TEST_REQUIRE(r.until([&] { return r.replica->pending() == 0; }));
  BOOST_TEST(r.committed.empty());
  BOOST_TEST(r.replica->state().camera("cam")->stream == 1u);
}

BOOST_AUTO_TEST_CASE(snapshots_take_the_place_of_ops) {
  replica_rig r(ledger_durability::disk);
  r.open(1);
  const auto ops = 3 * limits::ledger_ops_kept;
  for (std::uint64_t seq = 1; seq <= ops; ++seq) {
    r.finish(seq - seq % 2); // every second one is stale
    if (seq % 100 == 0)
      BOOST_TEST_REQUIRE(r.until([&] { return r.replica->pending() == 0; }));
  }
  r.finish(ops + 1);
  BOOST_TEST_REQUIRE(r.until([&] { return r.replica->pending() == 0; }));
  const auto before = r.replica->state().snapshot();
  r.start();
  const auto after = r.replica->state().snapshot();
  BOOST_TEST(before == after, boost::test_tools::per_element());
  r.replica.reset();
  ledger fresh({{"local", 100}});
  const auto found = ledger_store(r.folder.path.string()).load(fresh);
  BOOST_TEST(found.ops.size() < 2 * limits::ledger_ops_kept);
  BOOST_TEST(found.entries <= 100u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_commits_nothing_and_loses_nothing) {
  replica_rig r(ledger_durability::disk);
  r.open(1);
  BOOST_TEST_REQUIRE(r.until([&] { return r.replica->pending() == 0; }));
  {
    const full_disk full;
    for (std::uint64_t seq = 1; seq <= 20; ++seq)
      r.finish(seq);
    BOOST_TEST_REQUIRE(r.until([&] { return r.metrics.ledger_write_errors.Value() >= 2; }));
    BOOST_TEST(r.replica->pending() == 20u);
    BOOST_TEST(r.replica->disk_problem().find("free some space") != std::string::npos,
               r.replica->disk_problem());
    BOOST_TEST(r.committed.size() == 1u);
    BOOST_TEST(r.replica->state().camera("cam")->settled_seq == 0u);
  }
  BOOST_TEST_REQUIRE(r.until([&] { return r.replica->pending() == 0; }));
  BOOST_TEST(r.replica->disk_problem().empty());
  BOOST_TEST(r.replica->state().camera("cam")->settled_seq == 20u);
  r.start();
  BOOST_TEST(r.replica->state().camera("cam")->settled_seq == 20u);
}

} // namespace monopod
