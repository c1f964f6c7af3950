// Cameras and an application of NATS.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"

#include <functional>
#include <memory>
#include <string>

namespace monopod::experiment {

/// `urls`: nats://HOST:PORT; of a cluster those of all its servers, with commas between, of which
/// the first is taken for as long as it answers. As clients::cameras and clients::receive.
std::unique_ptr<frame_sender> nats_cameras(const std::string& urls, std::size_t cameras);
void receive_by_nats(const std::string& urls, std::size_t cameras,
                     const std::function<void()>& subscribed,
                     const std::function<bool(const void*, std::size_t)>& take);

} // namespace monopod::experiment
