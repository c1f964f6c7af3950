// monopod-camera: publishes frames to a gateway, as one or many cameras.
#include "clients/camera_client.hpp"
#include "core/clock.hpp"
#include "core/names.hpp"
#include "tools/camera/encoder.hpp"
#include "tools/camera/source.hpp"
#include "tools/program.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdio>

namespace {

using namespace monopod;

struct options {
  std::string server = "tcp://127.0.0.1:5570";
  std::string name = "cam";
  std::string from = "synthetic";
  std::string full = "block";
  bool loop = false;
  bool flood = false;
  bool json = false;
  bool quiet = false;
  double fps = 10;
  std::uint64_t frames = 0;
  std::uint32_t cameras = 1;
  std::uint32_t average_bytes = 24'000;
  int quality = 60;
  int width = 768;
  int height = 576;
  std::size_t window = 64;
  double drain_s = 10;
};

// `number`: 1 to o.cameras.
std::string camera_name(const options& o, std::uint32_t number) {
  return o.cameras == 1 ? o.name : fmt::format("{}-{}", o.name, number);
}

void declare(CLI::App& app, options& o) {
  app.description("Publishes frames to a Monopod gateway and keeps each until it is acknowledged.");
  app.add_option("--server", o.server, "ZeroMQ endpoint of the gateway")->capture_default_str();
  app.add_option("--name", o.name, "camera's name; with --cameras N: NAME-1 to NAME-N")
      ->capture_default_str();
  app.add_option("--source", o.from, "synthetic, or a video file")->capture_default_str();
  app.add_flag("--loop", o.loop, "start the video again at its end");
  app.add_option("--fps", o.fps, "frames a second of each camera")
      ->check(CLI::Range(0.01, 1000.0))
      ->capture_default_str();
  app.add_option("--frames", o.frames, "frames of each camera, 0 = until stopped or the video ends")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--cameras", o.cameras, "cameras in this process")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--average-bytes", o.average_bytes,
                 "JPEG quality follows this average size, 0 = --quality")
      ->capture_default_str();
  app.add_option("--quality", o.quality, "JPEG quality to start with")
      ->check(CLI::Range(2, 98))
      ->capture_default_str();
  app.add_option("--width", o.width, "pixels, synthetic")
      ->check(CLI::Range(64, 4096))
      ->capture_default_str();
  app.add_option("--height", o.height, "pixels, synthetic")
      ->check(CLI::Range(64, 4096))
      ->capture_default_str();
  app.add_option("--window", o.window,
                 "frames kept until acknowledged; at least two seconds of them")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--full", o.full, "when the window is full: block or drop-oldest")
      ->check(CLI::IsMember({"block", "drop-oldest"}))
      ->capture_default_str();
  app.add_flag("--flood", o.flood, "no pacing: as fast as credit allows");
  app.add_option("--drain-s", o.drain_s,
                 "wait this long for the last acknowledgements, or until stopped twice")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  app.add_flag("--json", o.json, "print the report as one JSON object");
  app.add_flag("--quiet", o.quiet, "no progress");
  app.callback([&o] {
    if (!valid_name(camera_name(o, o.cameras))) // the longest
      throw CLI::ValidationError(
          "--name", "takes 1 to 64 of A-Z a-z 0-9 . _ -, with the number that --cameras adds");
  });
}

class session {
public:
  explicit session(const options& o)
      : options_(o), source_(o.from == "synthetic" ? make_synthetic_source(o.width, o.height)
                                                   : make_video_source(o.from, o.loop)),
        connection_({.server = o.server,
                     .client = std::string("monopod-camera ") + version,
                     .window = {.frames = o.window,
                                .full = o.full == "block" ? full_policy::block
                                                          : full_policy::drop_oldest}}),
        quality_(o.average_bytes, o.quality), progress_(o.quiet, 2) {
    for (std::uint32_t i = 1; i <= o.cameras; ++i)
      cameras_.push_back(&connection_.open(camera_name(o, i)));
  }

  int run() {
    greet();
    const auto started_ns = boottime_ns();
    const auto period_ns = static_cast<std::uint64_t>(1e9 / options_.fps);
    for (std::uint64_t n = 0; (options_.frames == 0 || n < options_.frames) && stop_requested == 0;
         ++n) {
      if (!make_picture(n))
        break;
      // The cameras share the picture and take turns within the period.
      for (std::size_t i = 0; i < cameras_.size() && stop_requested == 0; ++i) {
        if (!options_.flood)
          wait_until(started_ns + n * period_ns + i * period_ns / cameras_.size());
        publish(*cameras_[i]);
      }
      progress();
    }
    const auto seconds = static_cast<double>(boottime_ns() - started_ns) * 1e-9;
    const bool all = drain();
    connection_.bye();
    connection_.poll(10);
    return report(seconds, all);
  }

private:
  // The first frame is not to wait for the connection; a gateway that is away does not hold up the
  // camera.
  void greet() {
    const auto patience_ns = boottime_ns() + ns_per_s;
    const auto welcomed = [](const camera* c) { return c->welcomed(); };
    while (!std::ranges::all_of(cameras_, welcomed) && boottime_ns() < patience_ns &&
           stop_requested == 0)
      connection_.poll(50);
  }

  // Whether all was acknowledged in time.
  bool drain() {
    const auto end_ns = boottime_ns() + static_cast<std::uint64_t>(options_.drain_s * 1e9);
    while (!connection_.flush(std::chrono::milliseconds(100))) {
      if (boottime_ns() >= end_ns || stop_requested > 1)
        return false;
      progress();
    }
    return true;
  }

  // A flood would measure the encoder: it repeats a few pictures.
  bool make_picture(std::uint64_t n) {
    constexpr std::size_t flood_pictures = 16;
    if (options_.flood && encoded_.size() == flood_pictures) {
      current_ = encoded_[n % flood_pictures];
      return true;
    }
    const auto p = source_->next();
    if (!p)
      return false;
    width_ = static_cast<std::uint16_t>(p->width);
    height_ = static_cast<std::uint16_t>(p->height);
    current_ = encoder_.encode_rgb(p->rgb, p->width, p->height, quality_.quality());
    quality_.encoded(current_.size_bytes());
    if (options_.flood)
      encoded_.push_back(current_);
    return true;
  }

  void wait_until(std::uint64_t due_ns) {
    for (auto now = boottime_ns(); now < due_ns && stop_requested == 0; now = boottime_ns()) {
      const auto left_ms = (due_ns - now) / ns_per_ms;
      connection_.poll(static_cast<int>(std::min<std::uint64_t>(left_ms, 200)));
      if (left_ms == 0) {
        timespec rest{0, static_cast<long>(due_ns - std::min(due_ns, boottime_ns()))};
        nanosleep(&rest, nullptr);
      }
    }
  }

  void publish(camera& c) {
    while (stop_requested == 0) {
      if (c.publish(current_, realtime_ns(), width_, height_) != camera_window::push_result::full)
        return;
      connection_.poll(50);
      progress();
    }
  }

  camera_window::statistics total() const {
    camera_window::statistics sum;
    for (const auto* c : cameras_) {
      sum.taken += c->stats().taken;
      sum.sent += c->stats().sent;
      sum.resent += c->stats().resent;
      sum.acknowledged += c->stats().acknowledged;
      sum.dropped += c->stats().dropped;
      sum.refused += c->stats().refused;
      if (!c->stats().last_refusal.empty())
        sum.last_refusal = c->stats().last_refusal;
    }
    sum.round_trip_ms = cameras_.front()->stats().round_trip_ms;
    return sum;
  }

  void progress() {
    progress_.tick([this] {
      const auto s = total();
      return fmt::format("{} frames, {} acknowledged{}", s.taken, s.acknowledged,
                         s.last_refusal.empty() ? "" : " (" + s.last_refusal + ")");
    });
  }

  int report(double seconds, bool all) const {
    const auto s = total();
    const auto& t = s.round_trip_ms;
    if (options_.json) {
      fmt::print(
          R"({{"frames":{},"sent":{},"acknowledged":{},"resent":{},"dropped":{},"refused":{},)"
          R"("average_bytes":{:.0f},"seconds":{:.3f},"ack_ms":{{"p50":{:.3f},"p95":{:.3f},"p99":{:.3f}}}}})"
          "\n",
          s.taken, s.sent, s.acknowledged, s.resent, s.dropped, s.refused, quality_.average_bytes(),
          seconds, t.percentile(50), t.percentile(95), t.percentile(99));
    } else {
      fmt::print("\nframes       {:>9}   {:.1f} a second, {:.0f} bytes on average\n"
                 "sent         {:>9}   and {} again\n"
                 "acknowledged {:>9}   p50 {:.3f}  p95 {:.3f}  p99 {:.3f} ms after publish\n"
                 "dropped      {:>9}\nrefused      {:>9}\n",
                 s.taken, static_cast<double>(s.taken) / seconds, quality_.average_bytes(), s.sent,
                 s.resent, s.acknowledged, t.percentile(50), t.percentile(95), t.percentile(99),
                 s.dropped, s.refused);
    }
    if (!all)
      fmt::print(
          stderr,
          "monopod-camera: not all frames were acknowledged{}: is a gateway running at {}?\n",
          s.last_refusal.empty() ? "" : " (" + s.last_refusal + ")", options_.server);
    return all && s.acknowledged == s.taken ? 0 : 1;
  }

  const options& options_;
  std::unique_ptr<source> source_;
  camera_connection connection_;
  quality_control quality_;
  jpeg_encoder encoder_;
  std::vector<camera*> cameras_;
  std::vector<payload> encoded_;
  payload current_;
  std::uint16_t width_ = 0;
  std::uint16_t height_ = 0;
  progress_line progress_;
};

} // namespace

int main(int argc, char** argv) {
  return run_program<options>("monopod-camera", argc, argv, declare,
                              [](const options& o) { return session(o).run(); });
}
