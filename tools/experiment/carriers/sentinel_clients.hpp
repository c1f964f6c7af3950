// Cameras and an application of Redis, which follow the master that sentinels name.
#pragma once

#include "tools/experiment/carriers/carrier.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace monopod::experiment {

inline constexpr std::uint16_t sentinel_port = 26379;
inline constexpr const char* master_name = "cams";

/// `sentinels`: their hosts, with commas between. As clients::cameras and clients::receive; a frame
/// is sent again to the next master until one takes it, for 30 s.
std::unique_ptr<frame_sender> sentinel_cameras(const std::string& sentinels, std::size_t cameras);
void receive_by_sentinels(const std::string& sentinels, std::size_t cameras,
                          const std::function<void()>& subscribed,
                          const std::function<bool(const void*, std::size_t)>& take);

} // namespace monopod::experiment
