// Cameras and an application that use Redis and follow the master that sentinels name.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace monopod::experiment {

inline constexpr std::uint16_t sentinel_port = 26379;
inline constexpr const char* master_name = "cams";

/// `sentinels` are hosts, separated by commas. The functions are clients::cameras and
/// clients::receive. A frame is sent to one master after the other until one takes it, for 30 s at
/// most.
std::unique_ptr<frame_sender> sentinel_cameras(const std::string& sentinels, std::size_t cameras);
void receive_by_sentinels(const std::string& sentinels, std::size_t cameras,
                          const std::function<void()>& subscribed,
                          const std::function<bool(const void*, std::size_t)>& take);

} // namespace monopod::experiment
