// Messages that a replica refuses to believe, alone and in a group.
#include "replication/sense.hpp"

#include "core/credible.hpp"
#include "tests/unit/replica_group.hpp"
#include "tests/unit/some_view.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

namespace monopod {

namespace {

constexpr credible most{.epoch = 1 << 20, .round = 100, .version = 50};
const member from{"b", 7};

view_ptr changed(const std::function<void(group_view&)>& change) {
  auto v = *some_view(9);
  change(v);
  return std::make_shared<const group_view>(std::move(v));
}

bool taken(const peer::message& m) { return makes_sense(from, m, most); }

op_bytes finished(std::uint64_t index, std::uint64_t epoch, const char* camera = "cam",
                  std::uint64_t seq = 1) {
  flatbuffers::FlatBufferBuilder b;
  const auto bytes =
      finish_op(b, index, epoch, wire::CreateFinishedDirect(b, camera, 1, seq, nullptr, seq));
  return std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
}

peer::append append(std::vector<op_bytes> ops) {
  return {
      .epoch = 5, .session = 0, .incarnation = 7, .first = 3, .ops = std::move(ops), .commit = 2};
}

struct served : replica_group {
  served() {
    start_all();
    BOOST_REQUIRE(serves());
  }
  bool serves() {
    return run(3000, [&] {
      for (auto& [name, r] : all)
        if (r->accepting(now_ns) && r->known()->in_sync.size() == 3)
          return true;
      return false;
    });
  }
  void tell_all(const peer::message& m) {
    for (const auto& item : all)
      step(item.first, input::received{at("b").self(), m});
    run(50, [] { return false; });
  }
  bool serves_after_restart() {
    for (const auto* name : {"a", "b", "c"})
      start(name, life + 1);
    ++life;
    return serves();
  }
  std::uint64_t life = 1;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_view_has_a_primary_in_sync_and_voters) {
  BOOST_TEST(taken(peer::decided{some_view(9)}));
  BOOST_TEST(!taken(peer::decided{nullptr}));
  using edit = std::function<void(group_view&)>;
  const edit nonsense[] = {[](auto& v) { v.in_sync.clear(); },
                           [](auto& v) { v.primary.incarnation = 8; },
                           [](auto& v) { v.voters.clear(); },
                           [](auto& v) { v.voters.push_back(v.voters.front()); },
                           [](auto& v) { v.in_sync.push_back(v.in_sync.front()); },
                           [](auto& v) { v.version = most.version + 1; },
                           [](auto& v) { v.epoch = most.epoch + 1; },
                           [](auto& v) { v.born.round = most.round + 1; },
                           [](auto& v) { v.previous = v.born; }};
  for (const auto& change : nonsense)
    BOOST_TEST(!taken(peer::decided{changed(change)}));
}

BOOST_AUTO_TEST_CASE(a_request_is_of_its_sender_and_in_reach) {
  BOOST_TEST(taken(peer::prepare{1, {100, "b", 7}}));
  BOOST_TEST(!taken(peer::prepare{1, {101, "b", 7}}));
  BOOST_TEST(!taken(peer::prepare{1, {100, "a", 7}}));
  BOOST_TEST(!taken(peer::prepare{1, {100, "b", 8}}));
  BOOST_TEST(taken(peer::accept{1, {100, "b", 7}, some_view(9)}));
  BOOST_TEST(!taken(peer::accept{1, {8, "b", 7}, some_view(9)})); // made by a later round
  BOOST_TEST(!taken(peer::beat{most.epoch + 1, 1, 1}));
  BOOST_TEST(!taken(peer::stale{UINT64_MAX}));
}

BOOST_AUTO_TEST_CASE(ops_follow_each_other_and_can_be_applied) {
  BOOST_TEST(taken(append({finished(3, 4), finished(4, 5)})));
  BOOST_TEST(!taken(append({finished(4, 4)})));                 // not the first
  BOOST_TEST(!taken(append({finished(3, 4), finished(5, 4)}))); // a gap
  BOOST_TEST(!taken(append({finished(3, 5), finished(4, 4)}))); // born before the one before
  BOOST_TEST(!taken(append({finished(3, 6)})));                 // born after the message's epoch
  BOOST_TEST(!taken(append({finished(3, 4, "")})));
  BOOST_TEST(!taken(append({finished(3, 4, "cam", limits::number_max + 1)})));
}

// Each of these ended a process or kept a group from ever serving again.
BOOST_FIXTURE_TEST_CASE(one_message_of_nonsense_harms_nobody, served) {
  const auto& known = *at("a").known();
  auto stranger = known;
  stranger.version = known.version + 1;
  stranger.born.round += 1; // and `previous` does not follow
  auto alone = stranger;
  alone.primary = at("b").self();
  alone.in_sync = {alone.primary};
  alone.voters = {{"b", 12345}};
  alone.previous = known.born;
  auto far = alone;
  far.version = 1ULL << 63U;
  const auto b = at("b").self();
  const std::vector<peer::message> nonsense{
      peer::decided{std::make_shared<const group_view>(stranger)},
      peer::decided{std::make_shared<const group_view>(alone)},
      peer::decided{std::make_shared<const group_view>(far)},
      peer::stale{UINT64_MAX},
      peer::beat{UINT64_MAX, 1, 1},
      peer::step_down{UINT64_MAX},
      peer::step_down{at("a").epoch()},
      peer::prepare{'a', {UINT64_MAX, b.name, b.incarnation}},
      peer::refused{'b', {}, {UINT64_MAX, b.name, b.incarnation}}};
  for (const auto& m : nonsense) {
    tell_all(m);
    BOOST_REQUIRE_MESSAGE(serves(), "after message " << m.index());
    BOOST_REQUIRE_MESSAGE(serves_after_restart(), "restarted after message " << m.index());
  }
}

// Members that were told different nonsense meet again.
BOOST_FIXTURE_TEST_CASE(numbers_that_are_far_ahead_are_followed_in_leaps, served) {
  const auto b = at("b").self();
  for (int i = 0; i < 5; ++i) {
    step("c",
         input::received{b, peer::prepare{'c',
                                          {disks["c"].votes.promise.round + limits::number_leap,
                                           b.name, b.incarnation}}});
    step("c", input::outside_epoch{at("c").epoch() + limits::epoch_leap});
  }
  BOOST_TEST(disks["c"].votes.promise.round > 4 * limits::number_leap);
  BOOST_TEST(run(10'000, [&] { return serves(); }));
  BOOST_TEST(serves_after_restart());
}

BOOST_AUTO_TEST_CASE(what_is_credible_follows_the_clock) {
  constexpr std::uint64_t now_ms = 1'800'000'000'000;
  static_assert(credible_epoch(now_ms) > now_ms << 8U);
  static_assert(credible_epoch(0) == credible_epoch(limits::clock_floor_ms)); // not set yet
  static_assert(credible_epoch(UINT64_MAX) <= limits::number_max);
  static_assert(credible_stream(now_ms) == (now_ms + 24ULL * 3600 * 1000) * 1000);
  BOOST_TEST(credible_stream(UINT64_MAX) <= limits::number_max);
}

} // namespace monopod
