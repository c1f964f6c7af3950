#include "tools/experiment/carriers/carrier.hpp"

namespace monopod::experiment {

const std::vector<carrier>& all_carriers() {
  static const std::vector<carrier> all{monopod_carrier(false), monopod_carrier(true),
                                        nats_carrier(),         mqtt_carrier(0),
                                        mqtt_carrier(1),        redis_carrier()};
  return all;
}

} // namespace monopod::experiment
