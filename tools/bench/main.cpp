// monopod-bench: measures the pod against the floor of its machine, in one run.
#include "core/version.hpp"
#include "tools/bench/detector.hpp"
#include "tools/bench/hop.hpp"
#include "tools/bench/phases.hpp"
#include "tools/harness/figures.hpp"
#include "tools/harness/machine.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

namespace {

using namespace monopod;

struct options {
  bench_options bench;
  std::string json;
  std::vector<std::string> only;
  bool quick = false;
};

void declare(CLI::App& app, options& o) {
  app.description("Measures Monopod against raw TCP and bare ZeroMQ on this machine, in one run: "
                  "latency, CPU, memory, throughput. Needs mosquitto; uses loopback only.");
  app.set_version_flag("--version", std::string(version) + " (" + commit + ")");
  app.add_option("--json", o.json, "write the figures to this file, too");
  app.add_option("--samples", o.bench.samples, "frames of each latency at 10 fps")
      ->check(CLI::Range(20, 100'000))
      ->capture_default_str();
  app.add_option("--rounds", o.bench.throughput_rounds, "floods of each kind")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--only", o.only, "some of latency quiet cameras disk throughput")
      ->delimiter(',')
      ->check(CLI::IsMember({"latency", "quiet", "cameras", "disk", "throughput"}));
  app.add_option("--pod-flag", o.bench.pod_flags, "further flags of `monopod run`, one word each");
  app.add_flag("--quick", o.quick, "few samples: shows that it works, no figures to quote");
}

void add_ratios(std::vector<harness::figure>& all) {
  const auto ratio = [&all](const char* name, const char* above, const char* below, double at_most,
                            const char* meaning) {
    if (const auto divisor = value_of(all, below); divisor > 0)
      all.push_back({.name = name,
                     .value = value_of(all, above) / divisor,
                     .meaning = meaning,
                     .at_most = at_most});
  };
  ratio("ratio_e2e_zmq_p50", "e2e_p50_us", "floor_zmq_p50_us", 2, "moonshot 1.25");
  ratio("ratio_e2e_tcp_p50", "e2e_p50_us", "floor_tcp_p50_us", 5, "moonshot 3");
  ratio("ratio_e2e_zmq_p99", "e2e_p99_us", "floor_zmq_p99_us", 3, "moonshot 1.5");
  ratio("ratio_cpu_64_to_1", "cpu_us_per_frame_64", "cpu_us_per_frame_1", 1, "moonshot 0.5");
}

void declare_detector(CLI::App& app, detector_bench_options& o, std::string& json) {
  app.add_option("--video", o.video,
                 "a video file, which one camera streams once; the crowd needs none")
      ->check(CLI::ExistingFile);
  app.add_option("--truth", o.truth, "its ground truth in the format of MOTChallenge 2015")
      ->check(CLI::ExistingFile);
  app.add_option("--width", o.width, "width of its pictures, in pixels")->capture_default_str();
  app.add_option("--height", o.height, "height of its pictures, in pixels")->capture_default_str();
  o.ways = {"plugin", "process", "failover", "crowd"};
  app.add_option("--only", o.ways,
                 "some of plugin (in the node), process (beside it), failover (a group of three "
                 "whose primary is killed), crowd (16 cameras)")
      ->delimiter(',')
      ->check(CLI::IsMember({"plugin", "process", "failover", "crowd"}))
      ->capture_default_str();
  app.add_option("--frames", o.frames, "stop after this many, 0 = all")->capture_default_str();
  app.add_option("--fps", o.fps, "frames a second of the camera")->capture_default_str();
  app.add_option("--confidence", o.confidence, "least confidence of a detection")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--detect-flag", o.detector, "further flags of monopod-detect, one word each");
  app.add_option("--json", json, "write the figures to this file, too");
  app.callback([&o] {
    if (o.video.empty() && std::ranges::any_of(o.ways, [](const auto& w) { return w != "crowd"; }))
      throw CLI::RequiredError("--video, or --only crowd,");
  });
}

// One object: the figures, with `commit` and `machine` beside them.
nlohmann::ordered_json to_object(const std::vector<harness::figure>& all) {
  auto object = nlohmann::ordered_json::object();
  add_values(object, all);
  object["commit"] = commit;
  object["machine"] = harness::machine();
  return object;
}

void tell(const std::vector<harness::figure>& all, const std::string& json) {
  std::cout << "commit  " << commit << "\nmachine " << harness::machine() << "\n\n"
            << to_table(all);
  harness::save(to_object(all), json);
}

int run_detector(detector_bench_options& o, const std::string& json) {
  o.bin = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  std::vector<harness::figure> all;
  measure_detector(o, all);
  tell(all, json);
  return 0;
}

int run(options& o) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe");
  o.bench.bench_program = here.string();
  o.bench.monopod_program = (here.parent_path() / "monopod").string();
  o.bench.collect_program = (here.parent_path() / "monopod-collect").string();
  if (o.quick) {
    o.bench.samples = 30;
    o.bench.throughput_rounds = 1;
    o.bench.throughput_s = 1;
    o.bench.quiet_s = 3;
  }
  const auto wanted = [&o](const std::string& phase) {
    return o.only.empty() || std::ranges::find(o.only, phase) != o.only.end();
  };
  std::vector<harness::figure> all;
  if (wanted("latency"))
    measure_latency(o.bench, all);
  if (wanted("quiet"))
    measure_quiet(o.bench, all);
  if (wanted("cameras"))
    measure_cameras(o.bench, all);
  if (wanted("disk"))
    measure_disk(o.bench, all);
  if (wanted("throughput"))
    measure_throughput(o.bench, all);
  add_ratios(all);
  tell(all, o.json);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app;
  declare(app, o);
  std::string kind;
  auto* sink = app.add_subcommand("sink", "")->group(""); // the other end of a hop
  sink->add_option("KIND", kind)->check(CLI::IsMember({"tcp", "zmq"}))->required();
  detector_bench_options detector;
  std::string detector_json;
  auto* detect = app.add_subcommand(
      "detector", "measure a detector at work: precision against a ground truth, losses, latency");
  declare_detector(*detect, detector, detector_json);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (detect->parsed())
      return run_detector(detector, detector_json);
    return sink->parsed() ? run_sink(kind == "tcp" ? hop_kind::tcp : hop_kind::zmq) : run(o);
  } catch (const std::exception& e) {
    std::cerr << "monopod-bench: " << e.what() << "\n";
    return 1;
  }
}
