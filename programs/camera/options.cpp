#include "programs/camera/options.hpp"

#include "core/names.hpp"
#include "programs/limits.hpp"
#include "programs/sources/address.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

namespace monopod {

namespace {

constexpr double default_fps = 10;
constexpr std::uint32_t default_average_bytes = 24'000;
constexpr std::size_t least_window = 64; // in frames: the highest credit that a gateway grants

void declare_pictures(CLI::App& app, camera_options& o) {
  app.add_option("--average-bytes", o.average_bytes,
                 "encode to this average size, 0 = by --quality; default: 24000, except that a "
                 "source of JPEG passes unchanged")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--quality", o.quality,
                 "initial JPEG quality (default 60); a source of JPEG is then encoded again")
      ->check(CLI::Range(2, 98));
  app.add_option("--width", o.width,
                 "width in pixels of the drawn scene (default 768), or requested from a device")
      ->check(CLI::Range(64, 4096));
  app.add_option("--height", o.height,
                 "height in pixels of the drawn scene (default 576), or requested from a device")
      ->check(CLI::Range(64, 4096));
}

void declare_source(CLI::App& app, camera_options& o) {
  app.add_option("--source", o.from,
                 "synthetic, a video file, or live: rtsp://, rtsps://, http:// (a stream of JPEG "
                 "parts), /dev/video0; a live source is reopened automatically")
      ->envname("MONOPOD_CAMERA_SOURCE") // so that others can't see a password in it
      ->capture_default_str();
  app.add_option("--rtsp-transport", o.rtsp_transport, "transport of RTSP's media: tcp or udp")
      ->check(CLI::IsMember({"tcp", "udp"}))
      ->capture_default_str();
  app.add_option(
         "--timeout-s", o.timeout_s,
         "reopen a live source that can't be opened within this time, or is silent for this long")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_flag("--loop", o.loop, "restart the video file at its end");
  app.add_option("--fps", o.fps,
                 "frames a second of each camera; default: 10, or every frame of a live source, "
                 "whose surplus is skipped otherwise")
      ->check(CLI::Range(0.01, 1000.0));
  app.add_flag("--flood", o.flood, "no pacing: as fast as credit allows; not for a live source");
}

// Throws CLI::ValidationError if flags do not fit together.
void check(const camera_options& o) {
  if (!valid_name(camera_name(o, o.cameras))) // the longest name
    throw CLI::ValidationError(
        "--name", "takes 1 to 64 of A-Z a-z 0-9 . _ -, with the number that --cameras adds");
  if (o.flood && is_live(o))
    throw CLI::ValidationError("--flood", "a live source has its own pace; leave this flag out");
}

} // namespace

void declare_feed(CLI::App& app, camera_options& o, const std::string& name_flags) {
  app.add_option(name_flags, o.name, "camera's name; with --cameras N: NAME-1 to NAME-N")
      ->capture_default_str();
  declare_source(app, o);
  app.add_option("--frames", o.frames, "frames of each camera, 0 = until stopped or the video ends")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--cameras", o.cameras, "cameras in this process")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  declare_pictures(app, o);
  app.add_flag("--json", o.json, "print the report as one JSON object");
  app.add_flag("--quiet", o.quiet, "do not show progress");
  app.callback([&o] { check(o); });
}

void declare_camera(CLI::App& app, camera_options& o) {
  app.description("Publishes frames to a Monopod gateway and keeps each until it is acknowledged.");
  app.add_option("--server", o.server,
                 "ZeroMQ endpoint of the gateway; to follow the primary of a group, those of all "
                 "replicas, separated by commas")
      ->capture_default_str();
  declare_feed(app, o, "--name");
  app.add_option("--window", o.window,
                 "frames kept until acknowledged, 0 = two seconds of them, at least 64")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_option("--full", o.full,
                 "what to do when the window is full: block (wait, and skip a live source's frames "
                 "meanwhile) or drop-oldest (drop the oldest frame that was not sent yet); "
                 "default: block, for a live source drop-oldest")
      ->check(CLI::IsMember({"block", "drop-oldest"}));
  app.add_option(
         "--drain-s", o.drain_s,
         "wait this long for the last acknowledgements, unless a second signal ends the wait")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  app.footer("Exit code: 0 if every frame was acknowledged, or dropped by drop-oldest; 1 if not; 2 "
             "for wrong usage.");
}

std::string camera_name(const camera_options& o, std::uint32_t number) {
  return o.cameras == 1 ? o.name : fmt::format("{}-{}", o.name, number);
}

bool is_live(const camera_options& o) {
  const auto kind = kind_of(o.from);
  return kind != source_kind::synthetic && kind != source_kind::file;
}

double frames_per_second(const camera_options& o) {
  constexpr double most = limits::live_fps_max;
  return is_live(o) ? std::min(o.fps.value_or(most), most) : o.fps.value_or(default_fps);
}

window_options window_of(const camera_options& o) {
  const auto kept =
      static_cast<std::size_t>(std::ceil(frames_per_second(o) * limits::camera_window_s));
  const auto full = o.full.value_or(is_live(o) ? "drop-oldest" : "block");
  return {.frames = o.window > 0 ? o.window : std::max(kept, least_window),
          .full = full == "block" ? full_policy::block : full_policy::drop_oldest};
}

std::uint32_t average_bytes_of(const camera_options& o) {
  return o.average_bytes.value_or(default_average_bytes);
}

source_options source_of(const camera_options& o) {
  const bool drawn = kind_of(o.from) == source_kind::synthetic;
  return {.address = o.from,
          .pass_jpeg = o.average_bytes.value_or(0) == 0 && !o.quality,
          .loop = o.loop,
          .width = o.width.value_or(drawn ? 768 : 0),
          .height = o.height.value_or(drawn ? 576 : 0),
          .fps = o.fps.value_or(0),
          .udp = o.rtsp_transport == "udp",
          .patience_ms = static_cast<std::uint32_t>(o.timeout_s * 1000)};
}

} // namespace monopod
