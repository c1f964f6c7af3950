// Messages of any values, stepped into a group of real replicas between honest ones: no replica
// aborts, and afterwards the group serves, even if all of it is started again from its disks.
//
// Left out is what only keys can prevent: false votes of the register (accept, promised, accepted)
// in a round that is under way. A register bears members that crash, not members that lie.
#include "core/ensure.hpp"
#include "tests/fuzz/choices.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/replica_group.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

namespace monopod::fuzz {

namespace {

constexpr std::array names{"a", "b", "c"};

class hostile_group {
public:
  explicit hostile_group(std::span<const std::uint8_t> input) : from_(input) {
    group_.start_all();
    settle("a new group serves");
  }

  void run() {
    constexpr int most = 48; // actions
    for (int i = 0; i < most && from_.any(); ++i)
      act();
    settle("it serves afterwards");
    for (const auto* name : names)
      restart(name);
    settle("it serves after a restart of all");
  }

private:
  replica& any_replica() { return group_.at(names[from_.byte() % names.size()]); }

  // Some replica serves, and an op that is appended now reaches all. What was under way may end
  // another epoch first, and the op with it.
  void settle(const char* what) {
    constexpr std::uint64_t patience_ms = 1500;
    const auto primary = [&]() -> replica* {
      for (const auto* name : names)
        if (group_.at(name).accepting(group_.now_ns))
          return &group_.at(name);
      return nullptr;
    };
    for (int attempt = 0; attempt < 5; ++attempt) {
      if (!group_.run(patience_ms, [&] { return primary() != nullptr; }))
        continue;
      const auto index = primary()->next_index();
      const auto applied = [&](const char* name) {
        return group_.at(name).state().next_index() > index;
      };
      group_.append(primary()->self().name, "settled");
      if (group_.run(patience_ms, [&] { return std::ranges::all_of(names, applied); }))
        return;
    }
    fail(what);
  }

  [[noreturn]] void fail(const char* what) {
    for (const auto* name : names) {
      const auto& r = group_.at(name);
      const auto* v = r.known().get();
      std::fprintf(stderr, "%s: epoch %#" PRIx64 ", log %#" PRIx64 " of %#" PRIx64 ", knows", name,
                   r.epoch(), r.log().commit(), r.log().last());
      if (v != nullptr)
        std::fprintf(stderr, " version %#" PRIx64 ", epoch %#" PRIx64 " of %s in round %#" PRIx64,
                     v->version, v->epoch, v->primary.name.c_str(), v->born.round);
      for (const auto& m : v == nullptr ? std::vector<member>() : v->in_sync)
        std::fprintf(stderr, ", %s %#" PRIx64, m.name.c_str(), m.incarnation);
      for (const auto& x : v == nullptr ? std::vector<voter>() : v->voters)
        std::fprintf(stderr, "; voter %s %" PRIu64, x.name.c_str(), x.id);
      const auto& votes = group_.disks[name].votes;
      std::fprintf(stderr, "; promised %#" PRIx64 ", accepted %#" PRIx64 "; %" PRIu64 " refused\n",
                   votes.promise.round, votes.accepted.round, r.counts().surprises);
    }
    MONOPOD_ENSURE(false, what);
  }

  void act() {
    switch (from_.byte() % 8) {
    case 0:
      group_.run(1U + from_.byte() % 32U, [] { return false; });
      break;
    case 1:
      if (auto& r = any_replica(); r.accepting(group_.now_ns))
        group_.append(r.self().name, "honest");
      break;
    case 2:
      restart(any_replica().self().name);
      break;
    case 3:
      near_ = &any_replica();
      group_.step(near_->self().name, input::outside_epoch{epoch()});
      break;
    default:
      attack();
    }
  }

  void restart(const std::string& name) { group_.start(name, ++life_); }

  void attack() {
    const auto& to = any_replica();
    near_ = &to;
    auto from = any_replica().self();
    if (from_.byte() % 4 == 0)
      from.incarnation = from_.number(from.incarnation);
    group_.step(to.self().name, input::received{from, message(from)});
  }

  std::uint64_t epoch() { return from_.number(near_->epoch()); }
  std::uint64_t index() {
    return from_.number(from_.byte() % 2 == 0 ? near_->log().last() : near_->log().commit());
  }
  std::uint64_t version() {
    return from_.number(near_->known() == nullptr ? 0 : near_->known()->version);
  }
  std::uint64_t session() { return from_.byte() % 2 == 0 ? from_.byte() % 4 : from_.bits(); }
  std::uint64_t incarnation() { return from_.number(near_->self().incarnation); }
  std::uint64_t voter_id() {
    return static_cast<std::uint64_t>(names[from_.byte() % 3][0]) + from_.byte() % 2;
  }
  std::string name() { return from_.byte() % 8 == 0 ? "stranger" : names[from_.byte() % 3]; }

  ballot some_ballot() {
    const auto round = near_->known() == nullptr ? 0 : near_->known()->born.round;
    return {from_.number(round), name(), from_.number(near_->self().incarnation)};
  }
  ballot ballot_of(const member& from) {
    auto b = some_ballot();
    if (from_.byte() % 2 == 0)
      b = {b.round, from.name, from.incarnation};
    return b;
  }

  view_ptr view() {
    if (from_.byte() % 8 == 0)
      return nullptr;
    group_view v;
    if (near_->known() != nullptr && from_.byte() % 2 == 0)
      v = *near_->known();
    v.version = version();
    v.epoch = epoch();
    if (from_.byte() % 2 == 0)
      v.primary = {name(), incarnation()};
    const auto in_sync = from_.byte();
    for (std::uint8_t i = 0; i < in_sync % 4; ++i)
      v.in_sync.push_back({name(), incarnation()});
    if (in_sync >= 128)
      v.in_sync.push_back(v.primary);
    if (const auto voters = from_.byte(); voters >= 128) {
      v.voters.clear();
      for (std::uint8_t i = 0; i < voters % 4; ++i)
        v.voters.push_back({name(), voter_id()});
    }
    if (from_.byte() % 2 == 0)
      v.previous = near_->known() == nullptr ? ballot{} : near_->known()->born;
    if (from_.byte() % 2 == 0)
      v.born = some_ballot();
    return std::make_shared<const group_view>(std::move(v));
  }

  op_bytes op(std::uint64_t at) {
    flatbuffers::FlatBufferBuilder b;
    const auto camera = b.CreateString(from_.byte() % 8 == 0 ? "" : "honest");
    const auto app = b.CreateString("app");
    const auto number = from_.number(1);
    const auto birth = epoch();
    switch (from_.byte() % 6) {
    case 0:
      finish_op(b, at, birth, wire::CreateStreamOpened(b, camera, number));
      break;
    case 1:
      finish_op(b, at, birth,
                wire::CreateFinished(b, camera, from_.number(1), number, app, from_.number(1)));
      break;
    case 2:
      finish_op(b, at, birth, wire::CreateUnsubscribed(b, app));
      break;
    case 3:
      finish_op(b, at, birth, wire::CreateCameraForgotten(b, camera));
      break;
    case 4:
      finish_op(b, at, birth, wire::CreateSubscription(b, app, 0, wire::Policy::Every, 1, number));
      break;
    default:
      finish_op(b, at, birth, wire::CreateCloudAcked(b, app, number));
    }
    const auto bytes = bytes_of(b);
    return std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
  }

  // Half of them continue the log of their receiver, since others are not even looked at.
  peer::append append() {
    const bool continues = from_.byte() % 2 == 0;
    peer::append m{.epoch = continues ? near_->epoch() : epoch(),
                   .session = continues ? from_.byte() % 2U : session(),
                   .incarnation = near_->self().incarnation,
                   .first = continues ? near_->log().last() + 1 : index(),
                   .ops = {},
                   .commit = index()};
    const std::uint64_t ops = from_.byte() % 4U;
    for (std::uint64_t i = 0; i < ops; ++i)
      m.ops.push_back(op(from_.byte() % 8 == 0 ? from_.number(m.first) : m.first + i));
    return m;
  }

  peer::snapshot_piece piece() {
    peer::snapshot_piece p{.epoch = epoch(),
                           .session = session(),
                           .incarnation = near_->self().incarnation,
                           .number = from_.number(0),
                           .last = from_.byte() % 2 == 0,
                           .state = {},
                           .entries = {}};
    if (from_.byte() % 2 == 0)
      p.state = snapshot();
    for (auto left = from_.byte() % 3; left > 0; --left)
      p.entries.push_back(op(from_.number(1)));
    return p;
  }

  std::vector<std::uint8_t> snapshot() {
    flatbuffers::FlatBufferBuilder b;
    std::vector<flatbuffers::Offset<wire::CameraState>> cameras;
    for (auto left = from_.byte() % 3; left > 0; --left)
      cameras.push_back(
          wire::CreateCameraStateDirect(b, "honest", from_.number(1), from_.number(1)));
    std::vector<flatbuffers::Offset<wire::OutboxState>> clouds;
    const std::vector<std::uint64_t> confirmed{from_.number(1), from_.number(1)};
    clouds.push_back(wire::CreateOutboxStateDirect(b, "cloud", from_.number(1), &confirmed));
    wire::FinishSnapshotBuffer(
        b, wire::CreateSnapshotDirect(b, from_.number(1), &cameras, &clouds, nullptr, epoch()));
    return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
  }

  peer::message message(const member& from) {
    switch (from_.byte() % 14) {
    case 0:
      return peer::looked{voter_id(), some_ballot(), view(), view(), {epoch(), index()}};
    case 1:
      return peer::prepare{voter_id(), ballot_of(from)};
    case 2:
      return peer::refused{voter_id(), some_ballot(), some_ballot()};
    case 3:
    case 4:
      return peer::decided{view()};
    case 5:
      return peer::beat{epoch(), from_.number(1), index()};
    case 6:
      return peer::beat_answer{epoch(), from_.number(1), version()};
    case 7:
      return peer::step_down{epoch()};
    case 8:
      return peer::stale{epoch()};
    case 9:
      return peer::join{voter_id(), from_.byte() % 2 == 0};
    case 10:
      return piece();
    case 11:
      return peer::pieces_taken{epoch(), session(), from_.number(1)};
    case 12:
      return append();
    default:
      return peer::leave{};
    }
  }

  choices from_;
  replica_group group_;
  std::uint64_t life_ = 1;
  const replica* near_ = nullptr; // whose numbers are the known ones; set by each attack
};

} // namespace

std::vector<bytes> valid_inputs() {
  std::vector<bytes> inputs{{}};
  // For each kind of message, attacks with values of each kind, on replicas in turn.
  for (std::uint8_t kind = 0; kind < 14; ++kind) {
    bytes input{0, 10};
    for (std::uint8_t how = 0; how < 7; ++how) {
      input.insert(input.end(), {4, how, static_cast<std::uint8_t>(how + 1), 1, kind});
      input.insert(input.end(), 24, static_cast<std::uint8_t>(how + 8 * (how % 4)));
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  monopod::fuzz::hostile_group({data, size}).run();
  return 0;
}
