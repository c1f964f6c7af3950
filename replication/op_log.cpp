#include "replication/op_log.hpp"

#include "core/ensure.hpp"
#include "replication/rules.hpp"

#include <utility>

namespace monopod {

void op_log::append(op_bytes op) {
  MONOPOD_ENSURE(wire::GetOp(op->data())->index() == last() + 1, "ops are appended in order");
  ops_.push_back(std::move(op));
}

op_log::matching op_log::match(const op_bytes& op) {
  const auto index = wire::GetOp(op->data())->index();
  if (index > last() + 1)
    return matching::gap;
  if (index < kept_from_)
    return matching::same; // it is committed, and its bytes are no longer kept
  if (index == last() + 1) {
    ops_.push_back(op);
    return matching::added;
  }
  if (epoch_of(at(index)) == epoch_of(op) &&
      (index <= commit() || !broken(mutant::g2_cuts_at_first)))
    return matching::same;
  if (index <= commit())
    return matching::against_commit;
  cut(index);
  ops_.push_back(op);
  return matching::cut_and_added;
}

void op_log::cut(std::uint64_t from) {
  MONOPOD_ENSURE(from > commit(), "what is committed stays (I4)");
  ops_.resize(from - kept_from_);
}

void op_log::commit_to(std::uint64_t index, std::vector<committed_op>& done) {
  MONOPOD_ENSURE(index <= last(), "only what is there can be committed");
  while (commit() < index) {
    const auto& bytes = at(commit() + 1);
    const auto& op = *wire::GetOp(bytes->data());
    const auto result = ledger_.apply(op, bytes);
    done.push_back({bytes, result, ledger_.released()});
  }
}

void op_log::forget_to(std::uint64_t index) {
  index = std::min(index, commit());
  while (kept_from_ <= index) {
    epoch_before_ = epoch_of(ops_.front());
    ops_.pop_front();
    ++kept_from_;
  }
}

void op_log::install(ledger state) {
  ledger_ = std::move(state);
  kept_from_ = ledger_.next_index();
  epoch_before_ = ledger_.last_epoch();
  ops_.clear();
}

} // namespace monopod
