// The lease between a primary and its backups: until when the primary may act, and until when a
// backup does not claim (L1).
#pragma once

#include "replication/rules.hpp"
#include "replication/view.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>

namespace monopod {

/// The durations of a profile. The margin between L and G allows two clocks to run up to 8 % wrong
/// in opposite directions (L1).
struct lease_times {
  std::uint64_t beat_ns = 20'000'000;     // H: between two beats
  std::uint64_t silence_ns = 60'000'000;  // D: a member silent for longer is taken out (L5)
  std::uint64_t lease_ns = 120'000'000;   // L: how long the primary may act on an answered beat
  std::uint64_t promise_ns = 145'000'000; // G: how long a backup does not claim after a beat

  /// Whether G >= 1.2 L, and beats may be lost within D and L.
  bool sound() const {
    return beat_ns > 0 && silence_ns >= 2 * beat_ns && lease_ns >= 2 * silence_ns &&
           promise_ns * 10 >= lease_ns * 12;
  }
};

/// The primary's side, for one epoch. The lease from a member runs from the *sending* of the newest
/// beat that this member answered (L1). Times are nanoseconds of the replica's clock.
class lease_holder {
public:
  lease_holder(const lease_times& times, std::uint64_t now_ns) : times_(times), since_ns_(now_ns) {}

  /// A beat with this number leaves now; numbers rise. Returns how long this primary did not run
  /// before it, which shows in a beat that is late by more than H. A smaller delay is the timer's.
  std::uint64_t sent(std::uint64_t number, std::uint64_t now_ns) {
    const auto gap_ns = sent_.empty() ? 0 : now_ns - sent_.back().at_ns;
    const auto slept_ns = gap_ns > 2 * times_.beat_ns ? gap_ns - times_.beat_ns : 0;
    slept_ns_ += slept_ns;
    sent_.push_back({number, now_ns, slept_ns_});
    while (now_ns - sent_.front().at_ns > times_.lease_ns) // an answer to it would be worth nothing
      sent_.pop_front();
    return slept_ns;
  }
  /// `who` answered the beat with that number. An answer to an unknown or older beat changes
  /// nothing.
  void answered(const member& who, std::uint64_t number, std::uint64_t now_ns) {
    auto known = std::ranges::lower_bound(sent_, number, {}, &beat::number);
    if (broken(mutant::l1_stale_answers) && !sent_.empty())
      known = std::prev(sent_.end());
    if (known == sent_.end() || (known->number != number && !broken(mutant::l1_stale_answers)))
      return;
    auto& at_ns = answered_.try_emplace(who, 0).first->second;
    at_ns = std::max(at_ns, broken(mutant::l1_lease_from_receipt) ? now_ns : known->at_ns);
  }
  /// Whether the lease from `who` holds: L has not passed since the sending of that beat.
  bool holds(const member& who, std::uint64_t now_ns) const {
    const auto known = answered_.find(who);
    return known != answered_.end() && now_ns < known->second + times_.lease_ns;
  }
  /// When the newest beat that `who` answered was sent; before the first answer, when the epoch
  /// began.
  std::uint64_t heard_ns(const member& who) const {
    const auto known = answered_.find(who);
    return known == answered_.end() ? since_ns_ : known->second;
  }
  /// The age of the first beat that `who` has left unanswered, less the time for which this primary
  /// did not run itself: what stopped one of them may have stopped the other, too (L5). 0 if none
  /// is unanswered.
  std::uint64_t silent_ns(const member& who, std::uint64_t now_ns) const {
    const auto first = std::ranges::upper_bound(sent_, heard_ns(who), {}, &beat::at_ns);
    return first == sent_.end() ? 0 : now_ns - first->at_ns - (slept_ns_ - first->slept_ns);
  }
  void forget(const member& who) { answered_.erase(who); }

private:
  struct beat {
    std::uint64_t number = 0;
    std::uint64_t at_ns = 0;
    std::uint64_t slept_ns = 0; // in all, until it was sent
  };
  lease_times times_;
  std::uint64_t since_ns_;
  std::uint64_t slept_ns_ = 0;
  std::deque<beat> sent_; // the beats of the last L: about L / H
  std::map<member, std::uint64_t> answered_;
};

/// A backup's side: from the *receipt* of a beat on, it does not claim for G (L1).
class lease_promise {
public:
  explicit lease_promise(const lease_times& times) : times_(times) {}

  /// Promises G from now on. Never shortens the promise.
  void give(std::uint64_t now_ns) {
    until_ns_ = std::max(
        until_ns_, now_ns + (broken(mutant::l1_no_margin) ? times_.lease_ns : times_.promise_ns));
  }
  /// Waits without a promise to anybody, so that others claim first (L3).
  void wait(std::uint64_t now_ns, std::uint64_t for_ns) {
    until_ns_ = std::max(until_ns_, now_ns + for_ns);
  }
  /// The primary that it was given to never acts again, so it may end now (L3).
  void end(std::uint64_t now_ns) { until_ns_ = std::min(until_ns_, now_ns); }
  bool over(std::uint64_t now_ns) const { return now_ns >= until_ns_; }
  std::uint64_t until_ns() const { return until_ns_; }

private:
  lease_times times_;
  std::uint64_t until_ns_ = 0;
};

} // namespace monopod
