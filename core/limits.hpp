// Every bound of the system in one place: each queue, map and buffer names its limit here and says
// what happens at it. Bounds that an operator may change are in core/config/config.hpp, with a
// range that ends at these values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace monopod::limits {

// -- numbers in messages

// Rounds, epochs, versions, streams, sequence numbers and indices only ever rise. A message with a
// higher one than this is refused, so that adding to one never overflows.
inline constexpr std::uint64_t number_max = 1ULL << 62U;
// How far a round or a version in one message may be above the highest that its receiver knows.
// Honest nodes are never that far apart, and nobody sends enough messages to reach number_max.
inline constexpr std::uint64_t number_leap = 1ULL << 24U;
// An epoch begins as a wall clock in milliseconds * 256 (R3). One that is further ahead of this
// node's clock than ten years is refused, unless it is at most epoch_leap above a known one. The
// bound is ten years because the clocks of edge nodes may be wrong, and because a group can go on
// above such an epoch at no cost.
inline constexpr std::uint64_t epoch_ahead_ms = 10ULL * 365 * 24 * 3600 * 1000;
inline constexpr std::uint64_t epoch_leap = 1ULL << 16U;
// A stream that began further ahead of the gateway's clock than a day is refused (FromTheFuture),
// since the camera could never open a later one.
inline constexpr std::uint64_t stream_ahead_ms = 24ULL * 3600 * 1000;
// A result whose stamps are further ahead of the node's clock than a day is refused (Malformed).
inline constexpr std::uint64_t result_ahead_ns = stream_ahead_ms * 1'000'000;
// A clock before 2026-11-01 is not set yet; it counts as that day.
inline constexpr std::uint64_t clock_floor_ms = 1'793'491'200'000;

// -- names

// Bytes of the name of a camera, application, cloud, site or node; a longer one is refused
// (BadName).
inline constexpr std::size_t name_bytes = 64;
// Patterns in one subscription; more are refused.
inline constexpr std::size_t patterns_per_subscription = 64;

// -- messages

// An envelope of any conversation; a longer one is refused as malformed before it is parsed.
inline constexpr std::size_t envelope_bytes = 64 * 1024;
// The hard ceiling of a frame's payload; the configured limit may be lower. A connection that
// exceeds it is closed.
inline constexpr std::size_t frame_bytes = 16 * 1024 * 1024;
// A frame that exceeds the configured limit by up to this much is refused with an answer; beyond
// that, the connection is closed.
inline constexpr std::size_t oversize_bytes = 1024 * 1024;
// Parts of one message, of which two mean something: an envelope and a body. Further ones make the
// message malformed, and beyond this number the connection is closed.
inline constexpr std::size_t message_parts = 8;
// The memory that a body has when its first byte arrives; a longer one gets more as it arrives, at
// most twice of what is there.
inline constexpr std::size_t body_first_bytes = 128 * 1024;
// Detections in one result; a result with more is refused.
inline constexpr std::size_t detections_per_frame = 256;

// -- zones

// Zones of one camera, and areas whose detections are ignored; a longer list is refused. A
// detection's zones are the bits of a word.
inline constexpr std::size_t zones_per_camera = 16;
// Points of one area; more are refused.
inline constexpr std::size_t polygon_points = 32;
// Tracks of one camera and application that are in zones; further ones enter when others have left.
inline constexpr std::size_t zone_tracks = detections_per_frame;
// A track that has not been seen for this long, by the stamps of the frames, has left its zones.
inline constexpr std::uint64_t zone_unseen_ms = 2000;
// Pairs of camera and application whose tracks are followed; beyond it the least recently used one
// is forgotten, and begins anew with an event that says so.
inline constexpr std::size_t zone_views = 1024;
// Events of one result; further ones come with the next result.
inline constexpr std::size_t events_per_result = 256;

// -- vision plug-ins

// Options of one plug-in; a longer list is refused.
inline constexpr std::size_t plugin_options = 32;
// Bytes of the sentence with which a plug-in tells what is wrong; a longer one is cut.
inline constexpr std::size_t plugin_problem_bytes = 512;
// A turn of a plug-in's loop may take this long before it is counted as a stall: looking at a frame
// is one turn.
inline constexpr std::uint32_t plugin_stall_ms = 5000;

// -- connections

// Cameras known at a time. At the limit, the least recently used one that is not connected, and of
// which no frames and no results are held, is forgotten; if there is none, the new one is refused
// (TooManyCameras).
inline constexpr std::size_t cameras = 1024;
// Cameras of which the broker knows, with those that have left and have frames in flight; at the
// limit, one that has left and holds nothing up makes room, or the new one is refused.
inline constexpr std::size_t broker_cameras = 2 * cameras;
// Applications known at a time. At the limit, the least recently used one that is not attached and
// owes nothing makes room; if there is none, the new one is refused (TooManyApps).
inline constexpr std::size_t apps = 64;
// Changes of subscriptions that are on their way into the ledger; beyond it applications that
// subscribe to something new are refused (NotReady).
inline constexpr std::size_t app_changes = 4 * apps;
// Applications of which the ledger knows how far they have come with one camera's stream. Beyond
// it, those that do not subscribe any more are forgotten, the one that is furthest behind first.
inline constexpr std::size_t apps_per_camera = 2 * apps;
// Servers of one group that a client connects to; a longer list is an error at its start.
inline constexpr std::size_t client_servers = 8;
// Gateways or cloud stages attached to one link at a time; further ones are ignored and counted.
inline constexpr std::size_t link_peers = 16;
// Connections that cameras may have; gateway.max_cameras times as many for the pod. At the limit of
// any link, the oldest connection that has not said who it is makes room (refused: too_many); if
// all have, the new one is closed.
inline constexpr std::size_t connections_per_camera = 2;
// The same to the broker, to a link between stages, and to the port of the group's nodes.
inline constexpr std::size_t app_connections = 2 * apps;
inline constexpr std::size_t link_connections = 2 * link_peers;
inline constexpr std::size_t peer_connections = 64;
// Connections from one IP address; further ones are closed at once (refused: address), and the log
// says what to do. Cameras behind one NAT, or a proxy that hides their addresses (kube-proxy
// without externalTrafficPolicy: Local), count as one address: they need a larger
// gateway.connections_per_address, up to the second number, or one connection for many of them
// (clients/camera_client.hpp).
inline constexpr std::size_t connections_per_address = 64;
inline constexpr std::size_t connections_per_address_max = connections_per_camera * cameras;
// The same from this host, by loopback or ipc, since one process here may be all cameras; and from
// another node of the group.
inline constexpr std::size_t connections_of_this_host = connections_per_address_max;
inline constexpr std::size_t peer_connections_per_address = 16;
// How long after READY a connection may take to say who it is (Hello, Subscribe, Attach, a node's
// greeting); then it is closed (refused: silent). The time until READY is in
// actors/runtime/link_profile.hpp (refused: unopened).
inline constexpr int first_word_ms = 5000;
// How long a message may take from its first byte to its last; then its connection is closed
// (refused: unfinished). The largest frame needs 5 Mbit/s. Time in which we do not read does not
// count.
inline constexpr int message_ms = 30'000;
// The memory of all unfinished messages of a link, and of bytes that wait to be decoded. Beyond it
// the oldest of them are given up with their connections (refused: memory), first those of
// connections that have not said who they are. Cameras: each of 256 may be in the middle of a frame
// of 96 kB. One connection holds one message at most, so the sizes above bound it.
inline constexpr std::size_t camera_unfinished_bytes = 24 * 1024 * 1024;
inline constexpr std::size_t app_unfinished_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t link_unfinished_bytes = 2 * frame_bytes;
inline constexpr std::size_t peer_unfinished_bytes = frame_bytes + 2 * 1024 * 1024;
// Malformed messages of one connection; at this number it is closed (refused: malformed).
inline constexpr int malformed_messages = 10;

// -- flow

// Frames in flight in the whole pipeline, shared out between the open cameras as credit. A frame
// beyond a camera's credit is refused (OverCredit), so memory holds at most this many frames, or
// cameras * credit_min if that is more.
inline constexpr std::uint32_t frames_in_flight = 128;
// The same for their payloads; a camera's share is at least one frame of the largest size. While
// more is in flight, frames of cameras that are beyond their share are refused (OverCredit).
inline constexpr std::size_t bytes_in_flight = 32 * 1024 * 1024;
// Hard bounds on both, in case clients ignore their share: beyond them the gateway reads nothing
// more from its cameras until frames are settled.
inline constexpr std::size_t frames_in_flight_max = 2 * frames_in_flight + 2 * cameras;
inline constexpr std::size_t bytes_in_flight_max = 64 * 1024 * 1024;
// With broker.ack = accepted: frames of all cameras that are acknowledged and not settled, and the
// bytes held for applications. Beyond either, cameras wait until frames are settled.
inline constexpr std::uint64_t accepted_frames = 1024;
inline constexpr std::size_t accepted_bytes = 32 * 1024 * 1024;
// With broker.ack = replicated: frames in the ledger that are not finished, and their bytes. A
// frame beyond either is acknowledged when it is finished.
inline constexpr std::size_t taken_frames = accepted_frames + frames_in_flight_max;
inline constexpr std::size_t taken_bytes = accepted_bytes + bytes_in_flight_max;
// A single camera's share, at least and at most.
inline constexpr std::uint32_t credit_min = 2;
inline constexpr std::uint32_t credit_max = 64;
static_assert(credit_min <= credit_max && credit_max <= frames_in_flight);
// Frames that an application may ask for at a time.
inline constexpr std::uint32_t app_credit_max = 256;

// Frames that wait for one application and camera with policy `bounded`; a larger bound is refused.
inline constexpr std::uint32_t bounded_frames_max = 64;
// Bytes that wait for applications with a policy other than `every`; beyond it a new frame replaces
// all that wait for that application and camera.
inline constexpr std::size_t waiting_bytes_max = 64 * 1024 * 1024;

// Messages taken from one socket in one turn of the loop, so that no camera starves the others or
// the beat.
inline constexpr int messages_per_turn = 64;
// Messages that wait for each direction and peer (ZeroMQ's high-water mark), in addition to those
// in the kernel's buffers. Tens are enough, since credit bounds the frames in flight. At the mark,
// a sender keeps the message and stops reading its own input.
inline constexpr int link_hwm = 96;
static_assert(link_hwm >= static_cast<int>(credit_max));
// The same towards an application, which gets at least all that it may ask for.
inline constexpr int app_hwm = 512;
static_assert(app_hwm > static_cast<int>(app_credit_max));
// Acknowledgements and refusals queued for one camera; beyond it they are dropped, which is
// harmless because acknowledgements are cumulative.
inline constexpr int camera_send_hwm = 64;
// Messages of all cameras that wait until a camera client's connection can be written to.
inline constexpr int camera_connection_hwm = 256;
// Functions posted to a loop from other threads; beyond it post() refuses them.
inline constexpr std::size_t loop_inbox = 1024;
// Timers on one loop; more break an invariant, since each stage has a fixed number plus one per
// frame in service.
inline constexpr std::size_t loop_timers = 8192;

// -- ledger

// Results that wait for a cloud; the limit of [cloud.NAME] may be lower. At the limit the oldest
// one is dropped and counted.
inline constexpr std::size_t outbox_entries = 100'000;
// Clouds that one node serves.
inline constexpr std::size_t clouds = 8;
// Entries that are unconfirmed at one cloud at a time.
inline constexpr std::uint32_t cloud_in_flight_max = 1000;
// Results in one message; the others wait for the next one.
inline constexpr std::uint32_t batch_results_max = 500;
static_assert(batch_results_max <= cloud_in_flight_max);
// Bytes of one message to a cloud. A larger result is counted as unpublishable and taken off the
// outbox.
inline constexpr std::uint32_t cloud_payload_bytes = 16 * 1024 * 1024;
// How far messages to a paced cloud may run ahead of its rate; the others wait in the outbox.
inline constexpr std::uint64_t pace_burst_ms = 100;

// -- pictures with results

// Pictures that wait for one cloud, in bytes; the limit of [cloud.NAME] may be lower. At the limit
// the oldest one is dropped (full).
inline constexpr std::uint32_t picture_budget_bytes = 256 * 1024 * 1024;
// Labels that choose the results with pictures; a longer list is refused.
inline constexpr std::size_t picture_labels = 64;
// What a picture counts for besides its bytes, so that tiny ones are bounded, too.
inline constexpr std::size_t picture_overhead_bytes = 512;
// Pictures that one cloud has not confirmed: so many bytes, or a single one, and this part of its
// window. Further ones wait, so that a result waits for little before it on the connection.
inline constexpr std::size_t picture_in_flight_bytes = 256 * 1024;
inline constexpr std::uint32_t picture_window_part = 4;
// Pictures of results that are being committed, in bytes; beyond it the oldest one is dropped
// (busy).
inline constexpr std::size_t picture_uncommitted_bytes = 8 * 1024 * 1024;
// Frames that are kept until an application with a policy other than `every` answers, for their
// pictures. Beyond it, results have none.
inline constexpr std::size_t picture_unanswered_bytes = 8 * 1024 * 1024;
// Pictures that wait to be cut, in bytes, or a single one; beyond it the oldest one is dropped
// (busy).
inline constexpr std::size_t picture_uncut_bytes = 8 * 1024 * 1024;
// The memory that cutting one picture may take, which is 22 megapixels of the usual 4:2:0; a larger
// one is dropped (unreadable), as is one with more scans, which could take seconds.
inline constexpr std::size_t picture_cut_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t picture_scans = 64;

// -- group

// Replicas, and voters in a view; a configuration with more is refused.
inline constexpr std::size_t group_members = 8;
// Addresses to connect to when members are found under a name: the present ones and earlier ones.
// Further ones are left out, and that is logged.
inline constexpr std::size_t group_addresses = 2 * group_members;
// The time between two look-ups of that name.
inline constexpr std::uint64_t lookup_period_ms = 1000;
// How long one request to the API server of Kubernetes may take, and how large its answer may be.
inline constexpr int kubernetes_request_ms = 2000;
inline constexpr std::size_t kubernetes_answer_bytes = 1024 * 1024;
// How long the primary's EndpointSlice may be wrong after something else has changed it.
inline constexpr std::uint64_t slice_look_ms = 5000;
// Messages to or from one node that wait on one connection; further ones are lost and sent again
// later.
inline constexpr int peer_hwm = 1024;
// The largest message between nodes; a larger one never arrives.
inline constexpr std::size_t peer_message_bytes = frame_bytes + 1024 * 1024;
static_assert(peer_message_bytes < peer_unfinished_bytes);
// How long a node that is ending waits for the others to take over.
inline constexpr std::uint64_t leave_ms = 2000;
// How long an operator's command to the group waits for its outcome.
inline constexpr std::uint64_t group_command_ms = 3000;
// A voter's answers that wait for its disk; further ones are not given, and the proposer asks
// again.
inline constexpr std::size_t group_answers = 64;
// A member's state file; a larger one breaks an invariant, since names and views are bounded.
inline constexpr std::size_t state_bytes = 16 * 1024;
// Ops in one message to a backup; further ones go in the next message. A joiner that is no further
// behind than this counts for commits.
inline constexpr std::uint64_t group_append_ops = 256;
// Bytes of ops or of a snapshot in one message; further ones go in the next message. An op larger
// than this goes alone; its size is bounded by those of envelopes and frames.
inline constexpr std::size_t group_append_bytes = 64 * 1024;
static_assert(group_append_bytes + frame_bytes + 2 * envelope_bytes + 64 * group_append_ops <=
              peer_message_bytes);
// Messages between nodes up to this size are packed; larger ones go as they are.
inline constexpr std::size_t packed_bytes = 4096;
// A message between nodes that goes as one datagram, after a header of 17 bytes; a longer one goes
// over the connection. Any usual network carries 1,200 bytes (RFC 9000, section 14).
inline constexpr std::size_t datagram_bytes = 1200;
// Beats sent on a datagram way without an answer; after so many, messages take the connection until
// the way is proved again.
inline constexpr int datagram_beats_lost = 2;
// The buffer for datagrams that wait for this node; further ones are lost and sent again later.
inline constexpr int datagram_buffer_bytes = 1024 * 1024;
// Pieces of a snapshot that a joiner has not confirmed; the next ones wait until it does.
inline constexpr std::uint64_t snapshot_pieces_in_flight = 4;
// A ledger's state without results and frames; a joiner refuses a larger one. The cursors of all
// cameras and applications, and the confirmations of clouds ahead of older entries, take less.
inline constexpr std::size_t ledger_state_bytes = 16 * 1024 * 1024;
// Ops kept for a joiner that does not count yet; beyond it, the joiner starts again with a new
// snapshot.
inline constexpr std::uint64_t group_joiner_ops = 64 * 1024;

// -- supervision

// Restarts of one stage within the time below; at the next failure the process ends.
inline constexpr std::size_t stage_restarts = 5;
inline constexpr std::uint64_t stage_restarts_within_s = 60;
// How long a failed stage's addresses may take to become free, and its successor to attach. Beyond
// it the process ends in the first case, and the log says so in the second.
inline constexpr std::uint64_t stage_start_ms = 2000;

// With durability `disk`, ops that were appended and are not on disk yet; more break an invariant,
// since frames in flight and the clouds' windows bound them.
inline constexpr std::size_t ledger_pending_ops = 256 * 1024;
// Ops on disk that are not outbox entries; beyond it a snapshot replaces them. Once in so many ops,
// the ledger lets go of entries that every cloud has confirmed while older ones wait.
inline constexpr std::uint64_t ledger_ops_kept = 4096;
// The time after which an op that nobody waits for is on disk at the latest.
inline constexpr int ledger_linger_ms = 50;
// The size of SQLite's log, which is written full at the start and then overwritten; a large
// transaction makes it larger for a time.
inline constexpr std::size_t ledger_log_bytes = 4 * 1024 * 1024;

// -- HTTP

// Connections at a time. A further one takes the place of the oldest whose request is incomplete,
// or else of the one that has been taking its answer for the longest time.
inline constexpr std::size_t http_connections = 256;
// Connections accepted in one turn; the others wait in the kernel until those that have said
// something are read.
inline constexpr int http_accepts_per_turn = 32;
// Bytes of a request's first line and headers; a longer one is answered with 431.
inline constexpr std::size_t http_head_bytes = 8 * 1024;
// How long a request may take to arrive, and its answer to be read; then the connection is closed.
inline constexpr std::uint64_t http_request_ms = 5000;
inline constexpr std::uint64_t http_reply_ms = 10'000;
// How long a client may take to close after its answer; then the node does.
inline constexpr std::uint64_t http_leaving_ms = 1000;
// Requests of one kind (probes, questions, commands) that wait for their thread; further ones are
// answered with 503.
inline constexpr std::size_t http_requests = http_connections;
// Commands that are carried out at a time; further ones wait.
inline constexpr std::size_t http_command_threads = 4;
// Bytes of answers that clients have not read yet; beyond it the connection that has been reading
// for the longest time is closed.
inline constexpr std::size_t http_unsent_bytes = 32 * 1024 * 1024;
// Probes within this time of an examination of loops and stages share its outcome; statuses do so.
inline constexpr std::uint64_t http_probe_ms = 10;
// Names of a node in URLs, in addition to addresses; a longer list is refused.
inline constexpr std::size_t http_names = 16;

// -- stop

// How long after SIGTERM accepted frames and results may still be finished; the rest stays in the
// cameras' windows and the outbox.
inline constexpr std::uint32_t drain_ms = 2000;

// -- configuration and log

// Bytes of a configuration file; a larger one is refused before it is parsed.
inline constexpr std::size_t config_file_bytes = 256 * 1024;
// Bytes of a file with a password; a larger one is refused.
inline constexpr std::size_t secret_file_bytes = 4096;
// Dots up to a comma, and brackets, in one line of it. They bound how deep keys nest, and so the
// stack that freeing the tables takes. A polygon, whose dots count too, has two for each point.
inline constexpr std::size_t config_line_dots = 96;
static_assert(config_line_dots >= 2 * polygon_points + 16);
// Bytes of one string in it; a longer one is refused.
inline constexpr std::size_t config_text_bytes = 1024;
// Mistakes that are reported at a time; further ones are only counted.
inline constexpr std::size_t config_mistakes = 100;
// Endpoints that cameras, or applications, may use; more are refused.
inline constexpr std::size_t camera_endpoints = 16;
// Bytes of one string in a line of the log; a longer one is cut.
inline constexpr std::size_t log_text_bytes = 1024;
// Lines a second of one kind that outsiders can cause; further ones are counted.
inline constexpr std::uint64_t log_lines_per_s = 5;
// Keys that one rate limit of the log tells apart; further ones share a budget.
inline constexpr std::size_t log_keys = 256;

} // namespace monopod::limits
