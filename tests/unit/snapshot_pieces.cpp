// A ledger in pieces: each small, put together as it was, whatever the network does to them.
#include "replication/snapshot_pieces.hpp"

#include "tests/unit/some_messages.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

namespace monopod {

namespace {

const std::map<std::string, std::size_t> clouds{{"local", 1000}};

ledger with_results(std::uint64_t count) {
  ledger l(clouds);
  flatbuffers::FlatBufferBuilder b;
  const auto opened = finish_op(b, 1, 2, wire::CreateStreamOpenedDirect(b, "cam", 1));
  const auto first =
      std::make_shared<const std::vector<std::uint8_t>>(opened.begin(), opened.end());
  l.apply(*wire::GetOp(first->data()), first);
  for (std::uint64_t index = 2; index < 2 + count; ++index) {
    const auto op = some_op(index);
    l.apply(*wire::GetOp(op->data()), op);
  }
  return l;
}

void check(snapshot_assembly& a, const ledger& wanted) {
  BOOST_TEST_REQUIRE(a.complete());
  const auto all = a.give();
  BOOST_TEST(*all.state == wanted.snapshot(), boost::test_tools::per_element());
  const auto* state = decode_snapshot(std::as_bytes(std::span(*all.state)));
  BOOST_TEST_REQUIRE(state != nullptr);
  ledger back(clouds);
  BOOST_TEST(back.restore(*state, *all.entries));
  BOOST_TEST(back.snapshot() == wanted.snapshot(), boost::test_tools::per_element());
  BOOST_TEST(back.outbox_size() == wanted.outbox_size());
}

constexpr piece_sizes small{.bytes = 700, .entries = 8, .in_flight = 4};

} // namespace

BOOST_AUTO_TEST_CASE(pieces_in_order_are_the_ledger_again) {
  for (const std::uint64_t count : {0, 1, 7, 100}) {
    const auto from = with_results(count);
    snapshot_source source(from, small);
    snapshot_assembly to;
    std::size_t pieces = 0;
    while (const auto p = source.next()) {
      BOOST_TEST(!to.complete());
      BOOST_TEST(p->number == pieces++);
      BOOST_TEST(p->entries.size() <= small.entries);
      BOOST_TEST(to.take(*p));
      source.taken(to.taken());
    }
    BOOST_TEST(pieces >= 1 + count / small.entries);
    check(to, from);
  }
}

BOOST_AUTO_TEST_CASE(a_piece_has_one_entry_at_least) {
  const auto from = with_results(3);
  snapshot_source source(from, {.bytes = 10, .entries = 8, .in_flight = 1});
  snapshot_assembly to;
  std::size_t entries = 0;
  while (const auto p = source.next()) {
    BOOST_TEST(p->state.size() <= 10u);
    BOOST_TEST(p->entries.size() <= 1u);
    entries += p->entries.size();
    BOOST_TEST(to.take(*p));
    BOOST_TEST(source.taken(to.taken()));
  }
  BOOST_TEST(entries == 3u);
  check(to, from);
}

BOOST_AUTO_TEST_CASE(no_more_than_a_window_is_on_its_way) {
  snapshot_source source(with_results(100), small);
  for (std::uint64_t n = 0; n < small.in_flight; ++n)
    BOOST_TEST(source.next().has_value());
  BOOST_TEST(!source.next());
  BOOST_TEST(source.taken(1));
  BOOST_TEST(!source.taken(1)); // no progress
  BOOST_TEST(!source.taken(9)); // nobody has what was not sent
  BOOST_TEST(source.next().has_value());
  BOOST_TEST(!source.next());
  source.again();
  BOOST_TEST(source.next()->number == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_lost_comes_again_and_order_does_not_matter) {
  auto from = with_results(200);
  const auto wanted = from;
  snapshot_source source(from, small);
  const auto later = some_op(202); // does not change what was begun
  from.apply(*wire::GetOp(later->data()), later);
  snapshot_assembly to;
  for (int round = 0; !to.complete() && round < 1000; ++round) {
    std::vector<peer::snapshot_piece> sent;
    while (auto p = source.next())
      sent.push_back(std::move(*p));
    std::ranges::reverse(sent);
    if (round % 3 == 0)
      sent.pop_back();
    for (const auto& p : sent)
      for (int twice = 0; twice < 2; ++twice)
        BOOST_TEST(to.take(p));
    if (!source.taken(to.taken()))
      source.again();
  }
  check(to, wanted);
}

BOOST_AUTO_TEST_CASE(the_last_piece_completes_nothing_that_has_a_gap) {
  snapshot_source source(with_results(1), small);
  std::vector<peer::snapshot_piece> all;
  while (auto p = source.next())
    all.push_back(std::move(*p));
  BOOST_TEST_REQUIRE(all.size() == 2u);
  snapshot_assembly to;
  BOOST_TEST(to.take(all[1]));
  BOOST_TEST(!to.complete());
  BOOST_TEST(to.taken() == 0u);
  BOOST_TEST(to.take(all[0]));
  BOOST_TEST(to.complete());
}

BOOST_AUTO_TEST_CASE(a_snapshot_is_no_larger_than_a_ledger) {
  snapshot_assembly to;
  peer::snapshot_piece p{1, 1, 1, 0, false, std::vector<std::uint8_t>(limits::ledger_state_bytes),
                         {}};
  BOOST_TEST(to.take(p));
  p.number = 1;
  p.state = {1};
  BOOST_TEST(!to.take(p));
}

} // namespace monopod
