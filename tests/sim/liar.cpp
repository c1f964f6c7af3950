#include "tests/sim/liar.hpp"

#include "schemas/codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod::sim {

namespace {

// Makes sense, so that only R6 stands against it: it follows the known view, but was never decided.
group_view next_view(const replica& who, random_source& random) {
  auto v = *who.known();
  v.primary = v.in_sync[random.below(v.in_sync.size())];
  v.version += random.between(1, 3);
  v.epoch += random.between(0, 2);
  v.previous = v.born;
  v.born = {v.born.round + random.between(1, 5), who.self().name, who.self().incarnation};
  return v;
}

view_ptr shared(group_view v) { return std::make_shared<const group_view>(std::move(v)); }

// Nobody is in sync, and the liar is the only voter.
group_view senseless_view(const replica& who, random_source& random) {
  auto v = next_view(who, random);
  v.in_sync.clear();
  v.voters.resize(1);
  v.voters.front().name = who.self().name;
  return v;
}

// Continues the log of a member in sync by an op that is born in an epoch to come.
peer::append senseless_op(const replica& who, const std::string& to) {
  const auto& members = who.known()->in_sync;
  const auto member = std::ranges::find(members, to, &monopod::member::name);
  const auto first = who.log().commit() + 1;
  flatbuffers::FlatBufferBuilder b;
  const auto op = finish_op(b, first, UINT64_MAX, wire::CreateStreamOpenedDirect(b, "cam", 1));
  return {.epoch = who.epoch(),
          .session = 0,
          .incarnation = member == members.end() ? 0 : member->incarnation,
          .first = first,
          .ops = {std::make_shared<const std::vector<std::uint8_t>>(op.begin(), op.end())},
          .commit = 0};
}

} // namespace

peer::message far_ahead(random_source& random) {
  if (random.chance(0.5))
    return peer::beat{UINT64_MAX, 1, 1};
  return peer::stale{UINT64_MAX};
}

// It never says that its own epoch has ended, because only it can know that (L3).
peer::message untrue_message(const replica& who, const std::string& to, random_source& random) {
  const auto& known = who.known();
  if (known == nullptr)
    return peer::step_down{who.epoch()};
  switch (random.below(5)) {
  case 0:
    return peer::step_down{known->primary == who.self() ? 0 : known->epoch};
  case 1: {
    const auto& v = known->voters[random.below(known->voters.size())];
    return peer::prepare{v.id, {UINT64_MAX, who.self().name, who.self().incarnation}};
  }
  case 2:
    return peer::decided{shared(senseless_view(who, random))};
  case 3:
    return senseless_op(who, to);
  default:
    return peer::decided{shared(next_view(who, random))};
  }
}

} // namespace monopod::sim
