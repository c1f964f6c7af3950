#include "actors/ledger/node_replica.hpp"

#include "actors/ledger/group_settings.hpp"
#include "core/clock.hpp"
#include "core/credible.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/random.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace monopod {

namespace {

std::map<std::string, std::size_t> outbox_limits(const config& conf) {
  std::map<std::string, std::size_t> limits;
  for (const auto& [name, c] : conf.cloud)
    limits[name] = c.outbox_entries;
  return limits;
}

} // namespace

node_replica::node_replica(loop& host, const config& conf, metrics& metrics,
                           std::unique_ptr<state_file> file)
    : host_(host), metrics_(metrics), grouped_(file != nullptr) {
  const bool on_disk = conf.ledger.durability == ledger_durability::disk;
  ledger found(outbox_limits(conf));
  std::vector<op_bytes> tail;
  if (on_disk)
    open(conf.ledger.directory, found, tail);
  if (grouped_)
    join(conf, metrics, std::move(file), std::move(found), std::move(tail));
  else
    core_ = std::make_unique<replica>(
        replica::alone(conf.node, std::move(found), std::move(tail), on_disk, out_));
  perform(false);
  committed_.clear(); // nobody waits for ops that an earlier life appended
}

void node_replica::join(const config& conf, metrics& metrics, std::unique_ptr<state_file> file,
                        ledger found, std::vector<op_bytes> tail) {
  const auto& state = file->state();
  auto settings = settings_of(conf, state);
  const auto now_ms = realtime_ns() / ns_per_ms;
  settings.first_epoch = now_ms << 8U; // R3
  settings.epoch_max = credible_epoch(now_ms);
  settings.seed = random_u64();
  core_ = std::make_unique<replica>(std::move(settings),
                                    replica_state{state.votes, state.decided, std::move(tail)},
                                    std::move(found), boottime_ns());
  votes_ = std::make_unique<state_writer>(
      std::move(file), metrics, [this, inbox = host_.remote()](std::uint64_t number) {
        post(inbox, [this, number] { step(input::saved{number}); });
      });
}

node_replica::~node_replica() = default;

void node_replica::open(const std::string& directory, ledger& into, std::vector<op_bytes>& tail) {
  const auto start_ns = boottime_ns();
  auto store = std::make_unique<ledger_store>(directory);
  auto found = store->load(into);
  checkpoint_at_ = into.next_index() - 1;
  log_info("ledger", "restored from disk",
           {{"directory", directory},
            {"cameras", into.cameras()},
            {"entries", found.entries},
            {"ops", found.ops.size()},
            {"next_index", into.next_index() + found.ops.size()},
            {"ms", (boottime_ns() - start_ns) / ns_per_ms}});
  tail = std::move(found.ops);
  writer_ = std::make_unique<ledger_writer>(
      std::move(store), checkpoint_at_ + tail.size(), metrics_,
      [this, inbox = host_.remote()] {
        post(inbox, [this] {
          disk_refuses_.clear();
          step(input::stored{writer_->durable()});
        });
      },
      [this, inbox = host_.remote()](const std::string& reason) {
        post(inbox, [this, reason] { on_disk_refused(reason); });
      });
}

// A primary whose disk refuses what it must hold before anything is acknowledged makes way for a
// member that has room. It stays in the view until the next primary takes it out, since it does not
// hold what it owes (L5), and joins again once its disk takes the ledger.
void node_replica::on_disk_refused(const std::string& reason) {
  disk_refuses_ = reason;
  if (!grouped_ || core_->what() != replica::role::primary || pending() == 0 || !others_have_room())
    return;
  log_warn("ledger", "handing over to a member whose disk has room", {{"reason", reason}});
  step(input::hand_over{});
}

// Whether another member in sync has on its disk the ops that are missing on this one's.
bool node_replica::others_have_room() const {
  return std::ranges::any_of(core_->followers(),
                             [](const auto& f) { return f.in_sync && f.lag_ops == 0; });
}

std::string node_replica::disk_problem() const {
  if (disk_refuses_.empty())
    return {};
  const bool stuck = grouped_ && core_->what() == replica::role::primary && !others_have_room();
  return "can't write the ledger to disk (" + disk_refuses_ +
         "): free some space or replace the disk, and this node goes on by itself" +
         (stuck ? "; no other member in sync has room, so nothing is acknowledged until then" : "");
}

bool node_replica::may_act() {
  if (!grouped_)
    return true;
  const bool may = serving_ != 0 && core_->may_act(boottime_ns());
  if (!may)
    set_serving(0);
  return may;
}

bool node_replica::append(op_bytes op, bool urgent) {
  const auto now_ns = grouped_ ? boottime_ns() : 0;
  if (grouped_ && !(serving_ != 0 && core_->accepting(now_ns))) {
    set_serving(0);
    return false;
  }
  core_->step(input::append{std::move(op), urgent}, now_ns, out_);
  appending_ = true;
  perform(urgent);
  appending_ = false;
  return true;
}

void node_replica::step(const replica_input& in) noexcept {
  core_->step(in, grouped_ ? boottime_ns() : 0, out_);
  perform(true);
}

// In the order that replica_outputs allows: messages may go before writes are on disk.
void node_replica::perform(bool urgent) {
  if (on_step_)
    on_step_(out_.messages);
  if (out_.save)
    votes_->save(std::move(*out_.save));
  for (auto& w : out_.writes) {
    if (w.ledger != nullptr) {
      checkpoint_at_ = w.first - 1;
      stale_.clear();
    }
    writer_->push(std::move(w), urgent);
  }
  for (auto& done : out_.committed) {
    metrics_.ledger_ops.Increment();
    note_stale(done);
    if (wake_ && serving_ != 0)
      committed_.push_back(std::move(done));
  }
  const bool any = !out_.committed.empty();
  if (any)
    metrics_.frames_in_ledger.Set(static_cast<double>(state().taken().size()));
  out_.clear();
  if (any)
    checkpoint_if_due();
  look_at_role();
  MONOPOD_ENSURE(committed_.size() <= limits::ledger_pending_ops, "a ledger stage settles at once");
  if (any && wake_ && !appending_)
    wake_();
}

// Frames are taken from the moment that the tail is committed until the lease, or the will to lead,
// ends. A node that serves again, in the same epoch or another one, starts from the ledger.
void node_replica::look_at_role() {
  set_serving(!grouped_ || core_->accepting(boottime_ns()) ? core_->epoch() : 0);
}

void node_replica::set_serving(std::uint64_t epoch) {
  if (epoch == serving_)
    return;
  serving_ = epoch;
  ++serving_changes_;
  committed_.clear();
  if (tell_serving_)
    tell_serving_(epoch);
}

void node_replica::note_stale(const committed_op& done) {
  if (writer_ == nullptr)
    return;
  const auto& op = *wire::GetOp(done.bytes->data());
  const auto* finished = op.body_as_Finished();
  if (done.result != apply_result::applied && finished != nullptr &&
      finished->inference() != nullptr)
    stale_.push_back(op.index());
  stale_.insert(stale_.end(), done.released.begin(), done.released.end());
}

// Checkpoints keep the file at the outbox and little more.
void node_replica::checkpoint_if_due() {
  const auto& ledger = state();
  const auto index = ledger.next_index() - 1;
  if (writer_ == nullptr || index - checkpoint_at_ < limits::ledger_ops_kept)
    return;
  checkpoint_at_ = index;
  writer_->push({.index = index,
                 .oldest_entry = ledger.oldest_entry(),
                 .snapshot = ledger.snapshot(),
                 .stale = std::exchange(stale_, {})});
}

void node_replica::on_ready(std::function<void()> wake) {
  wake_ = std::move(wake);
  committed_.clear(); // its predecessor's
}

// Runs on a writer's thread, and `what` on the loop's. If the inbox is full, the loop is late and
// empties it soon.
void node_replica::post(const std::shared_ptr<loop::inbox>& inbox,
                        const std::function<void()>& what) {
  const auto give_up_ns = boottime_ns() + ns_per_s; // the loop is gone
  while (!inbox->post([what, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired())
      what();
  })) {
    if (boottime_ns() > give_up_ns)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

} // namespace monopod
