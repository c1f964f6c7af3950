// The order in which a cloud's entries go, how full its outbox is, and what the ledger keeps while
// confirmations come out of order.
#include "actors/ledger/outbox_alarm.hpp"
#include "actors/ledger/outbox_turns.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace monopod {

namespace {

struct outbox {
  explicit outbox(std::map<std::string, std::size_t> l = {{"c", limits::outbox_entries}})
      : limits_of(std::move(l)) {
    apply([](auto& builder) { return wire::CreateStreamOpenedDirect(builder, "cam", 1); });
  }

  template <class Make>
  void apply(Make make) {
    b.Clear();
    const auto encoded = finish_op(b, state.next_index(), 1, make(b));
    auto bytes = std::make_shared<const std::vector<std::uint8_t>>(encoded.begin(), encoded.end());
    const auto result = state.apply(*wire::GetOp(bytes->data()), bytes);
    BOOST_REQUIRE((result == apply_result::applied));
    for (const auto index : state.released())
      released.push_back(index);
  }
  // The new entry's index.
  std::uint64_t add() {
    ++seq;
    apply([this](auto& builder) {
      return wire::CreateFinishedDirect(builder, "cam", 1, seq, "app", seq, 0, 0, 0, 0, 0,
                                        wire::CreateInferenceDirect(builder, "m"));
    });
    return state.next_index() - 1;
  }
  void confirm(std::uint64_t entry, const char* cloud = "c") {
    apply([&](auto& builder) { return wire::CreateCloudAckedDirect(builder, cloud, entry); });
  }

  std::map<std::string, std::size_t> limits_of;
  ledger state{limits_of};
  std::vector<std::uint64_t> released;
  std::uint64_t seq = 0;
  flatbuffers::FlatBufferBuilder b;
};

// The next `count` entries by kind: 'o' of the backlog, 'f' fresh.
std::string order(outbox_turns& turns, const outbox& o, std::uint64_t backlog_to, int count) {
  std::string kinds;
  for (int i = 0; i < count; ++i) {
    const auto* e = turns.next(o.state, "c");
    if (e == nullptr)
      break;
    kinds += e->index <= backlog_to ? 'o' : 'f';
    turns.sent(e->index);
  }
  return kinds;
}

std::string order_with_share(double share) {
  outbox o;
  for (int i = 0; i < 8; ++i)
    o.add();
  outbox_turns turns(share);
  const auto newest = o.state.next_index() - 1;
  turns.start_again(newest);
  for (int i = 0; i < 8; ++i)
    o.add();
  return order(turns, o, newest, 100);
}

} // namespace

BOOST_AUTO_TEST_CASE(fresh_results_have_their_share_while_a_backlog_drains) {
  BOOST_TEST(order_with_share(0) == "ooooooooffffffff");
  BOOST_TEST(order_with_share(0.25) == "ooofooofoofffff"
                                       "f");
  BOOST_TEST(order_with_share(0.5) == "ofofofofofofofof");
  BOOST_TEST(order_with_share(1) == "ffffffffoooooooo");
}

BOOST_AUTO_TEST_CASE(a_backlog_without_fresh_results_has_all_turns) {
  outbox o;
  for (int i = 0; i < 6; ++i)
    o.add();
  outbox_turns turns(0.5);
  const auto newest = o.state.next_index() - 1;
  turns.start_again(newest);
  BOOST_TEST(turns.draining());
  BOOST_TEST(order(turns, o, newest, 4) == "oooo");
  o.add();
  BOOST_TEST(order(turns, o, newest, 10) == "ofo");
  BOOST_TEST(turns.next(o.state, "c") == nullptr);
  BOOST_TEST(!turns.draining());
  o.add();
  BOOST_TEST(order(turns, o, newest, 10) == "f");
}

BOOST_AUTO_TEST_CASE(every_entry_goes_once_and_all_unconfirmed_ones_again) {
  outbox o;
  std::set<std::uint64_t> unconfirmed;
  const auto add = [&] { unconfirmed.insert(o.add()); };
  outbox_turns turns(0.3);
  for (int round = 0; round < 5; ++round) {
    turns.start_again(o.state.next_index() - 1);
    std::set<std::uint64_t> sent;
    for (int i = 0; i < 40; ++i) {
      add();
      if (const auto* e = turns.next(o.state, "c")) {
        BOOST_TEST(sent.insert(e->index).second);
        BOOST_TEST(unconfirmed.contains(e->index));
        turns.sent(e->index);
        if (i % 3 != 0) {
          o.confirm(e->index);
          unconfirmed.erase(e->index);
        }
      }
    }
  }
  turns.start_again(o.state.next_index() - 1);
  std::vector<std::uint64_t> again;
  while (const auto* e = turns.next(o.state, "c")) {
    again.push_back(e->index);
    turns.sent(e->index);
  }
  BOOST_TEST(again == std::vector(unconfirmed.begin(), unconfirmed.end()),
             boost::test_tools::per_element());
}

// A backlog stands still while ten times as many fresh results come and are confirmed.
BOOST_AUTO_TEST_CASE(what_is_confirmed_ahead_of_a_backlog_is_let_go) {
  outbox o;
  constexpr std::size_t backlog = 1000;
  for (std::size_t i = 0; i < backlog; ++i)
    o.add();
  for (std::size_t i = 0; i < 10 * backlog; ++i) {
    o.confirm(o.add());
    BOOST_REQUIRE(o.state.outbox_size() <= backlog + limits::ledger_ops_kept);
  }
  BOOST_TEST(o.state.waiting("c") == backlog);
  BOOST_TEST(o.released.size() > 7 * backlog);
  BOOST_TEST(o.state.snapshot().size() < 8 * limits::ledger_ops_kept);
  // Nothing of the backlog was among them.
  std::size_t left = 0;
  for (const auto* e = o.state.next_entry("c", 0); e != nullptr;
       e = o.state.next_entry("c", e->index), ++left)
    BOOST_REQUIRE(!std::ranges::binary_search(o.released, e->index));
  BOOST_TEST(left == backlog);
}

BOOST_AUTO_TEST_CASE(an_entry_that_another_cloud_waits_for_is_kept) {
  outbox o({{"a", 100'000}, {"b", 100'000}});
  std::vector<std::uint64_t> entries(3000);
  std::ranges::generate(entries, [&o] { return o.add(); });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    o.confirm(entries[i], "a"); // all but the first
    if (i % 2 == 0)
      o.confirm(entries[i], "b"); // every other one
  }
  while (o.state.next_index() % limits::ledger_ops_kept != 1)
    o.add();
  BOOST_TEST(o.released.size() == 1499u);
  BOOST_TEST(o.state.next_entry("b", 0)->index == entries[0]);
  BOOST_TEST(o.state.next_entry("b", entries[0])->index == entries[1]);
  BOOST_TEST(o.state.next_entry("b", entries[1])->index == entries[3]);
  o.confirm(entries[0], "a");
  BOOST_TEST(o.state.next_entry("a", 0)->index > entries.back());
}

BOOST_AUTO_TEST_CASE(the_alarm_rises_early_and_does_not_flicker) {
  outbox_alarm alarm(100);
  BOOST_TEST(!alarm.update(75, 0));
  BOOST_TEST(alarm.update(76, 0));
  BOOST_TEST((alarm.level() == outbox_level::nearly_full));
  BOOST_TEST(!alarm.update(60, 0));
  BOOST_TEST(alarm.update(100, 1));
  BOOST_TEST((alarm.level() == outbox_level::dropping));
  BOOST_TEST(!alarm.update(80, 1)); // it has just lost some
  BOOST_TEST(!alarm.update(51, 1));
  BOOST_TEST(alarm.update(50, 1));
  BOOST_TEST((alarm.level() == outbox_level::ok));
  BOOST_TEST(alarm.dropped() == 1u);
}

} // namespace monopod
