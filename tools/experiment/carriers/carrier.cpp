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

} // namespace monopod::experiment
