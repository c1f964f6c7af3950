// A node that comes back with ops of a later epoch than its newest decided view: found by the
// simulator (seed 1039769 at a416c92; I4). Its primary of one epoch had acknowledged them alone and
// died, and a primary of the epoch before, that had heard nothing of this, offered its own ledger.
#include "replication/replica.hpp"
#include "tests/unit/some_messages.hpp"
#include "tests/unit/some_view.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace monopod {

namespace {

constexpr std::uint64_t epoch_of_view = 7;
constexpr std::uint64_t epoch_of_op = 9;
const std::map<std::string, std::size_t> clouds{{"local", 1000}};

op_bytes opened(std::uint64_t index, std::uint64_t epoch) {
  flatbuffers::FlatBufferBuilder b;
  const auto bytes = finish_op(b, index, epoch, wire::CreateStreamOpenedDirect(b, "cam", 1));
  return std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
}

// "a", started again with its file.
replica come_back() {
  replica_settings s;
  s.self = {"a", 2};
  s.voter_id = 11;
  s.group = {{"a"}, {"b"}, {"w", false}};
  s.ops_on_disk = true;
  auto v = *some_view(3);
  v.epoch = epoch_of_view;
  v.primary = {"b", 1};
  v.in_sync = {{"a", 1}, {"b", 1}};
  return {s,
          {.votes = {},
           .decided = std::make_shared<const group_view>(std::move(v)),
           .tail = {opened(1, epoch_of_op)}},
          ledger(clouds),
          1000};
}

replica_outputs offer(replica& to, std::uint64_t epoch) {
  const ledger empty(clouds);
  replica_outputs out;
  const input::received piece{{"b", 1},
                              peer::snapshot_piece{.epoch = epoch,
                                                   .session = 1,
                                                   .incarnation = 2,
                                                   .number = 0,
                                                   .last = true,
                                                   .state = empty.snapshot(),
                                                   .entries = {}}};
  to.step(piece, 2000, out);
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_ledger_of_an_earlier_epoch_does_not_take_its_place) {
  auto r = come_back();
  const auto out = offer(r, epoch_of_view);
  BOOST_TEST(r.log().last() == 1u);
  BOOST_TEST(out.writes.empty());
  const auto told = std::ranges::find_if(
      out.messages, [](const auto& m) { return std::holds_alternative<peer::stale>(m.body); });
  BOOST_REQUIRE((told != out.messages.end()));
  BOOST_TEST(told->to == "b");
  BOOST_TEST(std::get<peer::stale>(told->body).epoch == epoch_of_op); // so it ends its own
}

BOOST_AUTO_TEST_CASE(one_of_a_later_epoch_does) {
  auto r = come_back();
  offer(r, epoch_of_op + 1);
  BOOST_TEST(r.log().last() == 0u);
}

// A group's disk, used by a node on its own: epochs go on (I3).
BOOST_AUTO_TEST_CASE(alone_it_serves_in_the_epoch_of_its_ops) {
  replica_outputs out;
  const auto r = replica::alone("a", ledger(clouds), {opened(1, epoch_of_op)}, true, out);
  BOOST_TEST(r.epoch() == epoch_of_op);
  const auto fresh = replica::alone("a", ledger(clouds), {}, true, out);
  BOOST_TEST(fresh.epoch() == 1u);
}

} // namespace monopod
