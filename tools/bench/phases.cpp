#include "tools/bench/phases.hpp"

#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tools/bench/consumer.hpp"
#include "tools/bench/hop.hpp"
#include "tools/deployment/deployment.hpp"
#include "tools/load/fleet.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <unistd.h>

namespace monopod {

namespace {

constexpr std::uint64_t warm_up_frames = 20;

// The collapsed pod, or one with a process for each stage.
struct linkage {
  const char* name; // of its links, and its cameras
  const char* suffix;
  const char* meaning;
  pipeline_split at;
};
constexpr pipeline_split everywhere{.frames = true, .apps = true, .results = true};
constexpr std::array linkages{linkage{"inproc", "", "one process", {}},
                              linkage{"ipc", "_ipc", "four processes by ipc", everywhere},
                              linkage{"tcp", "_tcp", "four processes by tcp", everywhere}};

hop_message make_message(const bench_options& o) {
  constexpr std::size_t envelope_bytes = 120; // as many as a frame's
  return {std::vector<std::uint8_t>(envelope_bytes), make_picture(o.frame_bytes)};
}

void require_all(std::size_t got, std::size_t wanted, const std::string& what) {
  if (got != wanted)
    throw std::runtime_error(fmt::format("{}: {} of {} results came", what, got, wanted));
}

struct usage {
  std::uint64_t cpu_ns = 0;
  std::uint64_t at_ns = 0;
};
usage usage_of(const deployment& d) { return {d.cpu_ns(), boottime_ns()}; }
double cores(const usage& from, const usage& to) {
  return static_cast<double>(to.cpu_ns - from.cpu_ns) / static_cast<double>(to.at_ns - from.at_ns);
}

void add_hop(std::vector<harness::figure>& out, const std::string& key, const std::string& what,
             const hop::result& r) {
  samples us;
  for (std::size_t i = warm_up_frames; i < r.latency_us.size(); ++i)
    us.add(r.latency_us[i]);
  out.push_back({.name = "floor_" + key + "_p50_us",
                 .value = us.percentile(50),
                 .meaning = what + ", median"});
  out.push_back({.name = "floor_" + key + "_p99_us",
                 .value = us.percentile(99),
                 .meaning = what + ", 99th percentile"});
}

void add_end_to_end(std::vector<harness::figure>& out, const std::string& suffix,
                    const consumer::latencies& l, const std::string& what) {
  out.push_back({.name = "e2e_p50_us" + suffix,
                 .value = l.p50_us,
                 .meaning = "camera's stamp to before publish, " + what + ", median"});
  out.push_back({.name = "e2e_p95_us" + suffix, .value = l.p95_us, .meaning = "95th percentile"});
  out.push_back({.name = "e2e_p99_us" + suffix, .value = l.p99_us, .meaning = "99th percentile"});
}

} // namespace

deployment_options one_process(const bench_options& o, std::uint16_t mqtt_port) {
  return {.program = o.monopod_program,
          .mqtt_port = mqtt_port,
          .site = "inproc",
          .at = {},
          .flags = o.pod_flags};
}

void say(const std::string& text) { fmt::print(stderr, "monopod-bench: {}\n", text); }

payload make_picture(std::size_t bytes) {
  const auto data = std::make_shared<std::vector<std::byte>>(bytes);
  std::minstd_rand random(1);
  for (auto& b : *data)
    b = static_cast<std::byte>(random() & 0xff);
  return {data, *data};
}

void measure_latency(const bench_options& o, std::vector<harness::figure>& out) {
  say(fmt::format("latency at 10 fps: {} samples, {:.0f} s", o.samples,
                  static_cast<double>(o.samples + warm_up_frames) / 10));
  consumer cloud(o.collect_program);
  auto message = make_message(o);
  hop tcp(o.bench_program, hop_kind::tcp);
  hop zmq(o.bench_program, hop_kind::zmq);
  std::vector<std::unique_ptr<deployment>> pods;
  std::vector<std::unique_ptr<fleet>> warm;
  std::vector<std::unique_ptr<fleet>> cameras;
  for (const auto& kind : linkages) {
    auto pod = one_process(o, cloud.mqtt_port());
    pod.site = kind.name;
    pod.at = kind.at;
    pod.transport = kind.name;
    pods.push_back(std::make_unique<deployment>(pod));
    const auto endpoint = pods.back()->camera_endpoint();
    warm.push_back(std::make_unique<fleet>(endpoint, "warm", 1, message.body));
    cameras.push_back(std::make_unique<fleet>(endpoint, kind.name, 1, message.body));
  }
  const std::uint64_t slots = 2 + linkages.size();
  usage before;
  const auto start_ns = boottime_ns() + 50 * ns_per_ms;
  for (std::uint64_t n = 0; n < warm_up_frames + o.samples; ++n) {
    const bool counted = n >= warm_up_frames;
    if (n == warm_up_frames)
      before = usage_of(*pods.front());
    const auto due_ns = [&](std::uint64_t slot) {
      return start_ns + n * frame_period_ns + slot * frame_period_ns / slots;
    };
    sleep_until(due_ns(0));
    tcp.send(message);
    sleep_until(due_ns(1));
    zmq.send(message);
    for (std::size_t i = 0; i < linkages.size(); ++i) {
      auto& f = counted ? *cameras[i] : *warm[i];
      f.wait(0, due_ns(2 + i));
      f.publish(0);
    }
  }
  const auto cpu = cores(before, usage_of(*pods.front()));
  const auto rss_mb = pods.front()->rss_mb();
  for (auto& f : cameras)
    f->settle();
  for (const auto& pod : pods)
    harness::eventually([&pod] { return pod->metric("monopod_outbox_entries") == 0; });
  cloud.stop();
  add_hop(out, "tcp", "one raw TCP hop", tcp.finish());
  add_hop(out, "zmq", "one ZeroMQ hop", zmq.finish());
  for (const auto& kind : linkages) {
    const auto l = cloud.of(kind.name);
    require_all(l.results, o.samples, kind.name);
    add_end_to_end(out, kind.suffix, l, kind.meaning);
  }
  out.push_back(
      {.name = "cpu_cores_10fps", .value = cpu, .meaning = "the pod's, one camera at 10 fps"});
  out.push_back({.name = "rss_mb",
                 .value = rss_mb,
                 .meaning = "the pod's resident memory meanwhile, 10^6 bytes"});
}

void measure_quiet(const bench_options& o, std::vector<harness::figure>& out) {
  say(fmt::format("quiet: {:.0f} s", o.quiet_s));
  const harness::mqtt_broker broker;
  const deployment pod(one_process(o, broker.port()));
  harness::pause_ms(1000); // its work at start is over by then
  const auto before = usage_of(pod);
  harness::pause_ms(static_cast<int>(o.quiet_s * 1000));
  out.push_back({.name = "cpu_cores_quiet",
                 .value = cores(before, usage_of(pod)),
                 .meaning = "the pod's, no camera"});
  out.push_back({.name = "rss_mb_quiet", .value = pod.rss_mb(), .meaning = "its resident memory"});
}

void measure_cameras(const bench_options& o, std::vector<harness::figure>& out) {
  const auto picture = make_picture(o.frame_bytes);
  const auto frames = std::max<std::uint64_t>(o.samples / 4, 20);
  for (const std::size_t n : {1, 16, 64}) {
    say(fmt::format("{} cameras at 10 fps: {:.0f} s", n, static_cast<double>(frames + 10) / 10));
    consumer cloud(o.collect_program);
    const deployment pod(one_process(o, cloud.mqtt_port()));
    fleet cameras(pod.camera_endpoint(), "cam", n, picture);
    cameras.stream(10); // the first frames of every camera
    const auto before = usage_of(pod);
    cameras.stream(frames);
    const auto after = usage_of(pod);
    const auto rss_mb = pod.rss_mb();
    harness::eventually([&pod] { return pod.metric("monopod_outbox_entries") == 0; });
    cloud.stop();
    const auto l = cloud.of("cam");
    require_all(l.results, n * (frames + 10), fmt::format("{} cameras", n));
    out.push_back({.name = fmt::format("cpu_us_per_frame_{}", n),
                   .value = static_cast<double>(after.cpu_ns - before.cpu_ns) * 1e-3 /
                            static_cast<double>(n * frames),
                   .meaning = fmt::format("the pod's CPU time, {} cameras", n)});
    out.push_back(
        {.name = fmt::format("rss_mb_{}", n), .value = rss_mb, .meaning = "its resident memory"});
    add_end_to_end(out, fmt::format("_{}_cameras", n), l, fmt::format("{} cameras", n));
  }
}

void measure_throughput(const bench_options& o, std::vector<harness::figure>& out) {
  say(fmt::format("throughput: {} rounds of {:.0f} s, twice", o.throughput_rounds, o.throughput_s));
  const harness::mqtt_broker broker;
  const deployment pod(one_process(o, broker.port()));
  auto message = make_message(o);
  fleet camera(pod.camera_endpoint(), "flood", 1, message.body);
  std::vector<double> bare;
  std::vector<double> whole;
  std::vector<double> shares;
  double rss_mb = 0;
  for (int round = 0; round < o.throughput_rounds; ++round) {
    hop zmq(o.bench_program, hop_kind::zmq);
    const auto end_ns = boottime_ns() + static_cast<std::uint64_t>(o.throughput_s * 1e9);
    while (boottime_ns() < end_ns)
      zmq.send(message);
    const auto r = zmq.finish();
    bare.push_back(static_cast<double>(r.messages - 1) / r.seconds);

    const auto confirmed = pod.metric("monopod_cloud_confirmed_total");
    const auto start_ns = boottime_ns();
    camera.flood(o.throughput_s);
    // A frame has passed the whole pipeline once the cloud has confirmed its result.
    if (!harness::eventually([&pod] { return pod.metric("monopod_outbox_entries") == 0; }))
      throw std::runtime_error("the outbox does not become empty");
    const auto passed_s = static_cast<double>(boottime_ns() - start_ns) * 1e-9;
    whole.push_back((pod.metric("monopod_cloud_confirmed_total") - confirmed) / passed_s);
    shares.push_back(whole.back() / bare.back());
    say(fmt::format("round {}: {:.0f} of {:.0f} frames a second", round + 1, whole.back(),
                    bare.back()));
    rss_mb = pod.rss_mb();
  }
  if (const auto dropped = pod.metric("monopod_outbox_dropped_total"); dropped > 0)
    throw std::runtime_error(fmt::format("{:.0f} results were dropped at the outbox", dropped));
  out.push_back({.name = "throughput_zmq_fps",
                 .value = percentile(bare, 50),
                 .meaning = "bare ZeroMQ push/pull by tcp, flooding"});
  out.push_back({.name = "throughput_fps",
                 .value = percentile(whole, 50),
                 .meaning = "whole pipeline up to PUBACK, one flooding camera"});
  out.push_back({.name = "throughput_share",
                 .value = percentile(shares, 50),
                 .meaning = "the second over the first, median of the rounds"});
  out.push_back(
      {.name = "rss_mb_flood", .value = rss_mb, .meaning = "the pod's resident memory then"});
}

} // namespace monopod
