#include "tools/bench/detector.hpp"

#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tools/bench/phases.hpp"
#include "tools/bench/precision.hpp"
#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

namespace monopod {

namespace {

using harness::operator+;
using words = std::vector<std::string>;

constexpr const char* detector_app = "detect";

// The fields of a result that are judged.
struct arrival {
  std::string camera;
  std::uint64_t seq = 0;
  std::uint64_t captured_at_ns = 0;
  std::uint64_t started_at_ns = 0;
  std::uint64_t finished_at_ns = 0;
  std::uint64_t published_at_ns = 0;
  std::vector<detected_box> boxes; // relative to the picture
};

struct results_of_app {
  std::vector<arrival> results; // the first of each key
  std::uint64_t twice = 0;      // one frame under two keys
};

// A broker, and all results that it gets in a file.
class sink {
public:
  sink()
      : subscriber_({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker_.port()), "-i",
                     "bench-sink", "-q", "1", "-t", "monopod/+/results/#"},
                    folder_.path() / "results") {
    if (!harness::eventually(
            [this] { return broker_.log().find("as bench-sink") != std::string::npos; }))
      throw std::runtime_error("mosquitto_sub does not connect");
    harness::pause_ms(300); // its subscription follows at once
  }

  words flags() const {
    return {"--cloud.local.host", "127.0.0.1", "--cloud.local.port",
            std::to_string(broker_.port())};
  }

  results_of_app of(const std::string& app) const {
    results_of_app all;
    std::set<std::string> keys;
    std::set<std::string> frames;
    std::ifstream lines(folder_.path() / "results");
    for (std::string line; std::getline(lines, line);) {
      const auto r = nlohmann::json::parse(line, nullptr, false);
      if (r.is_discarded() || r.at("app") != app || !keys.insert(r.at("key")).second)
        continue;
      all.twice += frames.insert(frame_of(r)).second ? 0 : 1;
      all.results.push_back(read(r));
    }
    return all;
  }

private:
  static std::string frame_of(const nlohmann::json& r) {
    return fmt::format("{}/{}", r.at("camera").get<std::string>(),
                       r.at("captured_at_ns").get<std::uint64_t>());
  }
  static arrival read(const nlohmann::json& r) {
    arrival a{.camera = r.at("camera"),
              .seq = r.at("seq"),
              .captured_at_ns = r.at("captured_at_ns"),
              .started_at_ns = r.at("started_at_ns"),
              .finished_at_ns = r.at("finished_at_ns"),
              .published_at_ns = r.at("published_at_ns"),
              .boxes = {}};
    for (const auto& d : r.at("inference").value("detections", nlohmann::json::array()))
      if (d.at("label") == "person" && d.contains("box"))
        a.boxes.push_back({{d["box"]["x"], d["box"]["y"], d["box"]["width"], d["box"]["height"]},
                           d.at("confidence"),
                           d.value("track_id", std::uint64_t{0})});
    return a;
  }

  harness::temporary_directory folder_;
  harness::mqtt_broker broker_;
  harness::process subscriber_;
};

// The nodes, and the detector in them or beside them.
struct scene {
  scene(const detector_bench_options& o, const words& cloud, bool plugin, std::size_t nodes) {
    const auto at = [this](const std::string& file) {
      return "ipc://" + (folder.path() / file).string();
    };
    words vision{"--vision.nobody.cameras", "nobody"};
    if (plugin)
      vision = {"--vision.detect.plugin",  "monopod-nanodet",
                "--vision.detect.cameras", "*",
                "--vision.detect.options", fmt::format("confidence={}", o.confidence)};
    for (std::size_t i = 0; i < nodes; ++i) {
      const auto name = std::string(1, static_cast<char>('a' + i));
      words flags{"--gateway.listen", at(name + ".cameras"),
                  "--broker.listen",  at(name + ".apps"),
                  "--log.level",      "warn",
                  "--node",           name};
      if (nodes > 1) {
        flags = flags + words{"--group.directory", (folder.path() / name).string()};
        for (std::size_t j = 0; j < nodes; ++j)
          flags = flags + words{fmt::format("--member.{:c}.address", 'a' + static_cast<int>(j)),
                                at(fmt::format("{:c}.peers", 'a' + static_cast<int>(j)))};
      }
      pods.push_back(
          std::make_unique<harness::pod_process>(o.bin + "/monopod", flags + cloud + vision));
      cameras += (i > 0 ? "," : "") + at(name + ".cameras");
      apps += (i > 0 ? "," : "") + at(name + ".apps");
    }
  }

  // The one that serves; nothing while none does.
  harness::pod_process* serving() {
    for (auto& p : pods)
      if (p && (pods.size() == 1 ? p->ready() : p->metric("monopod_group_serving").value_or(0) > 0))
        return p.get();
    return nullptr;
  }
  harness::pod_process& await_serving() {
    if (!harness::eventually([this] { return serving() != nullptr; }))
      throw std::runtime_error("no node serves");
    return *serving();
  }

  harness::temporary_directory folder;
  std::vector<std::unique_ptr<harness::pod_process>> pods;
  std::string cameras; // endpoints
  std::string apps;
};

std::unique_ptr<harness::process> start_detect(const detector_bench_options& o, const scene& s,
                                               const std::string& policy) {
  return std::make_unique<harness::process>(
      words{o.bin + "/monopod-detect", "--server", s.apps, "--name", detector_app, "--policy",
            policy, "--confidence", std::to_string(o.confidence), "--quiet"} +
          o.detector,
      s.folder.path() / "detect");
}

void await_app(scene& s, const std::string& app) {
  if (!harness::eventually([&] {
        auto* p = s.serving();
        return p != nullptr && p->get("/api/v1/status").find('"' + app + '"') != std::string::npos;
      }))
    throw std::runtime_error("the application " + app +
                             " does not attach: " + harness::read_file(s.folder.path() / "detect"));
}

double ms(std::uint64_t from_ns, std::uint64_t to_ns) {
  return (static_cast<double>(to_ns) - static_cast<double>(from_ns)) * 1e-6;
}

double peak_mb(pid_t pid) { // VmHWM of /proc/PID/status (proc(5))
  std::ifstream lines(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("VmHWM:"))
      return std::stod(line.substr(6)) * 1024 * 1e-6;
  return 0;
}

void add(std::vector<harness::figure>& out, const std::string& way, const std::string& name,
         double value, const std::string& meaning) {
  out.push_back({.name = way + "_" + name, .value = value, .meaning = meaning});
}

// Judges the results that arrived for one video.
void judge_video(const detector_bench_options& o, const std::string& way, const results_of_app& all,
                 double frames, std::vector<harness::figure>& out) {
  boxes_by_frame<detected_box> found;
  samples service;
  samples beyond;
  std::set<std::uint64_t> seen;
  for (const auto& r : all.results) {
    found[r.seq] = r.boxes;
    seen.insert(r.seq);
    service.add(ms(r.started_at_ns, r.finished_at_ns));
    beyond.add(ms(r.captured_at_ns, r.published_at_ns) - ms(r.started_at_ns, r.finished_at_ns));
  }
  add(out, way, "results", static_cast<double>(all.results.size()), "results that arrived");
  add(out, way, "lost", frames - static_cast<double>(seen.size()), "frames without a result");
  add(out, way, "twice", static_cast<double>(all.twice), "results of a frame under a second key");
  add(out, way, "service_p50_ms", service.percentile(50), "from frame to detections");
  add(out, way, "beyond_p50_ms", beyond.percentile(50),
      "camera's stamp to publication without that time");
  add(out, way, "beyond_p99_ms", beyond.percentile(99), "the same, 99th percentile");
  if (o.truth.empty())
    return;
  auto truth = read_truth(o.truth);
  for (auto& [frame, boxes] : truth) // the truth is in pixels, results are relative
    for (auto& b : boxes)
      b.box = {b.box.left / o.width, b.box.top / o.height, b.box.width / o.width,
               b.box.height / o.height};
  const auto p = judge(truth, found, static_cast<std::uint64_t>(frames));
  add(out, way, "average_precision", p.average, "of persons, at an overlap of 0.5");
  add(out, way, "best_f1", p.best_f1, "of persons");
  add(out, way, "track_switches", static_cast<double>(p.switches), "persons that changed tracks");
}

void measure_video(const detector_bench_options& o, const std::string& way,
                   std::vector<harness::figure>& out) {
  say(fmt::format("detector, {}", way));
  const bool plugin = way == "plugin";
  const bool failover = way == "failover";
  const sink cloud;
  scene s(o, cloud.flags(), plugin, failover ? 3 : 1);
  auto& first = s.await_serving();
  const auto detect = plugin ? nullptr : start_detect(o, s, "every");
  await_app(s, detector_app);
  words flags{o.bin + "/monopod-camera",
              "--server",
              s.cameras,
              "--source",
              o.video,
              "--name",
              "video",
              "--fps",
              std::to_string(o.fps),
              "--json",
              "--quiet"};
  if (o.frames > 0)
    flags = flags + words{"--frames", std::to_string(o.frames)};
  harness::process camera(flags, s.folder.path() / "camera");
  if (failover) {
    const auto half = (o.frames > 0 ? static_cast<double>(o.frames) : 800) / 2;
    harness::eventually(
        [&] {
          return first.metric("monopod_app_results_total{app=\"detect\"}").value_or(0) > half;
        },
        std::chrono::minutes(10));
    first.child().signal(SIGKILL);
    for (auto& p : s.pods)
      if (p.get() == &first)
        p.reset();
  }
  if (camera.wait(std::chrono::minutes(30)).value_or(1) != 0)
    throw std::runtime_error("the camera fails: " + harness::read_file(s.folder.path() / "camera"));
  const harness::report sent(harness::read_file(s.folder.path() / "camera"));
  auto& last = s.await_serving();
  harness::eventually([&] { return last.metric("monopod_outbox_entries{cloud=\"local\"}") == 0; });
  harness::pause_ms(500);
  judge_video(o, way, cloud.of(detector_app), sent["acknowledged"], out);
  add(out, way, "node_peak_mb", peak_mb(last.pid()), "memory of the node at its highest");
  if (detect)
    add(out, way, "detector_peak_mb", peak_mb(detect->pid()), "memory of monopod-detect");
}

// One round of the crowd: results of the other application, and of the detector if it is there.
struct round_of_crowd {
  samples others_ms;
  samples age_ms;
  samples service_ms;
};

round_of_crowd stream_crowd(const detector_bench_options& o, bool detector) {
  const sink cloud;
  scene s(o, cloud.flags() + harness::emulated(), false, 1);
  s.await_serving();
  const auto detect = detector ? start_detect(o, s, "latest") : nullptr;
  if (detect)
    await_app(s, detector_app);
  harness::process camera({o.bin + "/monopod-camera", "--server", s.cameras, "--name", "cam",
                           "--cameras", "16", "--fps", "10", "--frames", "300", "--json",
                           "--quiet"},
                          s.folder.path() / "camera");
  if (camera.wait(std::chrono::minutes(2)).value_or(1) != 0)
    throw std::runtime_error("the cameras fail: " + harness::read_file(s.folder.path() / "camera"));
  harness::pause_ms(500);
  round_of_crowd r;
  std::uint64_t last_ns = 0; // frame
  for (const auto& a : cloud.of("emulator").results) {
    r.others_ms.add(ms(a.captured_at_ns, a.published_at_ns));
    last_ns = std::max(last_ns, a.captured_at_ns);
  }
  for (const auto& a : cloud.of(detector_app).results) {
    if (a.started_at_ns > last_ns)
      continue; // the cameras' last frames, which no newer ones replace while they wait their turn
    r.age_ms.add(ms(a.captured_at_ns, a.started_at_ns));
    r.service_ms.add(ms(a.started_at_ns, a.finished_at_ns));
  }
  return r;
}

// In turn, so that both kinds of rounds meet the same machine.
void measure_crowd(const detector_bench_options& o, std::vector<harness::figure>& out) {
  samples without;
  samples with;
  round_of_crowd all;
  for (int i = 0; i < 3; ++i) {
    say(fmt::format("detector at 16 cameras, round {} of 3", i + 1));
    without.add_all(stream_crowd(o, false).others_ms);
    const auto r = stream_crowd(o, true);
    with.add_all(r.others_ms);
    all.age_ms.add_all(r.age_ms);
    all.service_ms.add_all(r.service_ms);
  }
  add(out, "crowd", "service_p50_ms", all.service_ms.percentile(50), "from frame to detections");
  add(out, "crowd", "age_p50_ms", all.age_ms.percentile(50),
      "age of a frame when the detector takes it");
  add(out, "crowd", "age_p99_ms", all.age_ms.percentile(99), "the same, 99th percentile");
  add(out, "crowd", "others_p99_ms", with.percentile(99),
      "the other application's latency beside the detector");
  add(out, "crowd", "others_alone_p99_ms", without.percentile(99), "the same without it");
  add(out, "crowd", "others_ratio", with.percentile(99) / without.percentile(99),
      "the first over the second");
}

} // namespace

void measure_detector(const detector_bench_options& o, std::vector<harness::figure>& out) {
  for (const auto& way : o.ways)
    if (way == "crowd")
      measure_crowd(o, out);
    else
      measure_video(o, way, out);
}

} // namespace monopod
