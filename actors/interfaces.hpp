// The table of contents of the pipeline: the typed interface of every stage, one comment per
// message. Frames, results and outbox entries are not here: they travel over links (schemas/*.fbs).
#pragma once

#include "actors/ledger/unsealed_op.hpp"
#include "core/config/config.hpp"
#include "replication/ledger.hpp"
#include "schemas/ledger_generated.h"
#include "schemas/status_generated.h"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

using append_atom = caf::atom_constant<caf::atom("append")>;
using attach_atom = caf::atom_constant<caf::atom("attach")>;
using busy_atom = caf::atom_constant<caf::atom("busy")>;
using close_atom = caf::atom_constant<caf::atom("close")>;
using commit_atom = caf::atom_constant<caf::atom("commit")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;
using fail_atom = caf::atom_constant<caf::atom("fail")>;
using forget_atom = caf::atom_constant<caf::atom("forget")>;
using group_atom = caf::atom_constant<caf::atom("group")>;
using open_atom = caf::atom_constant<caf::atom("open")>;
using ready_atom = caf::atom_constant<caf::atom("ready")>;
using serve_atom = caf::atom_constant<caf::atom("serve")>;
using reload_atom = caf::atom_constant<caf::atom("reload")>;
using started_atom = caf::atom_constant<caf::atom("started")>;
using status_atom = caf::atom_constant<caf::atom("status")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;
using subscr_atom = caf::atom_constant<caf::atom("subscr")>;
using taken_atom = caf::atom_constant<caf::atom("taken")>;

/// A camera's cursor, and its frames above it that are in the ledger (FrameTaken ops, by sequence
/// number).
struct camera_position {
  camera_cursor cursor;
  std::vector<op_bytes> frames;
};

/// The commands that an operator may give to a member of the group
/// (actors/group/group_commands.hpp).
enum class group_verb : std::uint8_t;

/// Cameras with frames in the ledger, and the stream of each.
using unfinished_cameras = std::vector<std::pair<std::string, std::uint64_t>>;

/// The answer to an operator who has a backup forget a name.
inline constexpr const char* not_primary_text =
    "this node is not primary: ask the primary, see `monopod status`";

/// Part of the node's status that one stage knows. Immutable once sent.
using status_part = std::shared_ptr<const wire::StatusT>;

/// The messages that every stage answers.
using observable = caf::typed_actor<
    // The stage's part of /api/v1/status.
    caf::replies_to<status_atom>::with<status_part>,
    // Whether the stage can do its work: its links are attached.
    caf::replies_to<ready_atom>::with<bool>,
    // Take nothing new and finish what is there.
    caf::reacts_to<drain_atom>,
    // Whether work that was taken is unfinished.
    caf::replies_to<busy_atom>::with<bool>,
    // The stage that serves this one was restarted: attach anew, at once.
    caf::reacts_to<attach_atom>,
    // Throw, as a defect would: for `monopod debug kill-stage`.
    caf::reacts_to<fail_atom>,
    // This node serves in this epoch from now on and starts from its ledger; 0: it does not serve
    // any more, and forgets what was on its way.
    caf::reacts_to<serve_atom, std::uint64_t>>;

/// Owns the camera socket.
using gateway_actor = observable;

/// Works on the ledger.
using ledger_actor = observable::extend<
    // A camera opens a stream; the answer is where the camera stands then: in its earlier stream,
    // as long as frames of that stream are in the ledger.
    caf::replies_to<open_atom, std::string, std::uint64_t>::with<camera_position>,
    // The camera is not open any more: it may be forgotten.
    caf::reacts_to<close_atom, std::string>,
    // An operator wants the camera of this name to be forgotten; answers whether it is, and why.
    caf::replies_to<forget_atom, std::string>::with<bool, std::string>,
    // A broker begins, and has no camera open. Which ones have frames in the ledger?
    caf::replies_to<taken_atom>::with<unfinished_cameras>,
    // Append a frame that is finished, or taken; once committed, the sender gets commit_atom or
    // taken_atom.
    caf::reacts_to<append_atom, unsealed_op_message>,
    // An application subscribes to this from now on; nothing: it has unsubscribed. Answered once
    // the ledger has it.
    caf::replies_to<subscr_atom, std::string, std::optional<subscription>>::with<bool>>;

/// Owns the frames in flight.
using broker_actor = observable::extend<
    // The ledger committed: this camera's frames of the stream are settled up to the sequence
    // number.
    caf::reacts_to<commit_atom, std::string, std::uint64_t, std::uint64_t>,
    // The ledger committed: every member in sync holds this frame, by camera, stream and sequence
    // number, and those before it.
    caf::reacts_to<taken_atom, std::string, std::uint64_t, std::uint64_t>,
    // An operator wants the application of this name to be forgotten; answers whether it is, and
    // why.
    caf::replies_to<forget_atom, std::string>::with<bool, std::string>,
    // The settings of cameras changed at run time.
    caf::reacts_to<reload_atom>,
    // The ledger stage was restarted and this is its new handle: open all cameras again.
    caf::reacts_to<attach_atom, ledger_actor>>;

/// A vision application inside the pod.
using vision_actor = observable::extend<
    // Settings that changed at run time.
    caf::reacts_to<reload_atom, vision_config>>;

/// Publishes outbox entries to the clouds.
using cloud_actor = observable;

/// Talks to the other nodes of the group; works on the node_replica.
using replicator_actor = observable::extend<
    // An operator's command and the member that it is about (see group_commands); answers within
    // limits::group_command_ms whether it was done, and how it ended.
    caf::replies_to<group_atom, group_verb, std::string>::with<bool, std::string>>;

/// Watches over all the others.
using supervisor_actor = caf::typed_actor<
    // Drain, then end all stages, then the loop.
    caf::reacts_to<stop_atom>,
    // A stage (by its place among the supervised) was started again, or could not be, and why.
    caf::reacts_to<started_atom, std::size_t, observable>,
    caf::reacts_to<started_atom, std::size_t, std::string>>;

} // namespace monopod

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(monopod::group_verb)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(monopod::unsealed_op_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(monopod::status_part)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(monopod::camera_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(monopod::unfinished_cameras)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::optional<monopod::subscription>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(monopod::vision_config)
