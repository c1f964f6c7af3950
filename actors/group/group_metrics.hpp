// What a node of a group counts beside all the rest.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <string>

namespace monopod {

/// References stay valid as long as the registry; made again by a restarted replicator, they are
/// the same series.
struct group_metrics {
  explicit group_metrics(prometheus::Registry& registry);

  prometheus::Gauge& serving;           // 1: this node takes frames in and publishes
  prometheus::Gauge& in_view;           // 1: this life of the node is in the decided view
  prometheus::Gauge& lease_left;        // seconds
  prometheus::Gauge& last_outage;       // seconds
  prometheus::Counter& epochs;          // began here
  prometheus::Counter& step_downs;      // leases that ended
  prometheus::Counter& taken_out;       // members dropped from in_sync
  prometheus::Counter& group_restarts;  // C3
  prometheus::Counter& surprises;       // messages that no correct peer sends
  prometheus::Counter& strangers;       // messages from members of another group
  prometheus::Counter& received_bytes;  // of messages from peers
  prometheus::Counter& ops_bytes;       // of messages to peers: ops and their acknowledgements
  prometheus::Counter& lease_bytes;     // beats and their answers
  prometheus::Counter& view_bytes;      // all others
  prometheus::Counter& datagrams;       // messages that went without a connection
  prometheus::Counter& unsent_messages; // lost here: no room, or no connection

  /// Ops that the member does not hold yet.
  prometheus::Gauge& lag(const std::string& member);

private:
  prometheus::Family<prometheus::Gauge>& lag_family_;
};

} // namespace monopod
