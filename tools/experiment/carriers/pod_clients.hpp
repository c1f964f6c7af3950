// Cameras and an application that use Monopod.
#pragma once

#include "clients/app_client.hpp"
#include "tools/experiment/carriers/carrier.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace monopod::experiment {

/// How the application subscribes.
struct subscription_use {
  wire::Policy policy = wire::Policy::Every;
  std::uint32_t credit = 64; // an application that keeps up takes all waiting frames at once
};

/// `servers` are endpoints, separated by commas. The functions are clients::cameras and
/// clients::receive.
std::unique_ptr<frame_sender> pod_cameras(const std::string& servers, std::size_t cameras);
void receive_by_pod(const std::string& servers, const subscription_use& use,
                    const std::function<void()>& subscribed,
                    const std::function<bool(const void*, std::size_t)>& take);

} // namespace monopod::experiment
