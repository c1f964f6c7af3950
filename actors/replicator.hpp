// The replicator: carries what the nodes of a group say to each other, and lets time pass.
#pragma once

#include "actors/datagrams.hpp"
#include "actors/group_commands.hpp"
#include "actors/group_metrics.hpp"
#include "actors/interfaces.hpp"
#include "actors/ledger_log.hpp"
#include "actors/stage.hpp"
#include "core/config.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace monopod {

/// Speaks schemas/peer.fbs to the other members of the group: what is frequent and short by
/// datagrams, where they get through; the rest over connections, two to each, so that ops and
/// snapshots never hold up a beat (L1). Messages may be lost: the replica says again what matters.
/// Keeps nothing: the replica is lent to it.
class replicator final : public stage<replicator_actor> {
public:
  replicator(caf::actor_config& cfg, loop& host, void* zmq_context, const monopod::config& conf,
             metrics& counts, ledger_log& lent);

  const char* name() const override { return "replicator"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  struct peer_links {
    std::string name;
    link* urgent = nullptr;      // what is short
    link* bulk = nullptr;        // snapshots, and many ops at a time
    link* ops_way = nullptr;     // on which ops are under way that no later one shall overtake,
    std::uint64_t ops_until = 0; // up to this one
  };

  void look();
  void arm();
  void tick();
  bool take_datagrams();
  void on_link_message(inbound& in);
  void on_message(std::span<const std::byte> bytes);
  void greet(peer_links& to);
  void send(std::vector<peer::outgoing>& messages);
  bool send(peer_links& to, const peer::message& m, std::span<const std::uint8_t> bytes);
  void on_serve(std::uint64_t epoch);
  void count();
  status_part make_status() const;

  const monopod::config& conf_;
  metrics& counts_;
  group_metrics group_counts_;
  ledger_log& log_;
  group_commands commands_;
  link* from_peers_ = nullptr;
  std::vector<peer_links> peers_;
  std::unique_ptr<datagrams> datagrams_; // until on_exit()
  loop::timer_id timer_ = 0;
  std::uint64_t due_ns_ = 0;        // of the timer; 0: none
  std::uint64_t beat_heard_ns_ = 0; // when another primary was last heard
  double last_outage_ms_ = 0;
  replica_counts counted_;
};

} // namespace monopod
