// A replica of the group: register, lease and ledger joined.
//
// docs/replication.md states the rules by their names: R for the register, L for the lease, G for
// the ledger, C for the choice of the primary, O for the outside, and I for the invariants that
// they keep.
#pragma once

#include "replication/disk_mark.hpp"
#include "replication/replica_step.hpp"
#include "replication/sense.hpp"

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace monopod {

/// Pure: it has no socket, clock, thread or file, and the same inputs give the same outputs. Times
/// are nanoseconds of one clock that counts suspension, read after the input was taken. Not
/// thread-safe. No message of a peer makes it throw; a broken invariant ends the process.
class replica {
public:
  enum class role : std::uint8_t { witness, backup, primary };

  /// Starts from what the disk holds: `found`, and `committed`, the ledger as far as it is
  /// committed (empty for a witness). Makes a promise of G at once, since an earlier life of this
  /// node may have made one (L1). For a node without a group, use alone().
  replica(replica_settings settings, replica_state found, ledger committed, std::uint64_t now_ns);

  /// A node without a group: it is primary from the start and waits for its own disk only. `tail`
  /// is the ops that the disk holds after the ledger's; all of them are committed and added to
  /// `out`.
  static replica alone(std::string name, ledger committed, std::vector<op_bytes> tail,
                       bool ops_on_disk, replica_outputs& out);

  /// Takes one input and adds what it causes to `out`, which the caller empties. A `now_ns` before
  /// the last one is taken for the last one. Not reentrant. docs/replication.md has the contract.
  void step(const replica_input& in, std::uint64_t now_ns, replica_outputs& out);

  /// When the next tick is due, on the clock of step(). Each input may move it either way.
  std::uint64_t next_tick_ns() const;
  /// Whether this is a primary that acts and has nothing under way. Then only answers to beats
  /// arrive, and they may wait in the socket until just before the next tick (L1).
  bool idle() const;

  /// Whether an effect outside is allowed at this moment (L2, I2). Cheap enough to be asked before
  /// each.
  bool may_act(std::uint64_t now_ns) const;
  /// Whether frames may be taken in: may_act() holds, the tail is committed (G2), and no handover
  /// is asked for.
  bool accepting(std::uint64_t now_ns) const;

  role what() const;
  /// Whether a change of the view that this replica proposed is under way.
  bool changing() const { return proposer_.busy(); }
  /// Whether the group can do without it: it is neither primary nor in sync, so the process may
  /// end.
  bool has_left() const;
  /// The epoch in which it is primary, or else the highest one that it has seen.
  std::uint64_t epoch() const { return leading_ ? leading_->epoch : epoch_seen_; }
  /// The index that the next op must have.
  std::uint64_t next_index() const { return log_.last() + 1; }
  /// The ledger after the last committed op. Valid until the next step, like all references here.
  const ledger& state() const { return log_.state(); }
  const op_log& log() const { return log_; }
  /// The newest decided view that it knows; null before there is one.
  const view_ptr& known() const { return known_; }
  const member& self() const { return settings_.self; }
  /// The id under which it votes, or would vote (R4).
  std::uint64_t voter_id() const { return voter_.id(); }
  const replica_counts& counts() const { return counts_; }
  bool holds_ledger() const { return holds_ledger_; }
  /// The members in sync whose ledgers this replica's newest claim did without (C3); empty if it
  /// was one of them. Known from the value that the claim read, which may be newer than known().
  const std::vector<member>& started_without() const { return started_without_; }

  /// One member as its primary knows it, for status and metrics.
  struct follower {
    member who;
    bool in_sync = false;
    std::uint64_t lag_ops = 0;
    std::uint64_t heard_ns = 0; // when the newest beat that it has answered was sent
  };
  /// One for each member that it sends ops to; none unless it is primary.
  std::vector<follower> followers() const;
  /// How long may_act() lasts if no counted member (L2) answers any more: 0 if it does not hold
  /// now, and the whole lease if no other member counts.
  std::uint64_t lease_left_ns(std::uint64_t now_ns) const;

private:
  // How close a member is, as its primary sees it. A `near` joiner counts for commits, a `proposed`
  // one for leases as well (L2); only a decided view makes it `in_sync`.
  enum class standing : std::uint8_t { joining, near, proposed, in_sync };
  // The primary's record of a member to which it sends ops. Always: max(base, held) <= sent <= the
  // log's last op; a near or proposed member has matched; a member that is being given a snapshot
  // has not.
  struct backup {
    std::uint64_t session = 0; // 0: in sync since the epoch began
    standing as = standing::joining;
    bool matched = false;                      // it has acknowledged something in this session
    std::optional<snapshot_source> given = {}; // the snapshot of a joiner, until it has matched
    std::uint64_t base = 0;                    // what it had, or was given, when the session began
    std::uint64_t held = 0;                    // the op up to which it has acknowledged; never less
    std::uint64_t sent = 0;                    // the op up to which something is on its way
    bool leaves = false;
    std::uint64_t progress_ns = 0; // when it last held everything, or more than before
    std::uint64_t began_ns = 0;    // when its session began
    std::uint64_t asked_ns = 0;    // when it last asked to join
    std::uint64_t again_ns = 0;    // when something was last sent again
  };
  // A primary's state for one epoch. Always: the replica holds the ledger and has served this epoch
  // last; tail_at_start and owed are at most the log's last op.
  struct leading {
    leading(std::uint64_t its_epoch, const lease_times& times, std::uint64_t now_ns)
        : epoch(its_epoch), lease(times, now_ns) {}

    std::uint64_t epoch;
    lease_holder lease;
    std::map<member, backup> backups;
    std::uint64_t next_beat_ns = 0;
    std::uint64_t tail_at_start = 0;  // the log's last op when the epoch began (G2)
    std::uint64_t owed = 0;           // ops up to here leave by the next beat and must be held (L5)
    std::uint64_t waits_since_ns = 0; // when the first one after it was appended
    std::uint64_t sessions = 0;       // given so far; every backup's is at most this
    bool stopped = false;             // a handover is under way: no effects, no beats (C2)
    std::optional<std::string> leave_to;
    std::uint64_t leave_until_ns = 0;
    std::uint64_t heir_until_ns = 0;         // until then the first one in line is waited for
    std::deque<input::change_voters> wishes; // at most limits::group_members
    std::map<std::string, std::uint64_t> replace_at_ns; // by name: a voter with another id
  };
  enum class round : std::uint8_t { none, claim, drop, add, voters, handover };
  struct heard {
    member who;
    peer::looked said;
    std::uint64_t at_ns = 0;
  };

  // replica.cpp: inputs, the register, and what a decision changes
  void on(const input::tick&);
  void on(const input::received& in);
  void on(const input::append& in);
  void on(const input::saved& in);
  void on(const input::stored& in);
  void on(const input::hand_over& in);
  void on(const input::leave&);
  void on(const input::change_voters& in);
  void on(const input::outside_epoch& in);
  void on(const input::force_promotion&);
  void on(const input::links_lost&);
  void dispatch(const member& from, const peer::message& body);
  void handle(const member& from, const peer::look& m);
  void handle(const member& from, const peer::looked& m);
  void handle(const member& from, const peer::prepare& m);
  void handle(const member& from, const peer::promised& m);
  void handle(const member& from, const peer::accept& m);
  void handle(const member& from, const peer::accepted& m);
  void handle(const member& from, const peer::refused& m);
  void handle(const member& from, const peer::decided& m);
  void send(const std::string& to, peer::message body);
  void tell_all(const peer::message& body);
  void deliver_own();
  void note_answer(const member& from, std::uint64_t voter_id);
  void answer_from_disk(const std::string& to, peer::message answer);
  template <class Request>
  void vote(const std::string& to, const Request& request);
  void save();
  void start_round(round what, view_change change);
  void on_decided(const view_ptr& v);
  credible believes() const;
  void hear(const member& from, const view_ptr& v);
  bool is_majority(std::size_t agree, const group_view& v) const;
  void learn(const view_ptr& v);

  // replica_invariants.cpp: what holds between the fields after each step
  void ensure_sound() const;
  void ensure_sound(const leading& l) const;

  // replica_ticks.cpp: when the next tick is due
  bool settled() const;
  std::uint64_t primary_due_ns() const;

  // replica_primary.cpp: lease, beats
  template <class F>
  bool all_counted(F holds) const;
  void become_primary(const view_ptr& v);
  void step_down();
  void stop_leading();
  void tick_primary();
  void send_beats();
  void send_again(backup& b) const;
  void handle(const member& from, const peer::beat_answer& m);
  void handle(const member& from, const peer::stale& m);

  // replica_members.cpp: which members are in sync, voters, handover
  bool propose_something();
  bool drop_one();
  bool add_one();
  std::optional<group_view> with_joiner(const group_view& v, const member& m);
  void replace_voter(const voter& by);
  bool change_one_voter();
  bool hand_over();
  bool mine(const group_view& v, std::uint64_t epoch) const;
  bool owes(const backup& b) const;
  bool behind(const backup& b) const;
  bool given_up(const backup& b) const;
  void dismiss(std::map<member, backup>::iterator joiner);
  bool leaves(const member& who) const;
  void settle_members(const group_view& v);

  // replica_backup.cpp: promise, claim, join
  void tick_backup();
  bool claiming(std::uint64_t epoch) const;
  void abandon(std::uint64_t epoch);
  bool obeys(const member& from, std::uint64_t epoch);
  void look_around();
  void consider();
  void claim(bool force);
  std::optional<group_view> claimed(const group_view& read, std::uint64_t base_epoch,
                                    bool force) const;
  bool has_ended(const member& m) const;
  bool all_gone(const group_view& v) const;
  bool best_of(const group_view& v) const;
  void found_group();
  std::uint64_t rank() const;
  std::uint64_t claim_wait_ns(const group_view& v) const;
  void handle(const member& from, const peer::beat& m);
  void handle(const member& from, const peer::step_down& m);

  // replica_ops.cpp: snapshot, tail, commit
  void flush(const member& to, backup& b);
  void flush_pieces(const member& to, backup& b);
  void owe_all();
  void flush_all();
  void advance_commit();
  std::uint64_t held_by_self() const;
  void write_ops(std::uint64_t first);
  void install(snapshot_assembly::whole from);
  bool take(const std::vector<op_bytes>& ops);
  void acknowledge();
  bool may_join(const member& who);
  void handle(const member& from, const peer::join& m);
  void handle(const member& from, const peer::leave& m);
  void handle(const member& from, const peer::snapshot_piece& m);
  void handle(const member& from, const peer::pieces_taken& m);
  void handle(const member& from, const peer::append& m);
  void handle(const member& from, const peer::ack& m);

  // The relations that are written here hold after each step. replica_invariants.cpp ensures them,
  // in release builds as well.
  replica_settings settings_;
  bool holds_ledger_ = true; // false: never leading_
  bool votes_ = true;
  std::uint64_t now_ns_ = 0;       // never falls
  std::uint64_t ticked_ns_ = 0;    // at most now_ns_
  replica_outputs* out_ = nullptr; // during step()
  replica_counts counts_;

  register_voter voter_;
  register_proposer proposer_;
  round round_ = round::none;     // not none while proposer_ is busy
  std::uint64_t round_heard_ = 0; // in a message that was refused
  std::uint64_t saves_ = 0;       // saves asked for
  std::uint64_t saved_ = 0;       // saves on disk; at most saves_
  std::uint64_t save_asked_ns_ = 0;
  std::uint64_t save_took_ns_ = 0; // the slowest save of late
  struct held_answer {
    std::uint64_t save = 0; // saved_ < save <= saves_; rises
    std::string to;
    peer::message body;
  };
  std::deque<held_answer> answers_; // wait until the state that they tell is on disk (R2)

  view_ptr known_;               // newest decided view
  bool doubts_ = false;          // has heard of a newer one that is not proven (R6)
  std::uint64_t epoch_seen_ = 0; // at least known_'s, and the log's
  std::uint64_t served_ = 0;     // last epoch as primary; while leading_, its epoch
  std::uint64_t abandoned_ = 0;  // highest epoch whose primary has stepped down
  std::uint64_t abandoned_at_ns_ = 0;

  bool ending_ = false; // asked to leave
  std::optional<leading> leading_;
  std::uint64_t beat_number_ = 0; // of the newest beat; rises over all epochs (L1)

  lease_promise promise_;
  std::string promised_to_;             // by the newest beat that was obeyed,
  std::uint64_t promised_in_ = 0;       // of this epoch
  std::vector<member> started_without_; // of the newest claim
  std::uint64_t claim_base_ = 0; // while a claim is unresolved: its epoch at the first prepare
  std::map<std::string, heard> heard_;         // by place: at most limits::group_members
  std::map<voter, std::uint64_t> answered_ns_; // last words of voters that known_ lists
  std::uint64_t next_look_ns_ = 0;
  std::uint64_t next_join_ns_ = 0;

  op_log log_; // commit <= last
  disk_mark disk_;
  struct session_id {
    std::uint64_t epoch = 0;
    std::uint64_t session = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison with 0 for a pointer
    auto operator<=>(const session_id&) const = default;
  };
  session_id sync_;                    // the session in which matched_ counts
  std::string sync_with_;              // the primary of that session
  std::uint64_t matched_ = 0;          // up to here this log is that primary's; at most the last op
  std::uint64_t session_heard_ns_ = 0; // when one of these sessions last brought something
  session_id arriving_in_;             // at least sync_ while arriving_ has something
  snapshot_assembly arriving_;         // kept apart from the log until it is complete
};

} // namespace monopod
