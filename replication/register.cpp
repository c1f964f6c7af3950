#include "replication/register.hpp"

#include "core/ensure.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr unsigned longest_backoff = 3; // how many times it doubles

void add_once(std::vector<voter>& list, const voter& v) {
  if (std::ranges::find(list, v) == list.end())
    list.push_back(v);
}

} // namespace

// -- voter

peer::message register_voter::on(const peer::prepare& request) {
  const bool again = request.number == state_.promise && broken(mutant::r2_ballots_reused);
  if (request.number <= state_.promise && !again)
    return peer::refused{id_, request.number, state_.promise};
  state_.promise = request.number;
  return peer::promised{request.voter_id, request.number, state_.accepted, state_.value};
}

peer::message register_voter::on(const peer::accept& request) {
  if (request.number < state_.promise && !broken(mutant::r2_accepts_below_promise))
    return peer::refused{id_, request.number, state_.promise};
  state_.accepted = request.number;
  state_.value = request.value;
  // The proposer's next change then costs one round trip (R2).
  state_.promise = request.number.next();
  return peer::accepted{request.voter_id, request.number};
}

// -- proposer

register_proposer::register_proposer(member self, std::uint64_t seed)
    : self_(std::move(self)), random_(seed | 1) {}

void register_proposer::know(view_ptr decided) {
  if (base_ == nullptr || base_->version == 0 || decided->version > base_->version ||
      decided->epoch > base_->epoch)
    base_ = std::move(decided);
}

void register_proposer::start(view_change change, begin how, std::uint64_t now_ns, const waits& w,
                              std::vector<peer::outgoing>& out) {
  MONOPOD_ENSURE(!busy() && base_ != nullptr, "one change at a time, of a register with voters");
  change_ = std::move(change);
  waits_ = w;
  repeated_ = refused_rounds_ = 0;
  refused_ = false;
  const auto promised = std::exchange(promised_, std::nullopt); // a ballot is used once (R2)
  if (promised)
    highest_round_ = std::max(highest_round_, promised->round);
  if (how == begin::prepare || !promised || read_ == nullptr || read_->born != base_->born) {
    prepare(now_ns, out);
    return;
  }
  ballot_ = *promised;
  propose(read_, now_ns, out);
}

void register_proposer::prepare(std::uint64_t now_ns, std::vector<peer::outgoing>& out) {
  phase_ = phase::prepare;
  retry_ns_ = now_ns + patience_ns();
  // The view's proposer was promised the ballot after that view's, so a lower one would be refused.
  for (const auto& v : {base_, heard_of_})
    if (v != nullptr)
      highest_round_ = std::max(highest_round_, v->born.next().round);
  const bool again = broken(mutant::r2_ballots_reused) && highest_round_ == ballot_.round;
  highest_round_ += again ? 0 : 1;
  ballot_ = {highest_round_, self_.name, self_.incarnation};
  asked_.clear();
  answered_.clear();
  read_ = nullptr;
  read_ballot_ = {};
  ask<peer::prepare>(*base_, out);
  if (heard_of_ != nullptr && heard_of_->version > base_->version)
    ask<peer::prepare>(*heard_of_, out);
}

// Asks each voter once in a phase.
template <class Request>
void register_proposer::ask(const group_view& set, std::vector<peer::outgoing>& out) {
  for (const auto& v : set.voters) {
    if (std::ranges::find(asked_, v) != asked_.end())
      continue;
    asked_.push_back(v);
    Request request;
    request.voter_id = v.id;
    request.number = ballot_;
    if constexpr (std::is_same_v<Request, peer::accept>)
      request.value = proposed_;
    out.push_back({v.name, std::move(request)});
  }
}

// A majority has answered; before there is a value, all of the founders.
bool register_proposer::answered_by(const group_view& set) const {
  const auto count =
      static_cast<std::size_t>(std::ranges::count_if(set.voters, [this](const voter& v) {
        return std::ranges::find(answered_, v) != answered_.end();
      }));
  return set.version == 0 ? count == set.voters.size() : count > set.voters.size() / 2;
}

std::optional<view_ptr> register_proposer::on(const std::string& from, const peer::promised& answer,
                                              std::uint64_t now_ns,
                                              std::vector<peer::outgoing>& out) {
  if (phase_ != phase::prepare || answer.number != ballot_)
    return std::nullopt;
  add_once(answered_, {from, answer.voter_id});
  const bool higher =
      read_ == nullptr || (answer.accepted > read_ballot_ && !broken(mutant::r2_reads_any_value));
  if (answer.value != nullptr && higher) {
    read_ = answer.value;
    read_ballot_ = answer.accepted;
    ask<peer::prepare>(*read_, out);
  }
  // R4: only a majority of the newest view's voters is enough: it meets every majority of a set
  // that differs by one voter. A value older than the known view is not the newest.
  const auto newest = read_ == nullptr ? base_ : read_;
  const bool old_too = broken(mutant::r4_old_voters_promise) && answered_by(*base_);
  if (newest->version >= base_->version && (answered_by(*newest) || old_too))
    propose(newest, now_ns, out);
  return std::nullopt;
}

// R1: the change is a function of the value read.
void register_proposer::propose(const view_ptr& read, std::uint64_t now_ns,
                                std::vector<peer::outgoing>& out) {
  phase_ = phase::accept;
  retry_ns_ = now_ns + patience_ns();
  auto next = change_(broken(mutant::r1_blind_change) ? *base_ : *read);
  read_ = read;
  proposed_ = read;
  if (next) {
    next->version = read->version + 1;
    next->previous = read->born;
    next->born = ballot_;
    proposed_ = std::make_shared<const group_view>(std::move(*next));
  }
  asked_.clear();
  answered_.clear();
  ask<peer::accept>(*proposed_, out);
  ask<peer::accept>(*read_, out);
}

std::optional<view_ptr> register_proposer::on(const std::string& from,
                                              const peer::accepted& answer) {
  if (phase_ != phase::accept || answer.number != ballot_)
    return std::nullopt;
  add_once(answered_, {from, answer.voter_id});
  const bool old_too = answered_by(*read_) || broken(mutant::r4_two_at_once);
  if (!answered_by(*proposed_) || !old_too)
    return std::nullopt;
  phase_ = phase::idle;
  base_ = proposed_;
  read_ = proposed_;
  promised_ = ballot_.next();
  return base_;
}

// One refusal decides nothing: the other voters' answers still count until the new round begins. A
// first round may be refused because the proposer does not know all ballots. If a later one is
// refused, others prepare as well, and the back-off grows, with one draw for each round, until one
// of them has the time for a whole round (R5).
void register_proposer::on(const peer::refused& answer, std::uint64_t now_ns) {
  highest_round_ = std::max(highest_round_, answer.promise.round);
  if (!busy() || answer.number != ballot_ || (refused_ && refused_rounds_ > 0))
    return;
  refused_ = true;
  const auto most_ns = waits_.backoff_max_ns << std::min(refused_rounds_, longest_backoff);
  const auto backoff_ns = broken(mutant::r5_duels) ? 0 : random_below(most_ns);
  retry_ns_ = std::min(retry_ns_, now_ns + backoff_ns);
}

void register_proposer::tick(std::uint64_t now_ns, std::vector<peer::outgoing>& out) {
  if (!due(now_ns))
    return;
  repeated_ = refused_ ? 0 : repeated_ + 1;
  refused_rounds_ = refused_ ? refused_rounds_ + 1 : 0;
  refused_ = false;
  prepare(now_ns, out);
}

// R2: either a message was lost or a voter's disk is slow, and only time tells which.
std::uint64_t register_proposer::patience_ns() const {
  auto patience_ns = waits_.round_ns;
  for (auto n = repeated_; n > 0 && patience_ns < waits_.longest_ns; --n)
    patience_ns *= 2;
  return std::min(patience_ns, std::max(waits_.longest_ns, waits_.round_ns));
}

// splitmix64, for the back-off alone: the same seed gives the same run.
std::uint64_t register_proposer::random_below(std::uint64_t bound) {
  random_ += 0x9e3779b97f4a7c15;
  auto z = random_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return bound == 0 ? 0 : (z ^ (z >> 31)) % bound;
}

} // namespace monopod
