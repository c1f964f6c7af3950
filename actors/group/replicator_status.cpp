// The metrics and the status of the group.
#include "actors/group/replicator.hpp"
#include "core/clock.hpp"
#include "replication/peer_codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

const char* role_of(replica::role r) {
  switch (r) {
  case replica::role::witness:
    return "witness";
  case replica::role::backup:
    return "backup";
  case replica::role::primary:
    return "primary";
  }
  return "";
}

} // namespace

void replicator::count() {
  const auto& core = replica_.core();
  const auto add = [](prometheus::Counter& c, std::uint64_t now, std::uint64_t& before) {
    if (now > before)
      c.Increment(static_cast<double>(now - std::exchange(before, now)));
  };
  const auto& now = core.counts();
  add(group_metrics_.epochs, now.view_changes, counted_.view_changes);
  add(group_metrics_.step_downs, now.step_downs, counted_.step_downs);
  add(group_metrics_.taken_out, now.taken_out, counted_.taken_out);
  add(group_metrics_.group_restarts, now.restarts, counted_.restarts);
  add(group_metrics_.surprises, now.surprises, counted_.surprises);
  add(group_metrics_.impostors, datagrams_->misfits(), counted_misfits_);
  group_metrics_.serving.Set(replica_.serving() != 0 ? 1 : 0);
  group_metrics_.in_view.Set(core.known() != nullptr && core.known()->holds(core.self()) ? 1 : 0);
  group_metrics_.lease_left.Set(static_cast<double>(core.lease_left_ns(boottime_ns())) * 1e-9);
  for (const auto& f : core.followers())
    group_metrics_.lag(f.who.name).Set(static_cast<double>(f.lag_ops));
}

status_part replicator::make_status() const {
  const auto& core = replica_.core();
  const auto now_ns = boottime_ns();
  auto part = std::make_shared<wire::StatusT>();
  part->role = role_of(core.what());
  part->epoch = core.epoch();
  auto g = std::make_unique<wire::GroupStatusT>();
  g->name = conf_.group.name;
  g->serving = replica_.serving() != 0;
  g->lease_left_ms = core.lease_left_ns(now_ns) / ns_per_ms;
  g->commit = core.log().commit();
  g->last = core.log().last();
  g->view_changes = core.counts().view_changes;
  g->step_downs = core.counts().step_downs;
  g->last_outage_ms = last_outage_ms_;
  const auto followers = core.followers();
  const auto& known = core.known();
  if (known != nullptr) {
    g->version = known->version;
    g->primary = known->primary.name;
    for (const auto& v : known->voters)
      g->voters.push_back(v.name);
  }
  for (const auto& [member_name, m] : conf_.member) {
    auto s = std::make_unique<wire::MemberStatusT>();
    s->name = member_name;
    s->role = m.role == member_role::witness ? "witness" : "joining";
    s->protocol = member_name == conf_.node ? peer_version : versions_.of(member_name);
    if (known != nullptr)
      for (const auto& in : known->in_sync)
        if (in.name == member_name) {
          s->role = in == known->primary ? "primary" : "backup";
          s->incarnation = in.incarnation;
        }
    for (const auto& f : followers)
      if (f.who.name == member_name) {
        s->lag_ops = f.lag_ops;
        s->heard_ms = (now_ns - std::min(now_ns, f.heard_ns)) / ns_per_ms;
      }
    g->members.push_back(std::move(s));
  }
  part->group = std::move(g);
  part->problems = versions_.problems(now_ns);
  return part;
}

} // namespace monopod
