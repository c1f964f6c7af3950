// Ops: snapshot, tail and commit, on both sides.
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/replica.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

// -- primary

void replica::flush(const member& to, backup& b) {
  if (b.given) {
    flush_pieces(to, b);
    return;
  }
  peer::append m{.epoch = leading_->epoch,
                 .session = b.session,
                 .incarnation = to.incarnation,
                 .first = b.sent + 1,
                 .ops = {},
                 .commit = log_.commit()};
  auto end = b.sent;
  for (std::size_t bytes = 0; end < log_.last() && m.ops.size() < limits::group_append_ops; ++end) {
    const auto& op = log_.at(end + 1);
    bytes += op->size();
    if (!m.ops.empty() && bytes > limits::group_append_bytes)
      break;
    m.ops.push_back(op);
  }
  if (b.matched) // if not, the first append must begin where both are known to agree
    b.sent = end;
  send(to.name, std::move(m));
}

// G3: sends the pieces that fit into the window. The ops after them wait until the snapshot is
// installed.
void replica::flush_pieces(const member& to, backup& b) {
  while (auto piece = b.given->next()) {
    piece->epoch = leading_->epoch;
    piece->session = b.session;
    piece->incarnation = to.incarnation;
    send(to.name, std::move(*piece));
  }
}

// L5: from now on all ops are owed, even those that are not urgent.
void replica::owe_all() {
  auto& l = *leading_;
  for (auto& [who, b] : l.backups)
    if (b.matched && b.held >= l.owed)
      b.progress_ns = now_ns_; // nothing was owed until now
  l.owed = log_.last();
}

void replica::flush_all() {
  owe_all();
  for (auto& [who, b] : leading_->backups)
    flush(who, b);
}

// G1: an op is committed once all counted members hold it, with durability `disk` on their disks.
void replica::advance_commit() {
  auto held = held_by_self();
  bool any = false;
  std::uint64_t most = 0;
  for (const auto& [who, b] : leading_->backups)
    if (b.as != standing::joining) {
      held = std::min(held, b.held);
      most = std::max(most, b.held);
      any = true;
    }
  if (any && broken(mutant::g1_commit_by_any))
    held = std::min(held_by_self(), most);
  if (held > log_.commit())
    log_.commit_to(held, out_->committed);
  auto needed = log_.commit();
  for (const auto& [who, b] : leading_->backups)
    needed = std::min(needed, std::max(b.held, b.base));
  log_.forget_to(needed);
}

std::uint64_t replica::held_by_self() const {
  return settings_.ops_on_disk ? std::min(disk_.index(), log_.last()) : log_.last();
}

void replica::write_ops(std::uint64_t first) {
  if (!settings_.ops_on_disk)
    return;
  replica_outputs::write_request w{
      .number = disk_.write(log_.last()), .ledger = {}, .entries = {}, .first = first, .ops = {}};
  for (auto index = first; index <= log_.last(); ++index)
    w.ops.push_back(log_.at(index));
  out_->writes.push_back(std::move(w));
}

// One life of a node joins at a time, since each joining takes a snapshot. A later one takes its
// place once it has been silent, or at once if it proves that the earlier one has ended (C5).
bool replica::may_join(const member& who) {
  auto& backups = leading_->backups;
  const auto other = std::ranges::find_if(backups, [&](const auto& item) {
    return item.first.name == who.name && item.first != who && !known_->holds(item.first);
  });
  if (other == backups.end())
    return true;
  const auto& b = other->second;
  const auto patience_ns = settings_.times.silence_ns;
  if (b.as >= standing::proposed || now_ns_ - b.began_ns < patience_ns ||
      (!succeeds(who, other->first) && now_ns_ - b.asked_ns < 4 * patience_ns))
    return false;
  leading_->lease.forget(other->first);
  backups.erase(other);
  advance_commit();
  return true;
}

// G3: each joining of a member has a session of its own. Further requests only prolong it.
void replica::handle(const member& from, const peer::join& m) {
  if (!leading_)
    return;
  auto& l = *leading_;
  if (known_->lists(from.name) || l.replace_at_ns.contains(from.name))
    replace_voter({from.name, m.voter_id});
  if (!m.holds_ledger || known_->holds(from) || !may_join(from))
    return;
  auto& b = l.backups[from];
  if (b.as >= standing::proposed)
    return;
  b.asked_ns = now_ns_;
  if (b.session != 0)
    return;
  b.session = ++l.sessions;
  b.began_ns = now_ns_;
  b.base = b.sent = log_.commit();
  b.given.emplace(log_.state(), settings_.pieces);
  b.progress_ns = now_ns_;
  flush_pieces(from, b);
}

void replica::handle(const member& from, const peer::pieces_taken& m) {
  if (!leading_ || m.epoch != leading_->epoch)
    return;
  const auto known = leading_->backups.find(from);
  if (known == leading_->backups.end() || m.session != known->second.session)
    return;
  auto& b = known->second;
  if (!b.given && m.pieces == 0 && b.as == standing::joining) {
    dismiss(known); // it asks to join again
    return;
  }
  if (!b.given || !b.given->taken(m.pieces))
    return;
  b.progress_ns = now_ns_;
  flush_pieces(from, b);
}

void replica::handle(const member& from, const peer::leave&) {
  if (!leading_)
    return;
  if (const auto known = leading_->backups.find(from); known != leading_->backups.end())
    known->second.leaves = true;
  if (!proposer_.busy())
    propose_something();
}

void replica::handle(const member& from, const peer::ack& m) {
  if (!leading_ || (m.epoch != leading_->epoch && !broken(mutant::g1_acks_any_session)))
    return;
  const auto known = leading_->backups.find(from);
  if (known == leading_->backups.end())
    return;
  auto& b = known->second;
  if ((m.session != b.session && !broken(mutant::g1_acks_any_session)) || m.index > log_.last())
    return;
  b.matched = true;
  b.given.reset();
  if (m.index > b.held || m.index == log_.last())
    b.progress_ns = now_ns_;
  b.held = std::max(b.held, m.index);
  b.sent = std::max(b.sent, b.held);
  advance_commit();
  if (leading_->leave_to && !proposer_.busy())
    propose_something(); // this member may be the heir now
}

void replica::on(const input::links_lost&) {
  if (!leading_) {
    acknowledge();
    return;
  }
  for (auto& [who, b] : leading_->backups) {
    send_again(b);
    flush(who, b);
  }
}

// -- backup

// G3: nothing of a snapshot shows before all of it has arrived.
void replica::handle(const member& from, const peer::snapshot_piece& m) {
  if (m.incarnation != settings_.self.incarnation || !obeys(from, m.epoch))
    return;
  const session_id offered{m.epoch, m.session};
  if (offered == sync_) {
    acknowledge(); // the snapshot is installed, and the acknowledgement was lost
    return;
  }
  const bool in_sync = known_ != nullptr && known_->holds(settings_.self);
  // A session that brings nothing more is not the primary's newest, although somebody said so.
  if (!in_sync && now_ns_ - session_heard_ns_ > 16 * settings_.times.silence_ns)
    sync_ = arriving_in_ = {};
  if ((offered < sync_ || in_sync) && !broken(mutant::g3_old_snapshot))
    return;
  const bool older = offered < arriving_in_;
  if (older && !broken(mutant::g3_mixed_sessions) && !broken(mutant::g3_old_snapshot))
    return;
  if (offered > arriving_in_ || (older && broken(mutant::g3_old_snapshot))) {
    arriving_in_ = offered;
    arriving_ = {};
  }
  session_heard_ns_ = now_ns_;
  if (!arriving_.take(m)) {
    ++counts_.surprises;
    arriving_ = {};
  } else if (!arriving_.complete()) {
    send(from.name, peer::pieces_taken{m.epoch, m.session, arriving_.taken()});
  } else {
    sync_with_ = from.name;
    install(std::exchange(arriving_, {}).give());
  }
}

void replica::install(snapshot_assembly::whole from) {
  const auto* state = decode_snapshot(std::as_bytes(std::span(*from.state)));
  auto restored = log_.state();
  if (state == nullptr || state->last_epoch() > arriving_in_.epoch ||
      !restored.restore(*state, *from.entries)) {
    ++counts_.surprises;
    return;
  }
  log_.install(std::move(restored));
  sync_ = arriving_in_;
  matched_ = log_.last();
  if (settings_.ops_on_disk) {
    disk_.start_again();
    out_->writes.push_back({.number = disk_.write(log_.last()),
                            .ledger = std::move(from.state),
                            .entries = std::move(from.entries),
                            .first = log_.commit() + 1,
                            .ops = {}});
  }
  acknowledge();
}

// Puts the primary's ops into the log, and says whether it changed.
bool replica::take(const std::vector<op_bytes>& ops) {
  auto changed_from = log_.last() + 1;
  for (const auto& op : ops) {
    const auto index = wire::GetOp(op->data())->index();
    const auto how = log_.match(op);
    if (how == op_log::matching::gap || how == op_log::matching::against_commit) {
      ++counts_.surprises;
      break; // what was taken before it is written all the same
    }
    if (how == op_log::matching::cut_and_added) {
      disk_.cut(index);
      matched_ = std::min(matched_, index - 1); // below it only if the primary contradicts itself
    }
    if (how != op_log::matching::same)
      changed_from = std::min(changed_from, index);
    matched_ = std::max(matched_, index);
  }
  const bool changed = changed_from <= log_.last();
  if (changed)
    write_ops(changed_from);
  return changed;
}

void replica::handle(const member& from, const peer::append& m) {
  if (m.incarnation != settings_.self.incarnation || !obeys(from, m.epoch))
    return;
  const session_id current{m.epoch, m.session};
  if (sync_ != current) {
    const bool continues = m.session == 0 && known_ != nullptr && known_->epoch == m.epoch &&
                           known_->holds(settings_.self) && sync_.epoch < m.epoch;
    if (!continues) {
      // Somebody may have made it believe in another session. Its primary would wait for ever.
      if (m.session != 0 && (known_ == nullptr || !known_->holds(settings_.self)))
        send(from.name, peer::pieces_taken{m.epoch, m.session, 0});
      return;
    }
    if (m.first == 0 || m.first > log_.last() + 1) { // a member in sync holds all that is committed
      ++counts_.surprises;
      return;
    }
    sync_ = current;
    sync_with_ = from.name;
    matched_ = m.first - 1; // committed at the new primary, so held by all in sync
  }
  if (m.first > matched_ + 1)
    return; // it is sent again
  session_heard_ns_ = now_ns_;
  const bool changed = take(m.ops);
  const auto commit = broken(mutant::g1_applies_uncommitted) ? matched_ : m.commit;
  log_.commit_to(std::max(log_.commit(), std::min(commit, matched_)), out_->committed);
  log_.forget_to(log_.commit());
  if (!changed || !settings_.ops_on_disk) // if not, once it is on disk
    acknowledge();
}

void replica::acknowledge() {
  if (sync_.epoch != epoch_seen_ || sync_.epoch <= abandoned_ || claiming(sync_.epoch))
    return;
  const auto held = settings_.ops_on_disk ? std::min(matched_, disk_.index()) : matched_;
  send(sync_with_, peer::ack{sync_.epoch, sync_.session, held});
}

} // namespace monopod
