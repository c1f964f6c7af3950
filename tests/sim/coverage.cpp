#include "tests/sim/coverage.hpp"

#include <algorithm>
#include <array>

namespace monopod::sim {

namespace {

constexpr std::array situation_names{
    "new_epoch", "handover", "stepped_down",  "two_primaries", "tail_cut",      "taken_out",
    "joined",    "alone",    "voter_added",   "voter_removed", "voters_differ", "round_refused",
    "file_lost", "promoted", "started_again", "founded_again", "epoch_skipped", "nonsense_heard"};
static_assert(situation_names.size() == situations);

} // namespace

std::string_view name_of(situation s) { return situation_names.at(static_cast<std::size_t>(s)); }

void coverage::chosen(const group_view& before, const group_view& now) {
  const auto left = [&](const member& m) { return !now.holds(m); };
  const auto came = [&](const member& m) { return !before.holds(m); };
  if (now.epoch > before.epoch) {
    reach(situation::new_epoch);
    if (before.holds(now.primary) && now.holds(before.primary) && now.primary != before.primary)
      reach(situation::handover);
    if (now.epoch > before.epoch + 1)
      reach(situation::epoch_skipped);
  } else if (std::ranges::any_of(before.in_sync, left)) {
    reach(situation::taken_out);
  } else if (std::ranges::any_of(now.in_sync, came)) {
    reach(situation::joined);
  }
  if (now.in_sync.size() == 1)
    reach(situation::alone);
  if (now.voters.size() > before.voters.size())
    reach(situation::voter_added);
  if (now.voters.size() < before.voters.size())
    reach(situation::voter_removed);
}

void coverage::sent(const peer::message& m, const replica& to) {
  if (std::holds_alternative<peer::refused>(m))
    reach(situation::round_refused);
  const auto* told = std::get_if<peer::promised>(&m);
  if (told != nullptr && told->value != nullptr && to.known() != nullptr &&
      told->value->voters != to.known()->voters)
    reach(situation::voters_differ);
}

} // namespace monopod::sim
