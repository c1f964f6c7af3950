// The ledger: a node's whole durable state, as a pure function of the ops applied to it.
#pragma once

#include "replication/op_bytes.hpp"
#include "replication/subscription.hpp"
#include "replication/taken_frames.hpp"
#include "schemas/ledger_generated.h"
#include "schemas/snapshot_generated.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// How far one camera's frames are settled.
struct camera_cursor {
  std::uint64_t stream = 0;      // the newest stream that was opened
  std::uint64_t settled_seq = 0; // every application has settled its frames up to here
  // application -> the highest sequence number that it has finished; at most
  // limits::apps_per_camera, after each op
  std::map<std::string, std::uint64_t, std::less<>> apps;
  std::uint64_t used = 0;   // the last op that concerned it
  std::uint64_t result = 0; // the last op that put a result of it into the outbox, or 0
};

enum class apply_result {
  applied,
  stale,            // at or below a cursor, or of an older stream; changes nothing
  unknown_camera,   // no StreamOpened was applied before
  too_many_cameras, // limits::cameras
  too_many_frames   // limits::taken_frames, limits::taken_bytes
};

/// Cursors, subscriptions, frames taken and outboxes. No socket, clock, thread or file: the same
/// ops give the same state on every node (I9). Not thread-safe. Ops are in frame order for each
/// camera and application (G4). One op both moves a cursor and adds the result to the outboxes, so
/// apply() alone ensures one result per key (I6).
class ledger {
public:
  struct entry {
    std::uint64_t index = 0;
    op_bytes bytes; // a Finished op with an inference
  };

  /// An empty ledger. `outbox_limits` names the clouds and says for each how many unconfirmed
  /// entries are kept, at most limits::outbox_entries.
  explicit ledger(const std::map<std::string, std::size_t>& outbox_limits);

  /// Applies `op`, which is the verified root of `bytes` and must carry the index next_index(). All
  /// or nothing: a failure in the middle (no memory, a broken invariant) ends the process instead
  /// of leaving half an op behind, since a restarted ledger stage goes on with this ledger.
  apply_result apply(const wire::Op& op, op_bytes bytes) noexcept;

  std::uint64_t next_index() const { return next_index_; }
  /// The birth epoch of the last op; 0 if there is none.
  std::uint64_t last_epoch() const { return last_epoch_; }

  /// The indices of the entries, ascending, that the last apply() removed from the middle of the
  /// outbox, because every cloud has confirmed them while older ones still wait. That happens every
  /// limits::ledger_ops_kept ops, by index, so that all nodes do it at the same op and its cost is
  /// spread.
  const std::vector<std::uint64_t>& released() const { return released_; }

  /// Null if no camera of this name has opened a stream. Valid until the next apply().
  const camera_cursor* camera(std::string_view name) const;
  std::size_t cameras() const { return cameras_.size(); }
  /// Whether nothing is held that the camera of this name is needed for: no frame that was taken,
  /// and no result that a cloud may not have confirmed. Another node's ledger may have other
  /// clouds, so the primary asks this before it makes a CameraForgotten op.
  bool holds_nothing_of(std::string_view name) const;
  /// The least recently used camera of which it holds nothing, and that `spare` lets go; null if
  /// there is none. Valid until the next apply().
  const std::string* least_recently_used(const std::function<bool(std::string_view)>& spare) const;

  const subscription_book& subscriptions() const { return subscriptions_; }

  /// Frames that are acknowledged, or about to be, and not finished.
  const taken_frames& taken() const { return taken_; }

  /// The ops that belong to the state and are not in its snapshot(): the outbox's entries and the
  /// frames taken, by ascending index.
  std::deque<entry> held() const;

  /// The state as a finished wire::Snapshot, without the ops that held() returns.
  std::vector<std::uint8_t> snapshot() const;

  /// Replaces this state by that of a verified snapshot. `held` has ops up to the snapshot's index,
  /// ascending: the frames that are taken and not finished, and at least those results that some
  /// cloud has not confirmed; results that all clouds have confirmed are skipped. A cloud that the
  /// snapshot does not know has nothing waiting; one that this ledger does not know is forgotten.
  /// Returns false, and leaves the state undefined, if the snapshot breaks a rule: too many
  /// cameras, ops out of order or of other kinds, frames that its cursors do not allow.
  [[nodiscard]] bool restore(const wire::Snapshot& from, std::deque<entry> held);

  /// The entries that are held for at least one cloud, by index.
  const std::deque<entry>& entries() const { return outbox_; }

  /// The index of the oldest entry that is held for some cloud; next_index() if there is none.
  std::uint64_t oldest_entry() const {
    return outbox_.empty() ? next_index_ : outbox_.front().index;
  }

  /// The oldest entry after `after` that `cloud` has not confirmed; null if there is none.
  const entry* next_entry(std::string_view cloud, std::uint64_t after) const;

  /// How many entries `cloud` has not confirmed.
  std::size_t waiting(std::string_view cloud) const;
  /// How many entries of `cloud` were dropped unconfirmed at its limit.
  std::uint64_t dropped(std::string_view cloud) const;
  /// How many entries are held for at least one cloud.
  std::size_t outbox_size() const { return outbox_.size(); }

private:
  struct cloud_state {
    std::size_t limit = 0;
    std::uint64_t confirmed_to = 0; // every entry up to here is confirmed or dropped
    // The entries confirmed above it, since a cloud that drains a backlog confirms fresh entries
    // far ahead. Never more than the outbox, which holds the entries that some cloud waits for and
    // those confirmed since the last release.
    std::set<std::uint64_t> confirmed;
    std::size_t waiting = 0;
    std::uint64_t dropped = 0;
  };

  apply_result apply_body(const wire::Op& op, op_bytes bytes);
  apply_result finished(const wire::Finished& op, std::uint64_t index, op_bytes bytes);
  apply_result frame_taken(const wire::FrameTaken& op, std::uint64_t index, op_bytes bytes);
  apply_result stream_opened(const wire::StreamOpened& op, std::uint64_t index);
  apply_result camera_forgotten(const wire::CameraForgotten& op);
  apply_result subscribed(const wire::Subscription& op);
  apply_result cloud_acked(const wire::CloudAcked& op);
  std::deque<entry>::const_iterator first_after(std::uint64_t index) const;
  void forget_apps(camera_cursor& camera) const;
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

/// The verified root of `bytes`, which must outlive it; null if they are not valid. Like decode()
/// in schemas/codec.hpp, but with room for as many tables as the bytes can hold.
const wire::Snapshot* decode_snapshot(std::span<const std::byte> bytes);

} // namespace monopod
