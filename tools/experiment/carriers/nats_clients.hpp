// Cameras and an application that use NATS.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"

#include <functional>
#include <memory>
#include <string>

namespace monopod::experiment {

/// `urls` is nats://HOST:PORT, or, for a cluster, a list of all its servers separated by commas;
/// the first one is used for as long as it answers. The functions are clients::cameras and
/// clients::receive.
std::unique_ptr<frame_sender> nats_cameras(const std::string& urls, std::size_t cameras);
void receive_by_nats(const std::string& urls, std::size_t cameras,
                     const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take);

} // namespace monopod::experiment
