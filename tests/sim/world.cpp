#include "tests/sim/world.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/peer_codec.hpp"
#include "tests/sim/node.hpp"

#include <algorithm>
#include <memory>

namespace monopod::sim {

namespace {

class world {
public:
  world(const scenario& s, bool with_trace)
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

  run_result run() {
    for (auto& n : nodes_)
      n->start(true);
    outside_.start();
    all_.events.at(150 * ms, [this] { outside_.measure(); });
    for (const auto& f : all_.plan.faults)
      all_.events.at(f.at_ms * ms, [this, f] { inject(f); });
    const auto heal_ns = all_.plan.faults_end_ms * ms;
    until(heal_ns);
    heal();
    // I8, by the clock of the slowest.
    const auto promise_ns = all_.plan.profile == "wifi"   ? 360 * ms
                            : all_.plan.profile == "fast" ? 48 * ms
                                                          : 145 * ms;
    const auto bound_ns = 2 * promise_ns * 100 / 92 + 200 * ms;
    const auto before = outside_.acknowledged();
    while (all_.facts.violation().empty() && outside_.acknowledged() == before &&
           all_.events.run_one(heal_ns + bound_ns))
      ++result_.steps;
    if (outside_.acknowledged() > before)
      result_.served_after_heal_ns = all_.events.now_ns() - heal_ns;
    else if (result_.progress_owed)
      all_.facts.violated("I8", "nobody serves " + std::to_string(bound_ns / ms) +
                                    " ms after everything is well again");
    until(heal_ns + all_.plan.after_ms * ms);
    outside_.stop();
    until(all_.events.now_ns() + 150 * ms);
    finish();
    return std::move(result_);
  }

private:
  node& at(int n) { return *nodes_.at(static_cast<std::size_t>(n)); }

  void until(std::uint64_t end_ns) {
    while (all_.facts.violation().empty() && all_.events.run_one(end_ns))
      ++result_.steps;
  }

  std::vector<witnessed> everyone() const {
    std::vector<witnessed> list;
    for (const auto& n : nodes_)
      if (n->running())
        list.push_back(n->seen());
    return list;
  }

  // By name; a clone gets some of what is meant for the other.
  void route(int from, const peer::outgoing& m, const member& sender) {
    std::vector<node*> fit;
    for (const auto& n : nodes_)
      if (n->where().name == m.to &&
          (n->number() < static_cast<int>(group_.size()) || n->running()))
        fit.push_back(n.get());
    if (fit.empty())
      return;
    auto* to = fit.size() == 1 ? fit.front() : fit[all_.random.below(fit.size())];
    if (all_.plan.codec) {
      send_bytes(from, *to, encode_peer(sender, m.body, 1));
      return;
    }
    all_.links.send(from, to->number(),
                    [to, in = input::received{sender, m.body}] { to->input(in); });
  }

  void send_bytes(int from, node& to, std::vector<std::uint8_t> bytes) {
    all_.links.send(from, to.number(), [this, &to, bytes = std::move(bytes)] {
      if (auto m = decode_peer(std::as_bytes(std::span(bytes))))
        to.input(input::received{std::move(m->from), std::move(m->body)});
      else
        all_.facts.violated("codec", "a message can't be read");
    });
  }

  int find(const std::string& who) {
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

  void cut_all(int n, bool to_it, bool from_it, bool ends_too, std::uint64_t until_ns) {
    for (int other = 0; other < network::ends + (ends_too ? 1 : 0); ++other) {
      if (to_it)
        all_.links.cut(other, n, until_ns);
      if (from_it)
        all_.links.cut(n, other, until_ns);
    }
  }

  void inject(const fault& f);
  void inject_into_links(const fault& f, int n, std::uint64_t until_ns);
  void heal();
  void finish();
  void await_end(node& n, std::uint64_t patience_until_ns, std::uint64_t away_ms);
  void replace_voter(const std::string& name);
  void add_clone(const fault& f);

  surroundings all_;
  ends outside_;
  std::vector<place> group_;
  std::vector<std::unique_ptr<node>> nodes_;
  run_result result_;
};

void world::inject(const fault& f) {
  if (all_.trace)
    all_.trace(-1, to_text(f));
  const auto until_ns = all_.events.now_ns() + f.for_ms * ms;
  const auto n = f.node.empty() || f.node == "all" ? 0 : find(f.node);
  auto& target = at(n);
  switch (f.kind) {
  case fault_kind::crash:
  case fault_kind::lose_file:
    target.crash();
    all_.events.at(until_ns, [&target, keep = f.kind == fault_kind::crash] { target.start(keep); });
    break;
  case fault_kind::pause:
    for (auto& each : nodes_)
      if (f.node == "all" || each.get() == &target)
        each->pause(f.for_ms * ms);
    break;
  case fault_kind::slow_disk:
    for (auto& each : nodes_)
      if (f.node == "all" || each.get() == &target)
        each->slow_disk(static_cast<std::uint64_t>(f.value), until_ns);
    break;
  case fault_kind::no_ops:
    target.no_ops(until_ns);
    break;
  case fault_kind::slew:
    target.slew(static_cast<std::uint64_t>(f.value));
    break;
  case fault_kind::step:
    target.step_wall(f.value);
    break;
  case fault_kind::terminate:
    target.terminate();
    await_end(target, all_.events.now_ns() + 1000 * ms, f.for_ms);
    break;
  case fault_kind::hand_over:
    at(find("primary")).input(input::hand_over{});
    break;
  case fault_kind::replace_voter:
    replace_voter(target.where().name);
    break;
  case fault_kind::clone:
    add_clone(f);
    break;
  case fault_kind::cloud_down:
    outside_.cloud_down(until_ns);
    break;
  case fault_kind::relink:
    cut_all(n, true, true, false, until_ns);
    all_.events.at(until_ns, [&target] { target.input(input::links_lost{}); });
    break;
  case fault_kind::stall:
    target.stall(static_cast<std::uint64_t>(f.value), until_ns);
    break;
  default:
    inject_into_links(f, n, until_ns);
  }
}

void world::inject_into_links(const fault& f, int n, std::uint64_t until_ns) {
  switch (f.kind) {
  case fault_kind::mute:
    cut_all(n, false, true, false, until_ns);
    break;
  case fault_kind::deaf:
    cut_all(n, true, false, false, until_ns);
    break;
  case fault_kind::isolate:
    cut_all(n, true, true, true, until_ns);
    break;
  case fault_kind::part:
    all_.links.cut(find(f.other), n, until_ns);
    [[fallthrough]];
  case fault_kind::cut:
    all_.links.cut(n, find(f.other), until_ns);
    break;
  case fault_kind::split:
    for (int a = 0; a < network::ends; ++a)
      for (int b = 0; b < network::ends; ++b)
        if (((f.value >> a) & 1) != ((f.value >> b) & 1))
          all_.links.cut(a, b, until_ns);
    break;
  case fault_kind::loss:
    all_.links.lose(static_cast<double>(f.value) / 100);
    all_.events.at(until_ns, [this] { all_.links.lose(0); });
    break;
  default:
    break; // all others are of nodes
  }
}

// As an init system does: it ends when it has left, or after some time.
void world::await_end(node& n, std::uint64_t patience_until_ns, std::uint64_t away_ms) {
  all_.events.after(ms, [this, &n, patience_until_ns, away_ms] {
    if (!n.running() || !n.leaving())
      return;
    if (!n.core()->has_left() && all_.events.now_ns() < patience_until_ns) {
      await_end(n, patience_until_ns, away_ms);
      return;
    }
    n.crash();
    all_.events.after(away_ms * ms, [&n] { n.start(true); });
  });
}

// The spare node votes in the place of another one.
void world::replace_voter(const std::string& name) {
  auto& primary = at(find("primary"));
  const auto view = all_.facts.chosen();
  if (view == nullptr || !all_.plan.spare)
    return;
  const auto& spare = *nodes_[group_.size() - 1];
  const auto old = std::ranges::find(view->voters, name, &voter::name);
  if (old == view->voters.end() || view->lists(spare.where().name) || !spare.running())
    return;
  primary.input(input::change_voters{{spare.where().name, spare.voter_id()}, true});
  primary.input(input::change_voters{*old, false});
}

void world::add_clone(const fault& f) {
  if (nodes_.size() > group_.size())
    return;
  const auto& original = at(find(f.node));
  nodes_.push_back(std::make_unique<node>(all_, outside_, static_cast<int>(nodes_.size()),
                                          original.where(), group_));
  nodes_.back()->start(false);
  all_.events.after(f.for_ms * ms, [clone = nodes_.back().get()] { clone->crash(); });
}

// Everything is well again, at once and for good.
void world::heal() {
  if (all_.trace)
    all_.trace(-1, "everything is well again");
  all_.links.heal();
  outside_.cloud_down(0);
  const auto left = all_.plan.stays ? find(all_.plan.stays->node) : -1;
  // Its round may be decided after it, and leave a view of which nobody can answer.
  const bool decides_late = left >= 0 && at(left).running() && at(left).core()->changing();
  for (auto& n : nodes_) {
    n->heal();
    if (n->number() >= static_cast<int>(group_.size()) || n->leaving())
      n->crash();
  }
  // I8 is owed where whatever may be the view has a majority of its voters, and a member, alive.
  const auto alive = [&](const group_view& v) {
    const auto votes = std::ranges::count_if(nodes_, [&](const auto& n) {
      return n->number() != left && n->number() < static_cast<int>(group_.size()) &&
             v.lists(voter{n->where().name, n->voter_id()});
    });
    return 2 * static_cast<std::size_t>(votes) > v.voters.size() &&
           std::ranges::any_of(nodes_, [&](const auto& n) {
             return n->number() != left && n->running() && v.holds(n->core()->self());
           });
  };
  result_.progress_owed =
      all_.facts.chosen() != nullptr && !decides_late &&
      std::ranges::all_of(all_.facts.possible(), [&](const view_ptr& v) { return alive(*v); });
  for (auto& n : nodes_)
    if (n->number() < static_cast<int>(group_.size()))
      n->start(true);
  if (!all_.plan.stays)
    return;
  if (all_.trace)
    all_.trace(left, "but for this one: " + to_text(*all_.plan.stays));
  if (all_.plan.stays->kind == fault_kind::crash)
    at(left).crash();
  else
    cut_all(left, all_.plan.stays->kind == fault_kind::deaf,
            all_.plan.stays->kind == fault_kind::mute, false, network::for_ever_ns);
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

} // namespace

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
