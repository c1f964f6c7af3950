#include "tests/sim/truth.hpp"

#include <algorithm>

namespace monopod::sim {

namespace {

std::string member_text(const member& m) {
  return m.name + "#" + std::to_string(m.incarnation >> 32) + "." +
         std::to_string(m.incarnation & 0xffffffff);
}

} // namespace

std::string text(const group_view& v) {
  std::string s = "v" + std::to_string(v.version) + "{e" + std::to_string(v.epoch) + " p" +
                  member_text(v.primary) + " in";
  for (const auto& m : v.in_sync)
    s += " " + member_text(m);
  s += "; voters";
  for (const auto& x : v.voters)
    s += " " + x.name + "." + std::to_string(x.id % 1000);
  return s + "}";
}

namespace {

bool majority(const std::vector<voter>& of, const std::set<voter>& who) {
  const auto count = std::ranges::count_if(of, [&](const voter& v) { return who.contains(v); });
  return 2 * static_cast<std::size_t>(count) > of.size();
}

} // namespace

// -- register

bool truth::accepted(const voter& who, const ballot& number, const view_ptr& value,
                     const std::vector<witnessed>& all) {
  made_.try_emplace(value->born, value);
  auto& by = accepts_[{number, value->born}];
  if (!by.insert(who).second)
    return false;
  // A majority of its own voters is enough: it meets every majority of a set that differs by one
  // voter.
  if (!majority(value->voters, by))
    return false;
  const auto before = chosen_;
  choose(number, value, all);
  return chosen_ != before;
}

// R3: all voters have lost their files. There is no history any more, and epochs go on above it.
void truth::forget_all(const view_ptr& founded) {
  if (founded->epoch <= chosen_->epoch && !clocks_lag_)
    violated("I3", text(*founded) + " is founded after " + text(*chosen_));
  chosen_ = nullptr;
  chosen_at_ = {};
  asked_ = founded->version;
  promised_ = 0;
  ++losses_;
  fresh_start_ = true;
  started_ = founded->epoch;
  forced_from_ = 0;
  if (clocks_lag_)
    owner_.clear(); // an epoch may come again that nobody outside had heard of
  seen_.reach(situation::founded_again);
}

// I7: each chosen view is made from the one chosen before it.
void truth::choose(const ballot& number, const view_ptr& value, const std::vector<witnessed>& all) {
  if (history_.contains(value->born)) {
    if (number > chosen_at_ && value->born != chosen_->born)
      violated("I7", text(*value) + " is chosen again after " + text(*chosen_));
    chosen_at_ = std::max(chosen_at_, number);
    return;
  }
  if (chosen_ != nullptr && value->version == 1 &&
      std::ranges::none_of(chosen_->voters, [&](const voter& v) { return value->lists(v); }))
    forget_all(value);
  std::vector<view_ptr> way; // views that are part of the history now, even if not chosen directly
  for (view_ptr at = value;;) {
    way.push_back(at);
    if (chosen_ == nullptr || at->previous == chosen_->born)
      break;
    const auto before = made_.find(at->previous);
    if (before == made_.end() || at->version <= chosen_->version) {
      violated("I7", text(*value) + " is chosen and does not come from " + text(*chosen_));
      return;
    }
    at = before->second;
  }
  if (chosen_ != nullptr && number < chosen_at_)
    violated("I7", text(*value) + " is chosen by a lower ballot than " + text(*chosen_));
  chosen_at_ = std::max(chosen_at_, number);
  for (; !way.empty(); way.pop_back())
    step_to(way.back(), all);
}

void truth::step_to(const view_ptr& v, const std::vector<witnessed>& all) {
  if (chosen_ != nullptr && v->version != chosen_->version + 1)
    violated("I7", text(*v) + " follows " + text(*chosen_));
  if (const auto [at, fresh] = owner_.try_emplace(v->epoch, v->primary);
      !fresh && at->second != v->primary)
    violated("I1", "epoch " + std::to_string(v->epoch) + " of " + member_text(at->second) +
                       " and " + member_text(v->primary));
  if (chosen_ == nullptr || v->epoch > chosen_->epoch)
    ++epochs_;
  const bool again = chosen_ != nullptr && !chosen_->holds(v->primary);
  const bool by_force = again && forced_.contains(v->primary);
  if (by_force)
    forced_from_ = v->epoch;
  for (const auto& w : all)
    if (again && !by_force && chosen_->holds(w.core->self()))
      violated("C3", "the group starts again, and " + member_text(w.core->self()) + " still runs");
  if (again)
    seen_.reach(by_force ? situation::promoted : situation::started_again);
  if (again && (by_force || !ops_on_disk_)) {
    ++losses_; // C3
    fresh_start_ = true;
    started_ = v->epoch;
    promised_ = 0;
  }
  if (chosen_ != nullptr)
    seen_.chosen(*chosen_, *v);
  chosen_ = v;
  history_.insert(v->born);
}

void truth::check_known(const group_view& v) {
  if (!history_.contains(v.born))
    violated("I7", text(v) + " is taken for decided");
}

std::vector<view_ptr> truth::possible() const {
  std::vector<view_ptr> list{chosen_};
  for (const auto& [born, v] : made_)
    if (v->version > chosen_->version)
      list.push_back(v);
  return list;
}

// -- ledger

void truth::start_again(std::uint64_t keep) {
  fresh_start_ = false;
  if (ops_.size() > keep)
    ops_.resize(keep);
  keys_.clear();
}

void truth::committed(const replica& who, const std::vector<committed_op>& done) {
  if (who.epoch() < started_)
    return;
  for (const auto& c : done) {
    const auto& op = *wire::GetOp(c.bytes->data());
    if (fresh_start_ && chosen_ != nullptr && who.self() == chosen_->primary)
      start_again(op.index() - 1);
    if (op.index() <= ops_.size()) {
      auto& known = ops_[op.index() - 1];
      if (known.bytes == nullptr) // it is from before such a start
        known = {op.epoch(), c.bytes};
      if (known.epoch != op.epoch() || (known.bytes != c.bytes && *known.bytes != *c.bytes))
        violated("I9",
                 member_text(who.self()) + " committed another op " + std::to_string(op.index()));
      continue;
    }
    if (op.index() != ops_.size() + 1) // the group started again from a member that lagged behind
      ops_.resize(op.index() - 1);
    ops_.push_back({op.epoch(), c.bytes});
    const auto* finished = op.body_as_Finished();
    if (finished == nullptr || c.result != apply_result::applied)
      continue;
    const auto key = finished->camera()->str() + "/" + std::to_string(finished->seq());
    if (!keys_.insert(key).second)
      violated("I6", key + " is committed twice");
  }
}

bool truth::holds(const witnessed& w, std::uint64_t index) const {
  const auto& log = w.core->log();
  if (index > log.last())
    return false;
  if (index <= log.commit() || index > ops_.size())
    return true; // I9 is checked at commit
  return wire::GetOp(log.at(index)->data())->epoch() == ops_[index - 1].epoch;
}

void truth::effect(const replica& who, std::uint64_t index, const std::vector<witnessed>& all) {
  if (const auto [at, fresh] = owner_.try_emplace(who.epoch(), who.self());
      !fresh && at->second != who.self())
    violated("I1", "in epoch " + std::to_string(who.epoch()) + " act " + member_text(at->second) +
                       " and " + member_text(who.self()));
  if (who.epoch() < forced_from_)
    return;
  for (const auto& w : all)
    if (w.core != &who && w.core->epoch() >= forced_from_ && w.core->may_act(w.now_ns))
      violated("I2", member_text(who.self()) + " acts in epoch " + std::to_string(who.epoch()) +
                         " while " + member_text(w.core->self()) + " may in " +
                         std::to_string(w.core->epoch()));
  if (index > promised_) {
    promised_ = index;
    check_members(all, "at an effect");
  }
}

void truth::check_members(const std::vector<witnessed>& all, const char* when) {
  if (chosen_ == nullptr || promised_ == 0)
    return;
  for (const auto& w : all) {
    if (!chosen_->holds(w.core->self()))
      continue;
    for (auto index = std::max<std::uint64_t>(1, w.core->log().commit()); index <= promised_;
         ++index)
      if (!holds(w, index)) {
        violated("I4", member_text(w.core->self()) + " does not hold op " + std::to_string(index) +
                           " " + when + ", in " + text(*chosen_));
        return;
      }
    if (ops_on_disk_ && w.disk_last < promised_)
      violated("I4", member_text(w.core->self()) + " has not op " + std::to_string(promised_) +
                         " on its disk " + when);
  }
}

} // namespace monopod::sim
