// The bounds of the detector. Each comment says what happens at it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace monopod::limits {

// -- models

// Bytes of a model's TOML file; a longer one is an error.
inline constexpr std::size_t model_file_bytes = 64 * 1024;
// Dots and brackets in one line of it, since nested tables are freed by recursion; more are an
// error.
inline constexpr std::size_t model_line_dots = 64;
// Bytes of an ONNX file, as it is and uncompressed; a larger one is an error.
inline constexpr std::size_t network_bytes = 512 * 1024 * 1024;
// Memory that liblzma may use for a compressed one; a file that needs more is an error. `xz -9`
// makes files that need 64 MiB.
inline constexpr std::uint64_t network_xz_bytes = 128 * 1024 * 1024;
// Pixels of the network's input, in each direction; more are an error.
inline constexpr std::int64_t network_side_max = 4096;
// Classes of a model; more are an error.
inline constexpr std::size_t model_labels = 4096;

// -- pictures

// Pixels of a picture; a larger one is refused with a reason. JPEG that has to be decoded in full
// takes three bytes for each of them, a progressive one three more.
inline constexpr std::int64_t picture_pixels = 64 * 1024 * 1024;

// -- detections

// Boxes of a picture that are compared with each other; of more, the most confident ones are taken.
inline constexpr std::size_t boxes_compared = 1000;

// Least confidence that may be asked for; a lower one is an error, since almost every cell of a
// network is that sure of something.
inline constexpr double least_confidence = 0.01;
// Threads for a pass of a network; more are an error.
inline constexpr int network_threads = 64;

// -- tracks

// Tracks of one camera; beyond it new objects are not tracked until tracks end.
inline constexpr std::size_t tracks_per_camera = 128;
// Cameras whose tracks are known; at the limit, those of the camera that was silent for the longest
// time are forgotten, and its tracks begin anew.
inline constexpr std::size_t tracked_cameras = 1024;
// How long a track may go without a detection, in the camera's time; then it ends.
inline constexpr std::uint64_t track_lost_ms = 2000;

} // namespace monopod::limits
