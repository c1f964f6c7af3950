#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/carriers/nats_clients.hpp"
#include "tools/harness/nats_server.hpp"

namespace monopod::experiment {

namespace {

class nats_server final : public carrier_server {
public:
  std::string camera_address() const override { return nats_.url(); }
  std::string app_address() const override { return nats_.url(); }
  std::vector<harness::named_process> parts() const override { return {{"nats", nats_.pid()}}; }

private:
  harness::nats_server nats_;
};

} // namespace

carrier nats_carrier() {
  return {{"nats", "nats-server, at most once", nats_cameras, receive_by_nats},
          [](const std::string&) { return std::make_unique<nats_server>(); }};
}

} // namespace monopod::experiment
