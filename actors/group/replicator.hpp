// The replicator: carries the messages between the nodes of a group, and gives the replica its
// ticks.
#pragma once

#include "actors/group/datagrams.hpp"
#include "actors/group/discovery.hpp"
#include "actors/group/group_commands.hpp"
#include "actors/group/group_metrics.hpp"
#include "actors/group/peer_connections.hpp"
#include "actors/group/peer_versions.hpp"
#include "actors/interfaces.hpp"
#include "actors/ledger/node_replica.hpp"
#include "actors/runtime/stage.hpp"
#include "core/config/config.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Speaks schemas/peer.fbs to the other members of the group: frequent, short messages by
/// datagrams, if they get through; the rest over connections. Messages may be lost: the replica
/// repeats what matters. Keeps nothing: the replica is lent to it.
class replicator final : public stage<replicator_actor> {
public:
  replicator(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
             const monopod::config& conf, metrics& metrics, node_replica& lent);

  const char* name() const override { return "replicator"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  using connection = peer_connections::connection;

  void look();
  void arm();
  void tick();
  bool take_datagrams();
  void on_link_message(inbound& in);
  void on_greeting(const peer_greeting& by, const inbound& in);
  void refuse_stranger(const std::string& who);
  void refuse_impostor(const std::string& named, const std::string& speaker);
  void blame(peer_id peer);
  bool on_message(std::span<const std::byte> bytes, const std::string& speaker);
  link* open_peer_link(zmq::context_t& zmq_context, bool serve, const std::string& endpoint);
  void connect(zmq::context_t& zmq_context);
  void greet_all();
  void greet(connection& to, bool asked);
  void send(std::vector<peer::outgoing>& messages);
  bool send(connection& to, const peer::message& m, std::span<const std::uint8_t> bytes);
  void on_serve(std::uint64_t epoch);
  void count();
  status_part make_status() const;

  const monopod::config& conf_;
  std::uint32_t group_; // tag of its name
  metrics& metrics_;
  group_metrics group_metrics_;
  node_replica& replica_;
  group_commands commands_;
  link* from_peers_ = nullptr;
  std::unique_ptr<peer_connections> peers_;
  peer_versions versions_;
  std::unique_ptr<discovery> discovery_; // if a member has no address, until on_exit()
  std::unique_ptr<datagrams> datagrams_; // until on_exit()
  loop::timer_id timer_ = 0;
  std::uint64_t due_ns_ = 0;        // of the timer; 0: none
  std::uint64_t beat_heard_ns_ = 0; // when another primary was last heard
  double last_outage_ms_ = 0;
  replica_counts counted_;
  std::uint64_t counted_misfits_ = 0;
};

} // namespace monopod
