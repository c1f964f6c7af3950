#include "tools/experiment/carriers/carrier.hpp"

#include <algorithm>
#include <cstring>

namespace monopod::experiment {

payload make_body(const frame_head& head, std::uint64_t bytes) {
  const auto body =
      std::make_shared<std::vector<std::byte>>(std::max<std::size_t>(bytes, sizeof head));
  std::memcpy(body->data(), &head, sizeof head);
  return {body, *body};
}

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
