// The bounds of the programs beside the node, and of what they share with the tools that measure.
// Each comment says what happens at the bound.
#pragma once

#include <cstddef>
#include <cstdint>

namespace monopod::limits {

// -- camera sources

// Seconds that a camera's window holds at least; its user may ask for less, and is told so.
inline constexpr std::uint32_t camera_window_s = 2;
// Frames a second of a live source; more are skipped and counted.
inline constexpr std::uint32_t live_fps_max = 120;
// Packets of a live source that wait to be decoded or passed on. At the limit all of them are
// skipped and counted, and the source goes on with the next picture that needs none of them, so
// that latency does not accumulate.
inline constexpr std::size_t live_packets = 32;
// Bytes of one allocation inside FFmpeg's libraries, which an outsider's stream may cause; a larger
// one fails, and with it the picture.
inline constexpr std::size_t media_allocation_bytes = 256 * 1024 * 1024;

// -- tools

// Bytes of a pod's answer that `monopod status` reads; a longer one is cut, and is then not valid
// JSON.
inline constexpr std::size_t http_answer_bytes = 16 * 1024 * 1024;
// Series (camera, stream, application) that monopod-collect follows; the results of further ones
// are counted as malformed.
inline constexpr std::size_t collected_series = 100'000;
// Latencies that a sink of monopod-bench keeps; later ones are only counted.
inline constexpr std::size_t hop_samples = 100'000;

} // namespace monopod::limits
