// The ledger on disk: what was written is there again, also from files cut off at any byte.
#include "actors/ledger/ledger_store.hpp"

#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/restored_ledger.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <sys/stat.h>

namespace monopod {

namespace {

namespace fs = std::filesystem;

using folder = temporary_folder;

const std::map<std::string, std::size_t> clouds{{"a", 1000}, {"b", 30}};

// A ledger with its ops, made at random as a pod makes them: cameras open streams, applications
// finish frames (some twice), clouds confirm out of order.
class history {
public:
  explicit history(unsigned seed) : random_(seed) {}

  op_bytes next() {
    switch (random_() % 9) {
    case 8:
      return add([&](auto& b) {
        const auto app = "app-" + std::to_string(random_() % 4);
        return write_subscription(b, app, {{"cam-*", camera()}, wire::Policy::Bounded, 3, 5, 7});
      });
    case 0:
      return add([&](auto& b) {
        return wire::CreateStreamOpenedDirect(b, camera().c_str(), 1 + random_() % 3);
      });
    case 1:
    case 2:
    case 3:
      return add([&](auto& b) {
        return wire::CreateCloudAckedDirect(b, random_() % 2 == 0 ? "a" : "b",
                                            1 + random_() % state.next_index());
      });
    default:
      return add([&](auto& b) {
        const auto inference = wire::CreateInferenceDirect(b, "model");
        const auto seq = ++seq_ - random_() % 2;
        return wire::CreateFinishedDirect(b, camera().c_str(), 1 + random_() % 3, seq, "app", seq,
                                          0, 0, 0, 0, 0, inference);
      });
    }
  }

  ledger state{clouds};
  std::vector<std::uint64_t> stale; // and what was released
  std::size_t released = 0;

private:
  template <class Make>
  op_bytes add(Make make) {
    flatbuffers::FlatBufferBuilder b;
    const auto encoded = finish_op(b, state.next_index(), 1, make(b));
    auto bytes = std::make_shared<const std::vector<std::uint8_t>>(encoded.begin(), encoded.end());
    const auto& op = *wire::GetOp(bytes->data());
    if (state.apply(op, bytes) != apply_result::applied && op.body_as_Finished() != nullptr)
      stale.push_back(op.index());
    stale.insert(stale.end(), state.released().begin(), state.released().end());
    released += state.released().size();
    return bytes;
  }
  std::string camera() { return "cam-" + std::to_string(random_() % 3); }

  std::minstd_rand random_;
  std::uint64_t seq_ = 0;
};

std::vector<op_bytes> some(history& h, std::size_t count) {
  std::vector<op_bytes> ops(count);
  std::ranges::generate(ops, [&h] { return h.next(); });
  return ops;
}

// Everything that can be seen of a ledger.
std::string show(const ledger& l) {
  const auto bytes = l.snapshot();
  std::string text(bytes.begin(), bytes.end());
  for (const auto& [name, limit] : clouds)
    for (const auto* e = l.next_entry(name, 0); e != nullptr; e = l.next_entry(name, e->index))
      text += name + std::to_string(e->index) + std::string(e->bytes->begin(), e->bytes->end());
  for (const auto& [name, limit] : clouds)
    text += std::to_string(l.waiting(name)) + " " + std::to_string(l.dropped(name)) + " ";
  return text;
}

ledger loaded(const fs::path& from, restored_ledger* found = nullptr) {
  ledger l(clouds);
  ledger_store store(from.string());
  const auto r = restore(store, l);
  if (found != nullptr)
    *found = r;
  return l;
}

ledger_store::checkpoint checkpoint_of(history& h) {
  return {.index = h.state.next_index() - 1,
          .oldest_entry = h.state.oldest_entry(),
          .snapshot = h.state.snapshot(),
          .stale = std::exchange(h.stale, {})};
}

} // namespace

BOOST_AUTO_TEST_CASE(an_empty_store_is_an_empty_ledger) {
  const folder f;
  BOOST_TEST(show(loaded(f.path)) == show(ledger(clouds)));
  BOOST_TEST(show(loaded(f.path / "new" / "deep")) == show(ledger(clouds)));
}

BOOST_AUTO_TEST_CASE(nobody_else_may_read_a_ledger) {
  const folder f;
  const auto others_may = [&f](const std::string& name) {
    return (fs::status(f.path / name).permissions() &
            (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none;
  };
  const auto old_mask = umask(0);
  loaded(f.path);
  BOOST_TEST(!others_may("ledger.sqlite"));
  fs::permissions(f.path / "ledger.sqlite", fs::perms(0644)); // as earlier versions made it
  {
    ledger_store store(f.path.string());
    BOOST_TEST(!others_may("ledger.sqlite"));
    BOOST_TEST(!others_may("ledger.sqlite-wal"));
  }
  umask(old_mask);
}

BOOST_AUTO_TEST_CASE(what_was_written_is_there_again) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const folder f;
    history h(seed);
    std::minstd_rand random(seed);
    for (int round = 0; round < 12; ++round) {
      {
        ledger_store store(f.path.string());
        ledger l(clouds);
        restore(store, l);
        BOOST_TEST_REQUIRE(show(l) == show(h.state), "seed " << seed << " round " << round);
        const auto ops = some(h, 1 + random() % 40);
        std::optional<ledger_store::checkpoint> at;
        if (random() % 2 == 0)
          at = checkpoint_of(h);
        BOOST_TEST_REQUIRE(store.write({.ops = ops, .at = at}).has_value());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(checkpoints_keep_the_file_small) {
  const folder f;
  history h(1);
  restored_ledger found;
  {
    ledger_store store(f.path.string());
    ledger l(clouds);
    restore(store, l);
    for (int round = 0; round < 50; ++round) { // the ledger releases entries once
      auto ops = some(h, 100);
      const auto at = checkpoint_of(h);
      BOOST_TEST_REQUIRE(store.write({.ops = ops, .at = at}).has_value());
    }
  }
  BOOST_TEST(show(loaded(f.path, &found)) == show(h.state));
  BOOST_TEST(found.ops == 0u);
  BOOST_TEST(found.entries == h.state.outbox_size());
  BOOST_TEST(h.released > 0u);
}

// Entries released after the last checkpoint are released again, for the next one to delete.
BOOST_AUTO_TEST_CASE(what_the_ledger_let_go_of_is_told_again) {
  const folder f;
  history h(2);
  {
    ledger_store store(f.path.string());
    ledger l(clouds);
    restore(store, l);
    const auto early = some(h, 4'000);
    const auto at = checkpoint_of(h);
    BOOST_TEST_REQUIRE(store.write({.ops = early, .at = at}).has_value());
    const auto late = some(h, 200);
    BOOST_TEST_REQUIRE(store.write({.ops = late}).has_value());
  }
  BOOST_TEST(h.released > 0u);
  restored_ledger found;
  BOOST_TEST(show(loaded(f.path, &found)) == show(h.state));
  BOOST_TEST(found.stale == h.stale, boost::test_tools::per_element());
}

// The written part of a log that begins as zeros: a header and whole pages
// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
std::uint64_t used_bytes(const fs::path& log) {
  std::ifstream in(log, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  constexpr std::size_t header = 32;
  constexpr std::size_t frame = 24 + 4096;
  return header + (bytes.find_last_not_of('\0') - header) / frame * frame + frame;
}

// The loss of power leaves the log of the last transactions cut off anywhere.
BOOST_AUTO_TEST_CASE(a_log_cut_off_at_any_byte_gives_a_prefix) {
  const folder f;
  history h(7);
  std::vector<std::string> states{show(h.state)};
  ledger_store store(f.path.string());
  {
    ledger l(clouds);
    restore(store, l);
  }
  for (int round = 0; round < 12; ++round) {
    auto ops = some(h, 5);
    std::optional<ledger_store::checkpoint> at;
    if (round % 5 == 4)
      at = checkpoint_of(h);
    BOOST_TEST_REQUIRE(store.write({.ops = ops, .at = at}).has_value());
    states.push_back(show(h.state));
  }
  const auto log = f.path / "ledger.sqlite-wal";
  const auto bytes = used_bytes(log);
  std::minstd_rand random(1);
  std::size_t whole = 0;
  std::size_t shortened = 0;
  for (int cut = 0; cut < 60; ++cut) {
    const folder copy;
    fs::copy_file(f.path / "ledger.sqlite", copy.path / "ledger.sqlite");
    fs::copy_file(log, copy.path / "ledger.sqlite-wal");
    fs::resize_file(copy.path / "ledger.sqlite-wal", cut == 0 ? bytes : random() % bytes);
    const auto found = std::ranges::find(states, show(loaded(copy.path)));
    BOOST_TEST((found != states.end()), "cut " << cut << ": not a state that ever was");
    (found + 1 == states.end() ? whole : shortened) += 1;
  }
  BOOST_TEST(whole >= 1u); // uncut, nothing is missing
  BOOST_TEST(shortened >= 10u);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_refused_with_a_remedy) {
  const folder f;
  const auto is_helpful = [](const std::runtime_error& e) {
    return std::string(e.what()).find("start with an empty ledger") != std::string::npos;
  };
  std::ofstream(f.path / "ledger.sqlite") << std::string(8192, 'x');
  BOOST_CHECK_EXCEPTION(loaded(f.path), std::runtime_error, is_helpful);
}

BOOST_AUTO_TEST_CASE(a_missing_operation_is_refused) {
  const folder f;
  history h(3);
  {
    ledger_store store(f.path.string());
    auto ops = some(h, 9);
    ops.erase(ops.begin() + 4);
    BOOST_TEST_REQUIRE(store.write({.ops = ops}).has_value());
  }
  BOOST_CHECK_THROW(loaded(f.path), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_second_process_is_told) {
  const folder f;
  const ledger_store first(f.path.string());
  BOOST_CHECK_EXCEPTION(ledger_store(f.path.string()), std::runtime_error, [](const auto& e) {
    return std::string(e.what()).find("another process") != std::string::npos;
  });
}

// The clouds of the configuration may change between two runs.
BOOST_AUTO_TEST_CASE(clouds_come_and_go) {
  history h(5);
  for (int n = 0; n < 500; ++n)
    h.next();
  const auto bytes = h.state.snapshot();
  const auto* snapshot = decode_snapshot(std::as_bytes(std::span(bytes)));
  BOOST_TEST_REQUIRE(snapshot != nullptr);
  std::deque<ledger::entry> entries;
  for (const auto* e = h.state.next_entry("a", 0); e != nullptr;
       e = h.state.next_entry("a", e->index))
    entries.push_back(*e);
  BOOST_TEST_REQUIRE(entries.size() > 10u);
  ledger changed({{"a", 10}, {"new", 10}});
  BOOST_TEST_REQUIRE(changed.restore(*snapshot, entries));
  BOOST_TEST(changed.waiting("a") == 10u); // a lower limit drops the oldest
  BOOST_TEST(changed.dropped("a") == entries.size() - 10);
  BOOST_TEST(changed.waiting("new") == 0u);
  BOOST_TEST(changed.waiting("b") == 0u);
  std::swap(entries.front(), entries.back());
  BOOST_TEST(!ledger(clouds).restore(*snapshot, entries));
}

} // namespace monopod
