// The metrics that only a node of a group has.
#pragma once

#include "actors/metrics.hpp"

namespace monopod {

/// References stay valid as long as the registry; made again by a restarted replicator, they are
/// the same series.
struct group_metrics {
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;

  explicit group_metrics(prometheus::Registry& r) : registry(r) {}

  prometheus::Registry& registry; // before all that it holds

  Gauge& serving = gauge(registry, "monopod_group_serving",
                         "1 if this node takes frames in and publishes, else 0");
  Gauge& in_view =
      gauge(registry, "monopod_group_in_view", "1 if this node is in the decided view, else 0");
  Gauge& lease_left = gauge(registry, "monopod_group_lease_left_seconds",
                            "How long the primary may still act if nobody answers; 0 elsewhere");
  Gauge& last_outage =
      gauge(registry, "monopod_group_last_outage_seconds",
            "From the last sign of the primary before to serving, at this node's last promotion");
  Counter& epochs =
      counter(registry, "monopod_group_promotions_total", "Epochs that began at this node");
  Counter& step_downs = counter(registry, "monopod_group_step_downs_total",
                                "Times that this node's lease as primary ended");
  Counter& taken_out = counter(registry, "monopod_group_taken_out_total",
                               "Members that this node took out of the in-sync set");
  Counter& group_restarts = counter(registry, "monopod_group_restarts_total",
                                    "Times that this node started the whole group again");
  Counter& surprises = counter(registry, "monopod_group_surprises_total",
                               "Messages that no correct member of the group sends");
  Counter& strangers = counter(registry, "monopod_group_strangers_total",
                               "Messages from nodes of another group, which are refused");
  Counter& impostors = counter(registry, "monopod_group_impostors_total",
                               "Messages and greetings that name another node than the one to "
                               "which their connection or datagram way belongs; they are refused");
  Counter& version_refusals =
      counter(registry, "monopod_group_version_refusals_total",
              "Greetings and messages of nodes that speak no version of the protocol between nodes "
              "that this one understands; they are refused");
  labelled<Gauge> version{registry, "monopod_group_protocol_version",
                          "The version of the protocol between nodes that a member told last",
                          "member"};
  Counter& received_bytes = counter(registry, "monopod_group_received_bytes_total",
                                    "Bytes of messages from the other members");
  labelled<Counter> sent_bytes{registry, "monopod_group_sent_bytes_total",
                               "Bytes of messages to the other members: of ops, leases or views",
                               "about"};
  Counter& ops_bytes = sent_bytes("ops");     // and their acknowledgements
  Counter& lease_bytes = sent_bytes("lease"); // beats and their answers
  Counter& view_bytes = sent_bytes("view");   // all others
  Counter& datagrams = counter(registry, "monopod_group_sent_datagrams_total",
                               "Messages to other members that went by UDP");
  Counter& unsent_messages =
      counter(registry, "monopod_group_unsent_messages_total",
              "Messages to other members that found no room or no connection");
  labelled<Gauge> lag{registry, "monopod_group_lag_ops",
                      "Ops that a member does not hold yet; known to the primary", "member"};
};

} // namespace monopod
