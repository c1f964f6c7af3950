// A replica's inputs, its part in the register, and decisions.
#include "replication/replica.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

replica::replica(replica_settings settings, replica_state found, ledger committed,
                 std::uint64_t now_ns)
    : settings_(std::move(settings)), now_ns_(now_ns), ticked_ns_(now_ns),
      voter_(settings_.voter_id, std::move(found.votes)), proposer_(settings_.self, settings_.seed),
      promise_(settings_.times), log_(std::move(committed)), disk_(log_.last()) {
  MONOPOD_ENSURE(settings_.times.sound(), "times of a lease leave a margin (L1)");
  MONOPOD_ENSURE(settings_.group.size() <= limits::group_members, "too many replicas");
  const auto me = std::ranges::find(settings_.group, settings_.self.name, &place::name);
  MONOPOD_ENSURE(me != settings_.group.end(), "a replica is a member of its group");
  holds_ledger_ = me->holds_ledger;
  votes_ = me->votes;
  for (auto& op : found.tail)
    log_.append(std::move(op));
  disk_ = disk_mark(log_.last());
  epoch_seen_ = log_.end().epoch; // whatever the view on disk says (G3, O1)
  promise_.give(now_ns);          // an earlier life may have promised it
  if (found.decided != nullptr) {
    MONOPOD_ENSURE(!found.decided->holds(settings_.self) || broken(mutant::c5_incarnation_reused),
                   "no process had this incarnation before (C5)");
    served_ = found.decided->epoch; // the view on disk is of an earlier life
    learn(found.decided);
  }
}

replica replica::alone(std::string name, ledger committed, std::vector<op_bytes> tail,
                       bool ops_on_disk, replica_outputs& out) {
  replica_settings s;
  s.self = {std::move(name), 1};
  s.group = {{s.self.name}};
  s.ops_on_disk = ops_on_disk;
  group_view v;
  v.version = 1;
  v.primary = s.self;
  v.in_sync = {s.self};
  v.voters = {{s.self.name, s.voter_id}};
  replica r(std::move(s), {.votes = {}, .decided = {}, .tail = std::move(tail)},
            std::move(committed), 0);
  v.epoch = std::max<std::uint64_t>(1, r.epoch_seen_);
  r.out_ = &out;
  r.learn(std::make_shared<const group_view>(std::move(v)));
  r.out_ = nullptr;
  return r;
}

void replica::step(const replica_input& in, std::uint64_t now_ns, replica_outputs& out) {
  now_ns_ = std::max(now_ns_, now_ns);
  out_ = &out;
  std::visit([this](const auto& i) { on(i); }, in);
  deliver_own();
  out_ = nullptr;
  ensure_sound();
}

replica::role replica::what() const {
  return !holds_ledger_ ? role::witness : leading_ ? role::primary : role::backup;
}

bool replica::has_left() const {
  return !leading_ && (known_ == nullptr || !known_->holds(settings_.self));
}

// -- inputs

void replica::on(const input::tick&) {
  ticked_ns_ = now_ns_;
  if (proposer_.due(now_ns_) && broken(mutant::l2_unknown_is_failed) && round_ != round::claim) {
    proposer_.give_up();
    round_ = round::none;
    if (leading_) {
      std::erase_if(leading_->backups,
                    [](const auto& item) { return item.second.as == standing::proposed; });
      leading_->stopped = false;
    }
  }
  if (leading_)
    tick_primary(); // first, so that stepping down ends its open round (R5)
  else
    tick_backup();
  proposer_.tick(now_ns_, out_->messages);
}

void replica::on(const input::received& in) {
  const bool member =
      std::ranges::find(settings_.group, in.from.name, &place::name) != settings_.group.end();
  const auto most = believes();
  if (member && makes_sense(in.from, in.body, most)) {
    dispatch(in.from, in.body);
    return;
  }
  ++counts_.surprises;
  // Numbers that are too far ahead are followed in leaps: others may have been told nonsense.
  const auto said = numbers_of(in.body);
  if (member && said.round > most.round)
    round_heard_ = most.round;
  if (member && said.epoch > most.epoch)
    on(input::outside_epoch{most.epoch});
}

// The highest numbers that make sense to it, above those that it knows.
credible replica::believes() const {
  const auto highest_round =
      std::max({voter_.state().promise.round, proposer_.highest_round(), round_heard_});
  const auto version = known_ == nullptr ? 0 : known_->version;
  using namespace limits;
  if (broken(mutant::sense_any_number))
    return {.epoch = UINT64_MAX, .round = UINT64_MAX, .version = UINT64_MAX};
  return {.epoch = std::min(std::max(settings_.epoch_max, epoch_seen_ + epoch_leap), number_max),
          .round = std::min(highest_round + number_leap, number_max),
          .version = std::min(version + number_leap, number_max)};
}

void replica::on(const input::append& in) {
  MONOPOD_ENSURE(leading_, "only a primary appends");
  log_.append(in.op);
  write_ops(log_.last());
  if (in.urgent)
    flush_all();
  else if (leading_->owed + 1 == log_.last())
    leading_->waits_since_ns = now_ns_;
  advance_commit();
}

void replica::on(const input::saved& in) {
  saved_ = std::max(saved_, in.number);
  if (saved_ == saves_)
    save_took_ns_ = std::max(now_ns_ - save_asked_ns_, save_took_ns_ / 2);
  while (!answers_.empty() && answers_.front().save <= saved_) {
    send(answers_.front().to, std::move(answers_.front().body));
    answers_.pop_front();
  }
}

void replica::on(const input::stored& in) {
  disk_.synced(in.number);
  if (leading_)
    advance_commit();
  else
    acknowledge();
}

void replica::on(const input::hand_over& in) {
  if (!leading_ || leading_->leave_to)
    return;
  leading_->leave_to = in.to;
  leading_->leave_until_ns = now_ns_ + settings_.times.silence_ns;
  leading_->heir_until_ns = now_ns_ + settings_.times.beat_ns;
  flush_all(); // the heir must hold every op
  if (!proposer_.busy())
    propose_something();
}

void replica::on(const input::leave&) {
  ending_ = true;
  on(input::hand_over{});
}

void replica::on(const input::change_voters& in) {
  if (!leading_ || leading_->wishes.size() >= limits::group_members)
    return;
  leading_->replace_at_ns.erase(in.which.name); // the operator's wish has priority
  leading_->wishes.push_back(in);
}

// O1: the group claims above it; so a primary of a lower epoch steps down, too.
void replica::on(const input::outside_epoch& in) {
  if (in.epoch > believes().epoch) {
    ++counts_.surprises;
    return;
  }
  epoch_seen_ = std::max(epoch_seen_, in.epoch);
  if (leading_ && in.epoch > leading_->epoch)
    step_down();
}

void replica::on(const input::force_promotion&) {
  if (!leading_ && holds_ledger_ && !proposer_.busy() && known_ != nullptr)
    claim(true);
}

// -- messages

void replica::dispatch(const member& from, const peer::message& body) {
  std::visit([&](const auto& m) { handle(from, m); }, body);
}

void replica::send(const std::string& to, peer::message body) {
  out_->messages.push_back({to, std::move(body)});
}

void replica::tell_all(const peer::message& body) {
  for (const auto& p : settings_.group)
    if (p.name != settings_.self.name)
      send(p.name, body);
}

// A replica may be one of its own voters, so some messages are for itself.
void replica::deliver_own() {
  auto& messages = out_->messages;
  for (std::size_t i = 0; i < messages.size();) {
    if (messages[i].to != settings_.self.name) {
      ++i;
      continue;
    }
    const auto own = std::move(messages[i].body);
    messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(i));
    dispatch(settings_.self, own);
  }
}

void replica::handle(const member& from, const peer::look&) {
  const auto& s = voter_.state();
  answer_from_disk(from.name, peer::looked{voter_.id(), s.accepted, s.value, known_, log_.end()});
}

template <class Request>
void replica::vote(const std::string& to, const Request& request) {
  if (request.voter_id != voter_.id() && !broken(mutant::r4_votes_by_name))
    return; // it is for another voter of this name (R4)
  auto answer = voter_.on(request);
  if (!std::holds_alternative<peer::refused>(answer))
    save();
  answer_from_disk(to, std::move(answer));
}

// R2: a voter's state is on disk before it is told.
void replica::answer_from_disk(const std::string& to, peer::message answer) {
  if (saved_ == saves_ || broken(mutant::r2_answers_before_sync))
    send(to, std::move(answer));
  else if (answers_.size() < limits::group_answers)
    answers_.push_back({saves_, to, std::move(answer)});
}

void replica::handle(const member& from, const peer::prepare& m) { vote(from.name, m); }

void replica::handle(const member& from, const peer::accept& m) { vote(from.name, m); }

void replica::save() {
  save_asked_ns_ = now_ns_;
  out_->save = {++saves_, voter_.state(), known_};
}

void replica::note_answer(const member& from, std::uint64_t voter_id) {
  const voter v{from.name, voter_id};
  if (known_ != nullptr && known_->lists(v))
    answered_ns_[v] = now_ns_;
}

void replica::handle(const member& from, const peer::promised& m) {
  note_answer(from, m.voter_id);
  if (const auto v = proposer_.on(from.name, m, now_ns_, out_->messages))
    on_decided(*v);
}

void replica::handle(const member& from, const peer::accepted& m) {
  note_answer(from, m.voter_id);
  if (const auto v = proposer_.on(from.name, m))
    on_decided(*v);
}

void replica::handle(const member&, const peer::refused& m) { proposer_.on(m, now_ns_); }

void replica::handle(const member& from, const peer::decided& m) { hear(from, m.value); }

// -- decisions

void replica::start_round(round what, view_change change) {
  const auto beat_ns = settings_.times.beat_ns;
  const auto save_ns = std::min(save_took_ns_, settings_.times.silence_ns);
  round_ = what;
  // L5, C1: a member that hears nobody must not take out the members that it does not hear, nor the
  // primary that serves them (ADR 12).
  using begin = register_proposer::begin;
  const bool hears_first =
      what == round::claim || (what == round::drop && !broken(mutant::l5_drops_blindly));
  proposer_.start(std::move(change), hears_first ? begin::prepare : begin::promised, now_ns_,
                  {.round_ns = broken(mutant::r5_duels) ? beat_ns / 4 : 2 * beat_ns + 2 * save_ns,
                   .longest_ns = 2 * beat_ns + 2 * save_took_ns_,
                   .backoff_max_ns = beat_ns / 2},
                  out_->messages);
}

void replica::on_decided(const view_ptr& v) {
  const auto what = std::exchange(round_, round::none);
  const bool led = leading_.has_value();
  learn(v);
  const bool began = leading_ && !led;
  counts_.restarts += began && what == round::claim && !started_without_.empty() ? 1 : 0; // C3
  if (leading_ && leading_->epoch == v->epoch) {
    settle_members(*v);
    if (what == round::handover) { // the handover did not happen
      leading_->stopped = false;
      leading_->leave_to.reset();
    }
  }
  if (what == round::claim)
    next_look_ns_ = now_ns_ + settings_.times.beat_ns;
  if (!began) // if it did, become_primary() has told them
    tell_all(peer::decided{v});
}

// R6: a view that is told is believed once a majority of its voters has accepted it: this replica
// itself, its teller, and those that answer a look.
void replica::hear(const member& from, const view_ptr& v) {
  if (known_ != nullptr && v->version <= known_->version)
    return;
  const auto& mine = voter_.state();
  const bool accepted = mine.value != nullptr && *mine.value == *v;
  const auto agree = std::ranges::count_if(v->voters, [&](const voter& x) {
    return x.name == from.name || (accepted && x == voter{settings_.self.name, voter_.id()});
  });
  if (is_majority(static_cast<std::size_t>(agree), *v) || broken(mutant::r6_believes_teller))
    learn(v);
  else if (now_ns_ >= next_look_ns_)
    look_around();
  else
    doubts_ = true;
}

// Whether so many voters suffice to believe a view. A view with a single voter is believed only
// after one with two (R4), or if none is known, since otherwise one liar could name itself.
bool replica::is_majority(std::size_t agree, const group_view& v) const {
  const bool shrunk = v.voters.size() == 1 && known_ != nullptr && known_->voters.size() > 2;
  return 2 * agree > v.voters.size() && !shrunk;
}

// Takes a view that is decided. After all voters have lost their files, versions begin again, in a
// later epoch (R3).
void replica::learn(const view_ptr& v) {
  if (known_ != nullptr && v->version <= known_->version && v->epoch <= known_->epoch)
    return;
  const bool new_epoch = known_ == nullptr || v->epoch > known_->epoch;
  known_ = v;
  proposer_.know(v);
  std::erase_if(answered_ns_, [&](const auto& item) { return !v->lists(item.first); });
  epoch_seen_ = std::max(epoch_seen_, v->epoch);
  if (!holds_ledger_)
    return;
  if (v->primary != settings_.self) {
    if (!broken(mutant::c2_acts_in_handover))
      stop_leading();
    if (new_epoch && !has_ended(v->primary)) // G to begin in (C1)
      promise_.give(now_ns_);
  } else if (!leading_ && v->epoch > served_ && v->epoch >= epoch_seen_) {
    become_primary(v);
  }
}

} // namespace monopod
