#include "actors/group/group_metrics.hpp"

namespace monopod {

namespace {

prometheus::Gauge& gauge(prometheus::Registry& r, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(r).Add({});
}

prometheus::Counter& counter(prometheus::Registry& r, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(r).Add({});
}

prometheus::Counter& sent(prometheus::Registry& r, const char* about) {
  return prometheus::BuildCounter()
      .Name("monopod_group_sent_bytes_total")
      .Help("Bytes of messages to the other members: of ops, leases or views")
      .Register(r)
      .Add({{"about", about}});
}

} // namespace

group_metrics::group_metrics(prometheus::Registry& r)
    : serving(gauge(r, "monopod_group_serving",
                    "1 where this node takes frames in and publishes, else 0")),
      in_view(
          gauge(r, "monopod_group_in_view", "1 where this node is in the decided view, else 0")),
      lease_left(gauge(r, "monopod_group_lease_left_seconds",
                       "How long the primary may still act if nobody answers; 0 elsewhere")),
      last_outage(gauge(r, "monopod_group_last_outage_seconds",
                        "From the last sign of the primary before to serving, at this node's last "
                        "promotion")),
      epochs(counter(r, "monopod_group_promotions_total", "Epochs that began at this node")),
      step_downs(counter(r, "monopod_group_step_downs_total",
                         "Times that this node's lease as primary ended")),
      taken_out(counter(r, "monopod_group_taken_out_total",
                        "Members that this node took out of the in-sync set")),
      group_restarts(counter(r, "monopod_group_restarts_total",
                             "Times that this node started the whole group again")),
      surprises(counter(r, "monopod_group_surprises_total",
                        "Messages that no correct member of the group sends")),
      strangers(counter(r, "monopod_group_strangers_total",
                        "Messages from nodes of another group, which are refused")),
      received_bytes(counter(r, "monopod_group_received_bytes_total",
                             "Bytes of messages from the other members")),
      ops_bytes(sent(r, "ops")), lease_bytes(sent(r, "lease")), view_bytes(sent(r, "view")),
      datagrams(counter(r, "monopod_group_sent_datagrams_total",
                        "Messages to other members that went by UDP")),
      unsent_messages(counter(r, "monopod_group_unsent_messages_total",
                              "Messages to other members that found no room or no connection")),
      lag_family_(prometheus::BuildGauge()
                      .Name("monopod_group_lag_ops")
                      .Help("Ops that a member does not hold yet; known to the primary")
                      .Register(r)) {}

prometheus::Gauge& group_metrics::lag(const std::string& member) {
  return lag_family_.Add({{"member", member}});
}

} // namespace monopod
