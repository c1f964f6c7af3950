#include "actors/ledger_log.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

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

ledger_log::ledger_log(loop& host, const config& conf, metrics& counts)
    : host_(host), counts_(counts), ledger_(outbox_limits(conf)) {
  if (conf.ledger.durability == ledger_durability::disk)
    open(conf.ledger.directory);
}

ledger_log::~ledger_log() = default;

void ledger_log::open(const std::string& directory) {
  const auto start_ns = boottime_ns();
  auto store = std::make_unique<ledger_store>(directory);
  auto found = store->load(ledger_);
  stale_ = std::move(found.stale);
  checkpoint_at_ = ledger_.next_index() - 1 - found.ops;
  log_info("ledger", "restored from disk",
           {{"directory", directory},
            {"cameras", ledger_.cameras()},
            {"outbox", ledger_.outbox_size()},
            {"entries", found.entries},
            {"ops", found.ops},
            {"next_index", ledger_.next_index()},
            {"ms", (boottime_ns() - start_ns) / ns_per_ms}});
  writer_ = std::make_unique<ledger_writer>(std::move(store), ledger_.next_index() - 1, counts_,
                                            [this, inbox = host_.remote()] { post_ready(inbox); });
}

void ledger_log::append(op_bytes op, bool urgent) {
  if (writer_ != nullptr)
    writer_->push(op, urgent);
  pending_.push_back(std::move(op));
}

apply_result ledger_log::apply(const wire::Op& op, const op_bytes& bytes) {
  counts_.ledger_ops.Increment();
  const auto result = ledger_.apply(op, bytes);
  const auto* finished = op.body_as_Finished();
  if (writer_ != nullptr && result != apply_result::applied && finished != nullptr &&
      finished->inference() != nullptr)
    stale_.push_back(op.index());
  if (writer_ != nullptr)
    stale_.insert(stale_.end(), ledger_.released().begin(), ledger_.released().end());
  return result;
}

// So that the file holds the outbox and little more.
void ledger_log::checkpoint_if_due() {
  const auto index = ledger_.next_index() - 1;
  if (writer_ == nullptr || index - checkpoint_at_ < limits::ledger_ops_kept)
    return;
  checkpoint_at_ = index;
  writer_->push({.index = index,
                 .oldest_entry = ledger_.oldest_entry(),
                 .snapshot = ledger_.snapshot(),
                 .stale = std::exchange(stale_, {})});
}

// On the writer's thread. A full inbox is that of a loop that is late: it empties soon.
void ledger_log::post_ready(const std::shared_ptr<loop::inbox>& inbox) {
  const auto give_up_ns = boottime_ns() + ns_per_s; // the loop is gone
  while (!inbox->post([this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired())
      ready();
  })) {
    if (boottime_ns() > give_up_ns)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void ledger_log::ready() {
  if (wake_ != nullptr)
    wake_();
  else // no keeper just now: its successor starts from what the ledger says
    settle([](const wire::Op&, apply_result) {});
}

} // namespace monopod
