// The faults that happen to the group.
#include "tests/sim/liar.hpp"
#include "tests/sim/world_class.hpp"

#include <algorithm>
#include <utility>

namespace monopod::sim {

void world::cut_all(int n, bool to_it, bool from_it, bool ends_too, std::uint64_t until_ns) {
  for (int other = 0; other < network::ends + (ends_too ? 1 : 0); ++other) {
    if (to_it)
      all_.links.cut(other, n, until_ns);
    if (from_it)
      all_.links.cut(n, other, until_ns);
  }
}

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
    all_.facts.clocks_lag();
    target.step_wall(f.value);
    break;
  case fault_kind::terminate:
    target.terminate();
    await_end(target, all_.events.now_ns() + 1000 * ms, f.for_ms);
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
    if (!tell(f, target, until_ns))
      inject_into_links(f, n, until_ns);
  }
}

// The faults that operators and wrong members cause. Returns false if the fault is another one.
bool world::tell(const fault& f, node& target, std::uint64_t until_ns) {
  switch (f.kind) {
  case fault_kind::hand_over:
    at(find("primary")).input(input::hand_over{});
    break;
  case fault_kind::replace_voter:
    replace_voter(target.where().name);
    break;
  case fault_kind::clone:
    add_clone(f);
    break;
  case fault_kind::ahead:
    all_.facts.clocks_lag();
    if (target.running())
      target.input(
          input::outside_epoch{target.core()->epoch() + static_cast<std::uint64_t>(f.value)});
    break;
  case fault_kind::promote:
    promote(target);
    break;
  case fault_kind::lie:
    if (target.running())
      say(target, nodes_[all_.random.below(nodes_.size())]->where().name, far_ahead(all_.random));
    lie(target, std::min(until_ns, all_.plan.faults_end_ms * ms));
    break;
  default:
    return false;
  }
  return true;
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
  case fault_kind::echo:
    all_.links.echo(n, static_cast<std::uint64_t>(f.value) * ms, until_ns);
    break;
  default:
    break; // all other faults concern nodes
  }
}

// Waits as an init system does: the process ends once it has left, or after some time.
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

// The spare node becomes a voter in the place of another one. Once it is one, and the other has
// come back as a fourth, that one is taken out.
void world::replace_voter(const std::string& name) {
  auto& primary = at(find("primary"));
  const auto view = all_.facts.chosen();
  if (view == nullptr || !all_.plan.spare)
    return;
  const auto& spare = *nodes_[group_.size() - 1];
  const auto old = std::ranges::find(view->voters, name, &voter::name);
  const bool takes_place = !view->lists(spare.where().name);
  if (old == view->voters.end() || !spare.running() || (!takes_place && view->voters.size() < 4))
    return;
  if (takes_place)
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

void world::promote(node& n) {
  if (!n.running())
    return;
  all_.facts.forced(n.core()->self());
  n.input(input::force_promotion{});
}

void world::say(const node& n, const std::string& to, const peer::message& m) {
  all_.lies = true;
  all_.facts.clocks_lag();
  if (to != n.where().name)
    route(n.number(), {to, m}, n.core()->self());
}

void world::lie(node& n, std::uint64_t until_ns) {
  if (!n.running() || all_.events.now_ns() >= until_ns)
    return;
  const auto& to = nodes_[all_.random.below(nodes_.size())]->where().name;
  say(n, to, untrue_message(*n.core(), to, all_.random));
  all_.events.after(all_.random.between(1, 20) * ms, [this, &n, until_ns] { lie(n, until_ns); });
}

} // namespace monopod::sim
