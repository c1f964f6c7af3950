// A joiner that believes in a session that its primary never gave: found by the fuzz target
// hostile_replica. One snapshot under a member's name kept it out for as long as the epoch lasted,
// since its primary waited for acknowledgements of the session that it had given.
#include "schemas/ledger_generated.h"
#include "tests/unit/replica_group.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace monopod {

namespace {

constexpr std::array names{"a", "b", "c"};

std::vector<std::uint8_t> empty_snapshot(std::uint64_t epoch) {
  flatbuffers::FlatBufferBuilder b;
  const std::vector<flatbuffers::Offset<wire::CameraState>> cameras;
  const std::vector<flatbuffers::Offset<wire::OutboxState>> clouds;
  wire::FinishSnapshotBuffer(b,
                             wire::CreateSnapshotDirect(b, 1, &cameras, &clouds, nullptr, epoch));
  return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

// A joiner gets another snapshot, of session `session`, after the primary has heard from so many
// that they installed its own.
struct deceived_group : replica_group {
  deceived_group(std::uint64_t session, int after) {
    on_receive = [this, session, left = after](const letter& m) mutable {
      const auto* ack = std::get_if<peer::ack>(&m.body);
      if (ack == nullptr || ack->session == 0 || left-- != 0)
        return;
      deceived = m.sender;
      step(m.from, input::received{at(m.to).self(),
                                   peer::snapshot_piece{.epoch = ack->epoch,
                                                        .session = session,
                                                        .incarnation = m.sender.incarnation,
                                                        .number = 0,
                                                        .last = true,
                                                        .state = empty_snapshot(ack->epoch),
                                                        .entries = {}}});
    };
    start_all();
  }
  bool in_sync(const member& who) {
    return std::ranges::any_of(names, [&](const char* name) {
      const auto& r = at(name);
      return r.accepting(now_ns) && r.known()->holds(who);
    });
  }
  std::optional<member> deceived;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_joiner_of_another_session_joins_anew) {
  for (int after = 0; after < 6; ++after)
    for (const std::uint64_t session : {std::uint64_t{7}, UINT64_MAX}) {
      BOOST_TEST_CONTEXT("session " << session << " after " << after << " acknowledgements") {
        deceived_group g(session, after);
        const auto append = [&](const char* name) {
          if (g.at(name).accepting(g.now_ns))
            g.append(name, "cam");
          return false;
        };
        g.run(50, [&] { return std::ranges::any_of(names, append); });
        BOOST_REQUIRE(g.deceived.has_value());
        BOOST_TEST(g.at(g.deceived->name).counts().surprises == 0u); // it took the snapshot
        g.run(3000, [] { return false; });
        BOOST_TEST(g.in_sync(*g.deceived));
      }
    }
}

// A word about a session that is over changes nothing.
BOOST_AUTO_TEST_CASE(only_the_session_that_is_under_way_can_be_lost) {
  replica_group g;
  std::uint64_t said = 0;
  g.on_receive = [&](const replica_group::letter& m) {
    const auto* ack = std::get_if<peer::ack>(&m.body);
    if (ack == nullptr || ack->session == 0)
      return;
    ++said;
    g.step(m.to, input::received{m.sender, peer::pieces_taken{ack->epoch, ack->session + 1, 0}});
    g.step(m.to, input::received{m.sender, peer::pieces_taken{ack->epoch - 1, ack->session, 0}});
  };
  g.start_all();
  const auto all_in = [&] {
    return std::ranges::any_of(names, [&](const char* name) {
      const auto& r = g.at(name);
      return r.accepting(g.now_ns) && r.known()->in_sync.size() == names.size();
    });
  };
  BOOST_TEST(g.run(500, all_in));
  BOOST_TEST(said > 0u);
}

} // namespace monopod
