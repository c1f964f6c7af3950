#include "tools/experiment/carriers/carrier.hpp"

namespace monopod::experiment {

const std::vector<carrier>& all_carriers() {
  static const std::vector<carrier> all{monopod_carrier(), monopod_to_cloud_carrier(),
                                        nats_carrier(),    mqtt_carrier(0),
                                        mqtt_carrier(1),   redis_carrier()};
  return all;
}

const std::vector<carrier>& carriers_for_slow() {
  static const std::vector<carrier> all{monopod_latest_carrier(), monopod_every_carrier(),
                                        nats_carrier(),           mqtt_carrier(0),
                                        mqtt_carrier(1),          redis_carrier()};
  return all;
}

} // namespace monopod::experiment
