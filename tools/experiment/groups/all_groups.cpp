#include "tools/experiment/groups/group.hpp"

namespace monopod::experiment {

const std::vector<group>& all_groups() {
  static const std::vector<group> all{monopod_group(), nats_group(), redis_group()};
  return all;
}

} // namespace monopod::experiment
