#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/peer_codec.hpp"
#include "tests/sim/world_class.hpp"

#include <algorithm>
#include <memory>

namespace monopod::sim {

world::world(const scenario& s, bool with_trace)
    : all_(s), outside_(all_.events, all_.links, all_.facts, s.broken) {
  if (with_trace)
    all_.trace = [this](int node, const std::string& what) {
      result_.trace.push_back(std::to_string(all_.events.now_ns() / ms) + " ms  node " +
                              std::to_string(node) + " " + what);
    };
  all_.deliver = [this](int from, const peer::outgoing& m, const member& sender) {
    route(from, m, sender);
  };
  all_.everyone = [this] { return everyone(); };
  outside_.to_node = [this](int n, const frame_message& m) { at(n).frame(m); };
  outside_.confirm = [this](int n, std::uint64_t entry) { at(n).puback(entry); };
  outside_.tell_epoch = [this](int n, std::uint64_t e) { at(n).input(input::outside_epoch{e}); };
  std::vector<place> group;
  group.reserve(limits::group_members);
  for (int i = 0; i < s.replicas; ++i)
    group.push_back({"n" + std::to_string(i), true, true});
  if (s.witness)
    group.push_back({"w" + std::to_string(s.replicas), false, true});
  if (s.spare)
    group.push_back({"s" + std::to_string(group.size()), true, false});
  for (const auto& p : group)
    nodes_.push_back(
        std::make_unique<node>(all_, outside_, static_cast<int>(nodes_.size()), p, group));
  group_ = group;
}

run_result world::run() {
  for (auto& n : nodes_)
    n->start(true);
  outside_.start();
  all_.events.at(all_.plan.outage_from_ms * ms, [this] { outside_.measure(); });
  for (const auto& f : all_.plan.faults)
    all_.events.at(f.at_ms * ms, [this, f] { inject(f); });
  const auto heal_ns = all_.plan.faults_end_ms * ms;
  until(heal_ns);
  heal();
  demand_progress(heal_ns);
  outside_.stop();
  until(all_.events.now_ns() + 150 * ms);
  finish();
  return std::move(result_);
}

// Runs the next event, unless an invariant is broken or the time is over. Messages that cause ever
// more messages break one, too.
bool world::run_one(std::uint64_t end_ns) {
  constexpr std::uint64_t most = 2'000'000; // ten times as many as any run of a sound group takes
  if (++result_.steps > most)
    all_.facts.violated("storm", "there are more than " + std::to_string(most) + " events");
  return all_.facts.violation().empty() && all_.events.run_one(end_ns);
}

void world::until(std::uint64_t end_ns) {
  while (run_one(end_ns))
    ;
}

std::vector<witnessed> world::everyone() const {
  std::vector<witnessed> list;
  for (const auto& n : nodes_)
    if (n->running())
      list.push_back(n->seen());
  return list;
}

// Delivers by name, so that a clone gets some of the messages for the other.
void world::route(int from, const peer::outgoing& m, const member& sender) {
  if (const auto* a = std::get_if<peer::accept>(&m.body))
    all_.facts.asked(*a->value);
  std::vector<node*> fit;
  for (const auto& n : nodes_)
    if (n->where().name == m.to && (n->number() < static_cast<int>(group_.size()) || n->running()))
      fit.push_back(n.get());
  if (fit.empty())
    return;
  auto* to = fit.size() == 1 ? fit.front() : fit[all_.random.below(fit.size())];
  if (to->running())
    all_.seen.sent(m.body, *to->core());
  if (all_.plan.codec) {
    send_bytes(from, *to, encode_peer(sender, m.body, 1));
    return;
  }
  all_.links.send(from, to->number(),
                  [to, in = input::received{sender, m.body}] { to->input(in); });
}

void world::send_bytes(int from, node& to, std::vector<std::uint8_t> bytes) {
  all_.links.send(from, to.number(), [this, &to, bytes = std::move(bytes)] {
    if (auto m = decode_peer(std::as_bytes(std::span(bytes))))
      to.input(input::received{std::move(m->from), std::move(m->body)});
    else if (!all_.lies)
      all_.facts.violated("codec", "a message can't be read");
  });
}

int world::find(const std::string& who) {
  const auto primary = std::ranges::find_if(nodes_, [](const auto& n) {
    return n->running() && n->core()->what() == replica::role::primary;
  });
  if (who == "primary")
    return primary == nodes_.end() ? 0 : (*primary)->number();
  const auto first = [&](auto fits) {
    const auto n = std::ranges::find_if(nodes_, fits);
    return n == nodes_.end() ? 0 : (*n)->number();
  };
  if (who == "backup")
    return first([](const auto& n) {
      return n->running() && n->core()->what() == replica::role::backup && n->where().votes;
    });
  if (who == "witness")
    return first([](const auto& n) { return !n->where().holds_ledger; });
  return std::min(std::stoi(who), static_cast<int>(group_.size()) - 1);
}

// Whether each view that may be the decided one, up to this version, has a majority of its voters
// and one member alive.
bool world::can_serve(std::uint64_t newest) const {
  const auto alive = [&](const view_ptr& v) {
    if (v->version > newest)
      return true;
    const auto votes = std::ranges::count_if(nodes_, [&](const auto& n) {
      return n->number() != left_ && n->number() < static_cast<int>(group_.size()) &&
             v->lists(voter{n->where().name, n->voter_id()});
    });
    return 2 * static_cast<std::size_t>(votes) > v->voters.size() &&
           std::ranges::any_of(nodes_, [&](const auto& n) {
             return n->number() != left_ && n->running() && v->holds(n->core()->self());
           });
  };
  return all_.facts.chosen() != nullptr && std::ranges::all_of(all_.facts.possible(), alive);
}

// Heals everything, at once and for good.
void world::heal() {
  if (all_.trace)
    all_.trace(-1, "everything is well again");
  all_.links.heal();
  outside_.cloud_down(0);
  if (all_.plan.stays)
    left_ = find(all_.plan.stays->node);
  const auto ends = [&](const auto& n) {
    return n->number() >= static_cast<int>(group_.size()) || n->leaving();
  };
  // Rounds of any node count, even of one that is ending or has just ended. A round makes at most
  // one version.
  const auto rounds = std::ranges::count_if(
      nodes_, [&](const auto& n) { return n->running() && (ends(n) || n->core()->changing()); });
  const auto& chosen = all_.facts.chosen();
  const auto version = chosen == nullptr ? 0 : chosen->version;
  if (left_ >= 0 && (rounds > 0 || all_.facts.newest_asked() > version))
    under_way_to_ =
        std::max(version, all_.facts.newest_asked()) + static_cast<std::uint64_t>(rounds);
  for (auto& n : nodes_) {
    n->heal();
    if (ends(n))
      n->crash();
  }
  result_.progress_owed = can_serve(UINT64_MAX);
  twice_ = fails_over_twice();
  for (auto& n : nodes_)
    if (n->number() < static_cast<int>(group_.size()))
      n->start(true);
  if (!all_.plan.stays)
    return;
  if (all_.trace)
    all_.trace(left_, "but for this one: " + to_text(*all_.plan.stays));
  if (all_.plan.stays->kind == fault_kind::crash)
    at(left_).crash();
  else
    cut_all(left_, all_.plan.stays->kind == fault_kind::deaf,
            all_.plan.stays->kind == fault_kind::mute, false, network::for_ever_ns);
}

// A decided view may name a primary that stays broken or has ended, and a member of that view may
// not have heard of it. That member finds out when its promise to the primary before has ended, and
// then waits once more for as long.
bool world::fails_over_twice() const {
  const auto lives = [&](const auto& n) { return n->running() && n->number() != left_; };
  const auto surprises = [&](const view_ptr& v) {
    return std::ranges::none_of(
               nodes_,
               [&](const auto& n) { return lives(n) && n->core()->self() == v->primary; }) &&
           std::ranges::any_of(nodes_, [&](const auto& n) {
             const auto* known = n->running() ? n->core()->known().get() : nullptr;
             return lives(n) && v->holds(n->core()->self()) &&
                    (known == nullptr || known->epoch < v->epoch);
           });
  };
  return under_way_to_ > 0 ||
         (all_.facts.chosen() != nullptr && std::ranges::any_of(all_.facts.possible(), surprises));
}

// I8, by the slowest clock.
void world::demand_progress(std::uint64_t heal_ns) {
  const auto promise_ns = all_.plan.profile == "wifi"   ? 360 * ms
                          : all_.plan.profile == "fast" ? 48 * ms
                                                        : 145 * ms;
  const auto failover_ns = promise_ns * 100 / 92;
  // 2 G have room for a second failover, but with the times of `wifi` 200 ms are too short to look,
  // to claim and to take out a silent member, each twice.
  const auto more_ns = twice_ && all_.plan.profile == "wifi" ? failover_ns : 0;
  const auto bound_ns = 2 * failover_ns + 200 * ms + more_ns;
  // By then everything that was under way has arrived and is on the disks, however slow they were.
  // It may leave a view with no member to serve; whatever the group decides after that is its own
  // fault.
  if (under_way_to_ > 0) {
    until(heal_ns + 200 * ms);
    result_.progress_owed = can_serve(under_way_to_);
  }
  const auto before = outside_.acknowledged();
  while (outside_.acknowledged() == before && run_one(heal_ns + bound_ns))
    ;
  if (outside_.acknowledged() > before)
    result_.served_after_heal_ns = all_.events.now_ns() - heal_ns;
  else if (result_.progress_owed)
    all_.facts.violated("I8", "nobody serves " + std::to_string(bound_ns / ms) +
                                  " ms after everything is well again");
  until(heal_ns + all_.plan.after_ms * ms + more_ns);
}

void world::finish() {
  auto& facts = all_.facts;
  facts.check_members(everyone(), "at the end");
  for (const auto& a : nodes_)
    for (const auto& b : nodes_)
      if (a->running() && b->running() && a->where().holds_ledger && b->where().holds_ledger &&
          facts.chosen() != nullptr && facts.chosen()->holds(a->core()->self()) &&
          facts.chosen()->holds(b->core()->self()) &&
          a->core()->log().commit() == b->core()->log().commit() &&
          (a->core()->state().snapshot() != b->core()->state().snapshot() ||
           !std::ranges::equal(a->core()->state().held(), b->core()->state().held(), {},
                               &ledger::entry::index, &ledger::entry::index)))
        facts.violated("I9", "two ledgers differ at the same op");
  if (facts.losses() == 0 && result_.progress_owed && !outside_.missing().empty())
    facts.violated("I4", outside_.missing());
  if (all_.trace)
    for (const auto& n : nodes_)
      if (n->running())
        all_.trace(n->number(), n->summary());
  if (all_.trace)
    all_.trace(-1, "longest time without acknowledgement: " +
                       std::to_string(outside_.longest_gap_ns() / ms) + " ms, until " +
                       std::to_string(outside_.longest_gap_end_ns() / ms));
  if (all_.trace && facts.chosen() != nullptr)
    for (const auto& v : facts.possible())
      all_.trace(-1, "possible view: " + text(*v));
  result_.violation = facts.violation();
  result_.reached = all_.seen.reached();
  const auto gap_ns = outside_.longest_gap_ns();
  constexpr std::uint64_t period_ns = 15 * ms;
  result_.outage_ns = gap_ns > period_ns ? gap_ns - period_ns : 0;
  result_.epochs = facts.epochs();
  for (const auto& n : nodes_)
    result_.taken_out += n->running() ? n->core()->counts().taken_out : 0;
  result_.acknowledged = outside_.acknowledged();
  result_.results = outside_.results();
  result_.twice = outside_.twice();
}

run_result run_scenario(const scenario& s, bool with_trace) {
  broken_rule = s.broken;
  throw_broken_invariants_on_this_thread(true);
  world w(s, with_trace);
  run_result result;
  try {
    result = w.run();
  } catch (const broken_invariant& e) {
    result.violation = std::string("ensure: ") + e.what();
  }
  broken_rule = mutant::none;
  return result;
}

} // namespace monopod::sim
