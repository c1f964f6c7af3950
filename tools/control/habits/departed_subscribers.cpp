#include "tools/control/habits/departed_subscribers.hpp"

#include "core/log.hpp"

#include <cstdlib>
#include <utility>

namespace monopod::control {

void departed_subscribers::keep(std::unique_ptr<nats_bus::subscription> s) {
  if (kept_.size() < at_most)
    kept_.push_back(std::move(s));
  else
    log_limited(log_level::warn, "gateway", "a subscriber left and is forgotten: too many did",
                {{"left", kept_.size()}});
}

void departed_subscribers::write_failed(const std::string& peer) const {
  if (stopping_)
    return;
  log_error("gateway", "a subscriber has left: the gateway ends with it (--ends-with-subscriber)",
            {{"peer", peer}});
  std::_Exit(1);
}

} // namespace monopod::control
