// The lease between a primary and its backups: until when may one act, until when does the other
// not claim.
#pragma once

#include "replication/rules.hpp"
#include "replication/view.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>

namespace monopod {

/// A profile's times. The margin between the two ends of a lease lets clocks run up to 8 % wrong
/// in opposite directions.
struct lease_times {
  std::uint64_t beat_ns = 20'000'000;     // H: between beats
  std::uint64_t silence_ns = 60'000'000;  // D: silent for longer: taken out of in_sync
  std::uint64_t lease_ns = 120'000'000;   // L: how long the primary may act
  std::uint64_t promise_ns = 145'000'000; // G: how long a backup does not claim

  /// G >= 1.2 L, and room for lost beats within D and L.
  bool sound() const {
    return beat_ns > 0 && silence_ns >= 2 * beat_ns && lease_ns >= 2 * silence_ns &&
           promise_ns * 10 >= lease_ns * 12;
  }
};

/// A primary's side, for one epoch: to each member, from the *send* time of the newest beat that it
/// answered (L1).
class lease_holder {
public:
  lease_holder(const lease_times& times, std::uint64_t now_ns) : times_(times), since_ns_(now_ns) {}

  /// A beat with this number leaves now. Returns for how long this primary did not run before it: a
  /// beat that is late by more than another one tells; less is a timer's.
  std::uint64_t sent(std::uint64_t number, std::uint64_t now_ns) {
    const auto gap_ns = sent_.empty() ? 0 : now_ns - sent_.back().at_ns;
    const auto slept_ns = gap_ns > 2 * times_.beat_ns ? gap_ns - times_.beat_ns : 0;
    slept_ns_ += slept_ns;
    sent_.push_back({number, now_ns, slept_ns_});
    while (now_ns - sent_.front().at_ns > times_.lease_ns) // its answer would be worth nothing
      sent_.pop_front();
    return slept_ns;
  }
  /// `who` answered the beat of that number.
  void answered(const member& who, std::uint64_t number, std::uint64_t now_ns) {
    auto known = std::ranges::lower_bound(sent_, number, {}, &beat::number);
    if (broken(mutant::l1_stale_answers) && !sent_.empty())
      known = std::prev(sent_.end());
    if (known == sent_.end() || (known->number != number && !broken(mutant::l1_stale_answers)))
      return;
    auto& at_ns = answered_.try_emplace(who, 0).first->second;
    at_ns = std::max(at_ns, broken(mutant::l1_lease_from_receipt) ? now_ns : known->at_ns);
  }
  bool holds(const member& who, std::uint64_t now_ns) const {
    const auto known = answered_.find(who);
    return known != answered_.end() && now_ns < known->second + times_.lease_ns;
  }
  /// When the newest answered beat was sent; before the first one, when the epoch began.
  std::uint64_t heard_ns(const member& who) const {
    const auto known = answered_.find(who);
    return known == answered_.end() ? since_ns_ : known->second;
  }
  /// How long ago the first beat left that it should have answered since, less the time for which
  /// this primary did not run itself, as its late beats tell: what stopped it may have stopped the
  /// other, too (L5).
  std::uint64_t silent_ns(const member& who, std::uint64_t now_ns) const {
    const auto first = std::ranges::upper_bound(sent_, heard_ns(who), {}, &beat::at_ns);
    return first == sent_.end() ? 0 : now_ns - first->at_ns - (slept_ns_ - first->slept_ns);
  }
  void forget(const member& who) { answered_.erase(who); }

private:
  struct beat {
    std::uint64_t number = 0;
    std::uint64_t at_ns = 0;
    std::uint64_t slept_ns = 0; // until then, in all
  };
  lease_times times_;
  std::uint64_t since_ns_;
  std::uint64_t slept_ns_ = 0;
  std::deque<beat> sent_; // those of the last L: about L / H
  std::map<member, std::uint64_t> answered_;
};

/// A backup's side: from the *receipt* of a beat it does not claim for G (L1).
class lease_promise {
public:
  explicit lease_promise(const lease_times& times) : times_(times) {}

  void give(std::uint64_t now_ns) {
    until_ns_ = std::max(
        until_ns_, now_ns + (broken(mutant::l1_no_margin) ? times_.lease_ns : times_.promise_ns));
  }
  /// To nobody: gives others the first turn.
  void wait(std::uint64_t now_ns, std::uint64_t for_ns) {
    until_ns_ = std::max(until_ns_, now_ns + for_ns);
  }
  /// The primary it was given to never acts again (L3).
  void end(std::uint64_t now_ns) { until_ns_ = std::min(until_ns_, now_ns); }
  bool over(std::uint64_t now_ns) const { return now_ns >= until_ns_; }
  std::uint64_t until_ns() const { return until_ns_; }

private:
  lease_times times_;
  std::uint64_t until_ns_ = 0;
};

} // namespace monopod
