// The ledger: a node's whole durable state, as a pure function of the operations applied to it.
#pragma once

#include "replication/op_bytes.hpp"
#include "replication/subscription.hpp"
#include "replication/taken_frames.hpp"
#include "schemas/ledger_generated.h"
#include "schemas/snapshot_generated.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// Where a camera stands.
struct camera_cursor {
  std::uint64_t stream = 0;      // newest stream opened
  std::uint64_t settled_seq = 0; // every application is done up to here
  std::map<std::string, std::uint64_t, std::less<>>
      apps; // application -> highest sequence number it finished
};

enum class apply_result {
  applied,
  stale,            // at or below a cursor, or of an older stream: changes nothing
  unknown_camera,   // no StreamOpened before
  too_many_cameras, // limits::cameras
  too_many_frames   // limits::taken_frames, limits::taken_bytes
};

/// Cursors and outbox. No socket, clock, thread or file: the same ops give the same state on every
/// node. Not thread-safe. Ops are in frame order per camera and application (G4); one op moves a
/// cursor and adds the result to the outbox, so one result per key is a property of apply() (I6).
class ledger {
public:
  struct entry {
    std::uint64_t index = 0;
    op_bytes bytes; // a Finished op with an inference
  };

  /// `outbox_limits`: the clouds, and for each how many unconfirmed entries are kept (at most
  /// limits::outbox_entries).
  explicit ledger(const std::map<std::string, std::size_t>& outbox_limits);

  /// Applies `op`, which is the verified root of `bytes`, and which must carry the index
  /// next_index().
  /// All or nothing: a failure in the middle (no memory, a broken invariant) ends the process
  /// rather than leave half an op behind, since a ledger stage that is restarted goes on with this
  /// ledger.
  apply_result apply(const wire::Op& op, op_bytes bytes) noexcept;

  std::uint64_t next_index() const { return next_index_; }
  /// Birth epoch of the last op; 0 where there is none.
  std::uint64_t last_epoch() const { return last_epoch_; }

  /// Entries that the last apply() let go of in the middle of the outbox: every cloud has confirmed
  /// them, though older ones wait. Only every limits::ledger_ops_kept ops, by index, so that all
  /// nodes do it at the same op and its cost is spread. Ascending.
  const std::vector<std::uint64_t>& released() const { return released_; }

  /// Null when no such camera has opened a stream. Valid until the next apply().
  const camera_cursor* camera(std::string_view name) const;
  std::size_t cameras() const { return cameras_.size(); }

  const subscription_book& subscriptions() const { return subscriptions_; }

  /// Acknowledged, or about to be, and not finished.
  const taken_frames& taken() const { return taken_; }

  /// The ops that belong to the state beside its snapshot(): the outbox's entries and the frames
  /// taken. Ascending.
  std::deque<entry> held() const;

  /// The state as a finished wire::Snapshot; what held() returns is not in it.
  std::vector<std::uint8_t> snapshot() const;

  /// Takes the state of a verified snapshot in place of its own. `held`: ops up to the snapshot's
  /// index, ascending: frames taken and not finished, and results, at least those that some cloud
  /// has not confirmed; what all have confirmed is left out. A cloud that the snapshot does not
  /// know has nothing waiting; one that this ledger does not know is forgotten. False, and the
  /// state is undefined, where the snapshot breaks a rule: too many cameras, ops out of order or of
  /// other kinds, frames that its cursors do not allow.
  [[nodiscard]] bool restore(const wire::Snapshot& from, std::deque<entry> held);

  /// What is held for at least one cloud, by index.
  const std::deque<entry>& entries() const { return outbox_; }

  /// Index of the oldest entry that is held for some cloud; next_index() when there is none.
  std::uint64_t oldest_entry() const {
    return outbox_.empty() ? next_index_ : outbox_.front().index;
  }

  /// The oldest entry after `after` that `cloud` has not confirmed; null when there is none.
  const entry* next_entry(std::string_view cloud, std::uint64_t after) const;

  /// Entries that `cloud` has not confirmed.
  std::size_t waiting(std::string_view cloud) const;
  /// Entries that were dropped unconfirmed at the limit.
  std::uint64_t dropped(std::string_view cloud) const;
  /// Entries held for at least one cloud.
  std::size_t outbox_size() const { return outbox_.size(); }

private:
  struct cloud_state {
    std::size_t limit = 0;
    std::uint64_t confirmed_to = 0; // every entry up to here is confirmed or dropped
    // Above it. A cloud that drains a backlog confirms fresh entries far ahead of it; what is here
    // is at most the outbox, which holds the entries that some cloud waits for and those confirmed
    // since the last release.
    std::set<std::uint64_t> confirmed;
    std::size_t waiting = 0;
    std::uint64_t dropped = 0;
  };

  apply_result apply_body(const wire::Op& op, op_bytes bytes);
  apply_result finished(const wire::Finished& op, std::uint64_t index, op_bytes bytes);
  apply_result frame_taken(const wire::FrameTaken& op, std::uint64_t index, op_bytes bytes);
  apply_result stream_opened(const wire::StreamOpened& op);
  apply_result subscribed(const wire::Subscription& op);
  apply_result cloud_acked(const wire::CloudAcked& op);
  std::deque<entry>::const_iterator first_after(std::uint64_t index) const;
  void settle(cloud_state& cloud, std::uint64_t index);
  void drop_oldest(const std::string& name, cloud_state& cloud);
  bool keep(std::deque<entry> held);
  void trim();
  void release();

  std::uint64_t next_index_ = 1;
  std::uint64_t last_epoch_ = 0;
  std::map<std::string, camera_cursor, std::less<>> cameras_;
  taken_frames taken_;
  subscription_book subscriptions_;
  std::map<std::string, cloud_state, std::less<>> clouds_;
  std::deque<entry> outbox_; // by index
  std::vector<std::uint64_t> released_;
};

/// The verified root of `bytes`, as decode() of schemas/codec.hpp does it, with room for the tables
/// of the most cameras and applications.
const wire::Snapshot* decode_snapshot(std::span<const std::byte> bytes);

} // namespace monopod
