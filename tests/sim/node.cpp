// A node's life, clock and disk.
#include "tests/sim/node.hpp"

#include "core/ensure.hpp"

#include <utility>

namespace monopod::sim {

namespace {

lease_times times_of(const std::string& profile) {
  const auto times = [](std::uint64_t beat, std::uint64_t silence, std::uint64_t lease,
                        std::uint64_t promise) {
    return lease_times{beat * ms, silence * ms, lease * ms, promise * ms};
  };
  return profile == "fast"   ? times(5, 20, 40, 48)
         : profile == "wifi" ? times(50, 150, 300, 360)
                             : times(20, 60, 120, 145);
}

} // namespace

node::node(surroundings& all, ends& outside, int number, place where, std::vector<place> group)
    : all_(all), outside_(outside), number_(number), where_(std::move(where)),
      group_(std::move(group)),
      clock_(all.random.below(1000 * ms),
             all.plan.rough ? all.random.one_of<std::uint64_t>(
                                  {920, 1000, 1080, all.random.between(920, 1080)})
                            : 1000) {}

witnessed node::seen() const {
  return {core_.get(), local_now(), disk_.first + disk_.ops.size() - 1, &disk_.ops, disk_.first};
}

std::string node::summary() const {
  const auto& known = core_->known();
  return core_->self().name + "#" + std::to_string(disk_.starts) + "." +
         std::to_string(disk_.directory) + " voter " + std::to_string(disk_.voter_id % 1000) +
         ": committed " + std::to_string(core_->log().commit()) + " of " +
         std::to_string(core_->log().last()) + ", epoch " + std::to_string(core_->epoch()) +
         ", knows version " + std::to_string(known == nullptr ? 0 : known->version) +
         (core_->may_act(local_now()) ? ", may act" : "");
}

ledger node::restored() const {
  ledger l(where_.holds_ledger ? std::map<std::string, std::size_t>{{"cloud", 100'000}}
                               : std::map<std::string, std::size_t>{});
  if (disk_.ledger != nullptr)
    MONOPOD_ENSURE(
        l.restore(*decode_snapshot(std::as_bytes(std::span(*disk_.ledger))), *disk_.entries),
        "a snapshot that was written can be read");
  return l;
}

void node::start(bool with_files) {
  if (running())
    return;
  if (!with_files || disk_.voter_id == 0) {
    const bool keep_id = broken(mutant::r3_promises_forgotten) && disk_.voter_id != 0;
    const auto id = keep_id ? disk_.voter_id : all_.random.bits();
    disk_ = {};
    disk_.voter_id = id;
    disk_.directory = static_cast<std::uint32_t>(all_.random.bits());
  }
  if (!with_files)
    all_.seen.reach(situation::file_lost);
  if (!broken(mutant::c5_incarnation_reused) || disk_.starts == 0)
    ++disk_.starts;
  ++life_;
  replica_settings s;
  s.self = {where_.name, static_cast<std::uint64_t>(disk_.starts) << 32 | disk_.directory};
  s.voter_id = disk_.voter_id;
  s.group = group_;
  s.times = times_of(all_.plan.profile);
  s.ops_on_disk = all_.plan.ops_on_disk;
  s.pieces.bytes = all_.plan.piece_bytes;
  const auto wall_ms = 1'000'000'000 + static_cast<std::int64_t>(now() / ms) + 1000 * wall_step_s_;
  s.first_epoch = static_cast<std::uint64_t>(wall_ms) << 8;
  s.seed = all_.random.bits();
  core_ = std::make_unique<replica>(s, replica_state{disk_.votes, disk_.decided, disk_.ops},
                                    restored(), local_now());
  paused_until_ns_ = 0;
  syncing_ = false;
  waiting_ = {};
  accepts_.clear();
  serving_ = 0;
  sealing_ = tick_due_ = catching_up_ = ends_ = false;
  late_.clear();
  outputs_late_ = 0;
  if (all_.trace)
    all_.trace(number_, with_files ? "starts" : "starts without files");
  all_.events.after(all_.random.below(s.times.beat_ns / 4), [this, life = life_] {
    if (life == life_)
      tick();
  });
}

// Writes on their way to the disk may or may not get there (sync_next()).
void node::crash() {
  if (!running())
    return;
  core_.reset();
  ++life_;
  if (all_.trace)
    all_.trace(number_, "crashes");
}

void node::terminate() {
  ends_ = running();
  input(input::leave{});
}

void node::pause(std::uint64_t for_ns) {
  if (!paused())
    before_pause_ns_ = local_now();
  paused_until_ns_ = std::max(paused_until_ns_, now() + for_ns);
}

void node::heal() {
  paused_until_ns_ = 0;
  slow_until_ns_ = stall_until_ns_ = no_ops_until_ns_ = 0;
  if (running() && !late_.empty())
    run([] {}); // what waits for the end of the pause goes on now
}

void node::slow_disk(std::uint64_t ms_a_sync, std::uint64_t until_ns) {
  slow_sync_ms_ = ms_a_sync;
  slow_until_ns_ = until_ns;
}

void node::stall(std::uint64_t up_to_ms, std::uint64_t until_ns) {
  stall_ms_ = std::max<std::uint64_t>(1, up_to_ms);
  stall_until_ns_ = until_ns;
}

// -- inputs and outputs

void node::run(std::function<void()> what) {
  if (!paused() && late_.empty()) {
    what();
    return;
  }
  late_.push_back(std::move(what));
  all_.events.at(paused_until_ns_, [this, life = life_] {
    if (life == life_)
      catch_up();
  });
}

// Takes everything in the order of its arrival. The tick that was due meanwhile follows only after
// that (L1).
void node::catch_up() {
  catching_up_ = true;
  while (!paused() && !late_.empty()) {
    const auto next = std::move(late_.front());
    late_.pop_front();
    next();
    if (!running())
      return;
  }
  catching_up_ = false;
  if (paused() && !late_.empty())
    all_.events.at(paused_until_ns_, [this, life = life_] {
      if (life == life_)
        catch_up();
    });
  else if (std::exchange(tick_due_, false))
    tick();
}

void node::input(const replica_input& in) {
  if (!running())
    return;
  const auto* message = std::get_if<input::received>(&in);
  if (message != nullptr && now() < no_ops_until_ns_ &&
      (std::holds_alternative<peer::append>(message->body) ||
       std::holds_alternative<peer::snapshot_piece>(message->body)))
    return;
  run([this, in] { step(in); });
}

void node::step(const replica_input& in) {
  const bool cached = broken(mutant::l1_cached_time) && catching_up_;
  const auto local_ns = cached ? before_pause_ns_ : local_now();
  const auto epoch = core_->epoch();
  const auto role = core_->what();
  const auto last = core_->log().last();
  const auto known = core_->known();
  out_.clear();
  core_->step(in, local_ns, out_);
  if (core_->counts().surprises != 0 && all_.lies)
    all_.seen.reach(situation::nonsense_heard);
  else if (core_->counts().surprises != 0)
    all_.facts.violated("surprise", where_.name + " got a message that no correct peer sends");
  if (known != core_->known())
    all_.facts.check_known(*core_->known());
  note_step(role, epoch, last);
  if (now() < stall_until_ns_ && all_.random.chance(0.05))
    pause(all_.random.below(stall_ms_ * ms));
  if (!paused() && outputs_late_ == 0) {
    perform(out_);
    return;
  }
  const auto after_others = late_.begin() + static_cast<std::ptrdiff_t>(outputs_late_++);
  late_.insert(after_others, [this, out = out_] {
    --outputs_late_;
    perform(out);
  });
  run([] {});
}

// Notes what changed in a step since these were its role, its epoch and its last op.
void node::note_step(replica::role role, std::uint64_t epoch, std::uint64_t last) {
  if (core_->log().last() < last)
    all_.seen.reach(situation::tail_cut);
  if (core_->counts().step_downs > 0)
    all_.seen.reach(situation::stepped_down);
  if (role == core_->what())
    return;
  const bool leads = core_->what() == replica::role::primary;
  for (const auto& w : all_.everyone())
    if (leads && w.core != core_.get() && w.core->what() == replica::role::primary)
      all_.seen.reach(situation::two_primaries);
  if (all_.trace)
    all_.trace(number_, leads ? "is primary in epoch " + std::to_string(core_->epoch())
                              : "is primary no longer, was in epoch " + std::to_string(epoch));
}

void node::perform(const replica_outputs& out) {
  const auto life = life_;
  for (const auto& m : out.messages)
    all_.deliver(number_, m, core_->self());
  ask_disk(out);
  all_.facts.committed(*core_, out.committed);
  if (!out.committed.empty() && life == life_)
    serve();
}

// -- disk

void node::ask_disk(const replica_outputs& out) {
  if (out.save) {
    waiting_.save = out.save;
    if (out.save->votes.value != nullptr)
      accepts_.emplace_back(out.save->number, out.save->votes.accepted, out.save->votes.value);
  }
  waiting_.writes.insert(waiting_.writes.end(), out.writes.begin(), out.writes.end());
  sync_next();
}

// There is one sync at a time, which takes everything that waits.
void node::sync_next() {
  if (syncing_ || (!waiting_.save && waiting_.writes.empty()))
    return;
  syncing_ = true;
  auto& r = all_.random;
  auto takes_ns = !all_.plan.rough || now() > all_.plan.faults_end_ms * ms || r.chance(0.93)
                      ? r.between(ms / 3, 4 * ms)
                      : r.between(5 * ms, 40 * ms);
  if (now() < slow_until_ns_)
    takes_ns = slow_sync_ms_ * ms;
  all_.events.after(takes_ns, [this, life = life_, work = std::exchange(waiting_, {})] {
    if (life == life_)
      synced(work);
    else if (life + 1 == life_ && !running() && all_.random.chance(0.5))
      to_disk(work); // it had reached the disk before the crash
  });
}

void node::to_disk(const pending_sync& done) {
  if (done.save) {
    disk_.votes = done.save->votes;
    disk_.decided = done.save->decided;
    for (; !accepts_.empty() && std::get<0>(accepts_.front()) <= done.save->number;
         accepts_.pop_front()) {
      const auto& [number, at, value] = accepts_.front();
      const bool chosen =
          all_.facts.accepted({where_.name, disk_.voter_id}, at, value, all_.everyone());
      if (chosen)
        all_.facts.check_members(all_.everyone(), "after a view change");
      if (chosen && all_.trace)
        all_.trace(number_, "makes this view chosen: " + text(*value));
    }
  }
  for (const auto& w : done.writes) {
    if (w.ledger != nullptr) {
      disk_.ledger = w.ledger;
      disk_.entries = w.entries;
      disk_.first = w.first;
      disk_.ops.clear();
    }
    if (w.first >= disk_.first)
      disk_.ops.resize(std::min<std::size_t>(disk_.ops.size(), w.first - disk_.first));
    disk_.ops.insert(disk_.ops.end(), w.ops.begin(), w.ops.end());
  }
}

void node::synced(const pending_sync& done) {
  to_disk(done);
  syncing_ = false;
  if (done.save)
    input(input::saved{done.save->number});
  if (!done.writes.empty())
    input(input::stored{done.writes.back().number});
  sync_next();
}

void node::tick() {
  if (paused() || !late_.empty()) {
    tick_due_ = true;
    run([] {});
    return;
  }
  const auto every_ns = times_of(all_.plan.profile).beat_ns / 4;
  all_.events.after(every_ns, [this, life = life_] {
    if (life == life_)
      tick();
  });
  if (!all_.plan.ticks_when_due || local_now() >= core_->next_tick_ns())
    step(input::tick{});
  serve();
}

} // namespace monopod::sim
