// Gateway, broker and ledger stage on one loop that the test turns, without threads and clouds.
#pragma once

#include "actors/frames/broker.hpp"
#include "actors/frames/gateway.hpp"
#include "actors/ledger/ledger_stage.hpp"
#include "tests/unit/rig.hpp"

#include <utility>

namespace monopod {

struct stages : rig {
  explicit stages(monopod::config c = make_config()) : conf(std::move(c)) {}

  monopod::config conf;
  monopod::metrics metrics;
  node_replica replica{host, conf, metrics};
  subscription_book subscriptions;
  ledger_actor ledger_handle = spawn_stage<ledger_stage>(host, std::ref(context), std::cref(conf),
                                                         std::ref(metrics), std::ref(replica));
  broker_actor broker_handle =
      spawn_stage<broker>(host, std::ref(context), std::cref(conf), std::ref(metrics),
                          ledger_handle, std::ref(subscriptions));
  gateway_actor gateway_handle =
      spawn_stage<gateway>(host, std::ref(context), std::cref(conf), std::ref(metrics));

  ~stages() {
    caf::anon_send_exit(gateway_handle, caf::exit_reason::kill);
    caf::anon_send_exit(broker_handle, caf::exit_reason::kill);
    caf::anon_send_exit(ledger_handle, caf::exit_reason::kill);
    while (host.run_once(0)) { // before the things that they refer to are destroyed
    }
  }

  static monopod::config make_config() {
    monopod::config c;
    c.node = "node";
    c.gateway.listen = {"inproc://cameras"};
    c.broker.listen = {};
    c.gateway.max_frame_bytes = 1000;
    c.cloud["local"].outbox_entries = 16;
    return c;
  }
};

} // namespace monopod
