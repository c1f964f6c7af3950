// The flags of monopod-camera.
#pragma once

#include "clients/camera_window.hpp"
#include "programs/sources/source.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace monopod {

/// The flags as given. The functions below fill in the defaults that depend on the source.
struct camera_options {
  std::string server = "tcp://127.0.0.1:5570";
  std::string name = "cam";
  std::string from = "synthetic";
  std::string rtsp_transport = "tcp";
  std::optional<std::string> full;
  bool loop = false;
  bool flood = false;
  bool json = false;
  bool quiet = false;
  std::optional<double> fps;
  std::uint64_t frames = 0;
  std::uint32_t cameras = 1;
  std::optional<std::uint32_t> average_bytes;
  std::optional<int> quality;
  std::optional<int> width;
  std::optional<int> height;
  std::size_t window = 0;
  double drain_s = 10;
  double timeout_s = 10;
};

void declare_camera(CLI::App& app, camera_options& o);

/// Declares only the flags that all programs that publish pictures share: those of the pictures,
/// the cameras and the report. Also checks that these fit together.
void declare_feed(CLI::App& app, camera_options& o, const std::string& name_flags);

/// The name of one camera; `number` is 1 to o.cameras.
std::string camera_name(const camera_options& o, std::uint32_t number);

bool is_live(const camera_options& o);
/// Frames a second of each camera; with a live source, the upper bound.
double frames_per_second(const camera_options& o);
/// The window: --window frames, else limits::camera_window_s of them, but at least 64.
window_options window_of(const camera_options& o);
/// The average size to encode to; 0 if the quality is fixed.
std::uint32_t average_bytes_of(const camera_options& o);
source_options source_of(const camera_options& o);

} // namespace monopod
