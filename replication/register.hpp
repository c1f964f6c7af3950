// The register: one value, the view, with compare-and-set agreed by a majority of its voters
// (CASPaxos: https://arxiv.org/abs/1802.07000). It has no log and no leader. Rules R1 to R5 of
// docs/replication.md.
#pragma once

#include "replication/peer.hpp"
#include "replication/view.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace monopod {

/// The state that a voter must not forget (R2).
struct register_state {
  ballot promise;
  ballot accepted;
  view_ptr value; // null: none accepted
};

/// The part of a voter. An answer may leave only once the state() that it tells is on disk (R2). A
/// node that lost its file is another voter, with another id (R3, R4).
class register_voter {
public:
  register_voter(std::uint64_t id, register_state on_disk) : id_(id), state_(std::move(on_disk)) {}

  /// The answer: promised or accepted, or refused with the promise that stands against it. The
  /// caller checks that the request is for this id().
  peer::message on(const peer::prepare& request);
  peer::message on(const peer::accept& request);

  const register_state& state() const { return state_; }
  std::uint64_t id() const { return id_; }

private:
  std::uint64_t id_;
  register_state state_;
};

/// A change of the view: makes the next value from the one that was read, or nothing if the change
/// does not apply. It is called again for each value that is read, so it must check everything
/// there (R1). It sets neither version nor ballots.
using view_change = std::function<std::optional<group_view>(const group_view&)>;

/// The part of a proposer. It makes one change at a time and repeats it with higher ballots until a
/// round is decided, with or without the change. A round that timed out is neither made nor failed,
/// so the proposer goes on (R1). Times are nanoseconds.
class register_proposer {
public:
  struct waits {
    std::uint64_t round_ns = 0;       // a round without decision is repeated after this,
    std::uint64_t longest_ns = 0;     // then after twice as long each time, up to this,
    std::uint64_t backoff_max_ns = 0; // and a refused one after at most this
  };
  register_proposer(member self, std::uint64_t seed);

  /// The newest view known to be decided, or the founders: the majority of its voters counts. One
  /// that is older than known(), in version and epoch, changes nothing.
  void know(view_ptr decided);
  const view_ptr& known() const { return base_; }

  /// A view that a voter has accepted and that may or may not be decided: its voters are asked, too
  /// (R4).
  void hear_of(view_ptr accepted) { heard_of_ = std::move(accepted); }

  bool busy() const { return phase_ != phase::idle; }
  /// The highest round that it has used or heard of.
  std::uint64_t highest_round() const { return highest_round_; }

  /// Whether a change may use the ballot that was promised with the last one, or must hear a
  /// majority first (R2).
  enum class begin : std::uint8_t { promised, prepare };
  /// Begins a change and adds its requests to `out`. Not allowed while busy() or before know().
  void start(view_change change, begin how, std::uint64_t now_ns, const waits& w,
             std::vector<peer::outgoing>& out);

  /// The answer of the voter with this name. Returns the decided view, with the change or without
  /// it, once a round is decided; then busy() is false. Answers to other ballots change nothing.
  std::optional<view_ptr> on(const std::string& from, const peer::promised& answer,
                             std::uint64_t now_ns, std::vector<peer::outgoing>& out);
  std::optional<view_ptr> on(const std::string& from, const peer::accepted& answer);
  void on(const peer::refused& answer, std::uint64_t now_ns);

  /// Begins a new round if the last one took too long. Call it if due().
  void tick(std::uint64_t now_ns, std::vector<peer::outgoing>& out);
  bool due(std::uint64_t now_ns) const { return busy() && now_ns >= retry_ns_; }

  /// Makes no further round. A value that was proposed may still be decided, so the caller must
  /// draw no conclusion from giving up: this is for a change that has lost its sense.
  void give_up() { phase_ = phase::idle; }

private:
  enum class phase : std::uint8_t { idle, prepare, accept };

  void prepare(std::uint64_t now_ns, std::vector<peer::outgoing>& out);
  void propose(const view_ptr& read, std::uint64_t now_ns, std::vector<peer::outgoing>& out);
  template <class Request>
  void ask(const group_view& set, std::vector<peer::outgoing>& out);
  bool answered_by(const group_view& set) const;
  std::uint64_t patience_ns() const;
  std::uint64_t random_below(std::uint64_t bound);

  member self_;
  std::uint64_t random_;
  waits waits_;
  view_change change_;
  view_ptr base_;     // the newest known to be decided
  view_ptr heard_of_; // accepted by somebody; null: nothing
  phase phase_ = phase::idle;
  std::uint64_t retry_ns_ = 0;  // when a new round begins, unless this one is decided
  unsigned repeated_ = 0;       // rounds in a row that timed out
  bool refused_ = false;        // the present round was refused
  unsigned refused_rounds_ = 0; // refused rounds in a row before it
  std::uint64_t highest_round_ = 0;
  ballot ballot_;
  std::vector<voter> asked_;
  std::vector<voter> answered_;
  ballot read_ballot_;
  view_ptr read_;     // the value told with the highest ballot, from which proposed_ is made; null:
                      // none yet
  view_ptr proposed_; // in phase accept
  // The ballot that a majority promised with the last decided round; used once (R2).
  std::optional<ballot> promised_;
};

} // namespace monopod
