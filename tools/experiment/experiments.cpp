#include "tools/experiment/experiments.hpp"

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/cpu_quota.hpp"
#include "tools/experiment/faithful/faithful.hpp"
#include "tools/experiment/kubernetes/cluster.hpp"
#include "tools/experiment/kubernetes/node_failure.hpp"
#include "tools/experiment/node_loss.hpp"
#include "tools/experiment/peers.hpp"
#include "tools/experiment/resources.hpp"
#include "tools/experiment/stream.hpp"
#include "tools/experiment/variants.hpp"

#include <algorithm>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <unistd.h>

namespace monopod::experiment {

namespace {

sample_table latency(stream& flow, const settings& s) {
  flow.start_cameras(s, s.warm_up + s.frames);
  flow.finish();
  return flow.results(s.warm_up);
}

sample_table run_resources(const variant& v, const std::string&, const std::string& bin,
                           const settings& s) {
  return measure_resources(v, bin, s);
}

sample_table run_latency(const variant& v, const std::string&, const std::string& bin,
                         const settings& s) {
  stream flow(v, bin, 1);
  return latency(flow, s);
}

// Fewer frames of each camera, for experiments with many cameras or many conditions.
settings with_fewer_frames(const settings& s) {
  constexpr std::uint64_t least = 20;
  auto fewer = s;
  fewer.frames = std::max(least, s.frames / 5);
  return fewer;
}

// `condition` is the number of cameras.
sample_table run_scale(const variant& v, const std::string& condition, const std::string& bin,
                       const settings& s) {
  stream flow(v, bin, std::stoul(condition));
  return latency(flow, with_fewer_frames(s));
}

// `condition` is the number of applications.
sample_table run_applications(const variant& v, const std::string& condition,
                              const std::string& bin, const settings& s) {
  constexpr std::size_t cameras = 16;
  stream flow(v, bin, cameras, std::stoul(condition));
  return latency(flow, with_fewer_frames(s));
}

// Its work makes a frame thirty times as expensive, and the median steadier.
sample_table run_detector(const variant& v, const std::string&, const std::string& bin,
                          const settings& s) {
  stream flow(v, bin, 1);
  return latency(flow, with_fewer_frames(s));
}

// `condition` is the quota in percent of a core. Camera, broker and consumer are outside the
// quota.
sample_table run_cpu(const variant& v, const std::string& condition, const std::string& bin,
                     const settings& s) {
  const cpu_quota quota(std::stod(condition) / 100);
  stream flow(v, bin, 1);
  for (const auto& part : flow.system().parts())
    quota.add(part.pid);
  return latency(flow, s);
}

// The condition is the number of cameras.
std::vector<contender> carriers() {
  std::vector<contender> all;
  for (const auto& c : all_carriers())
    all.push_back({c.name, c.meaning,
                   [&c](const std::string& condition, const std::string& bin, const settings& s) {
                     return measure_carrier(c, {.cameras = std::stoul(condition)}, bin,
                                            with_fewer_frames(s));
                   }});
  return all;
}

std::vector<contender> slow_applications() {
  constexpr double periods = 3; // of the camera, for each frame
  std::vector<contender> all;
  for (const auto& c : carriers_for_slow())
    all.push_back(
        {c.name, c.meaning, [&c](const std::string&, const std::string& bin, const settings& s) {
           auto from_the_first = with_fewer_frames(s);
           from_the_first.warm_up = 0;
           return measure_carrier(c, {.takes_ms = periods * 1000 / s.fps}, bin, from_the_first);
         }});
  return all;
}

std::vector<contender> groups() {
  std::vector<contender> all;
  for (const auto& g : all_groups())
    all.push_back(
        {g.name, g.meaning, [&g](const std::string&, const std::string& bin, const settings& s) {
           return measure_node_loss(g, bin, s);
         }});
  return all;
}

// The condition is the kind of measurement.
std::vector<contender> cluster_systems() {
  return on_cluster({"monopod", "control"}, [](const variant& v, const std::string& condition,
                                               const std::string& bin, const settings& s) {
    return condition == "resources" ? measure_resources(v, bin, s)
                                    : run_latency(v, condition, bin, s);
  });
}

std::vector<contender> node_failures(const std::string& experiment) {
  std::vector<contender> all;
  for (const auto& f : failure_scenarios())
    if (f.experiment == experiment)
      all.push_back(
          {f.name, f.meaning, [&f](const std::string&, const std::string& bin, const settings& s) {
             return measure_failure(f, bin, s);
           }});
  return all;
}

std::string no_namespaces(const settings&) {
  return geteuid() == 0 ? std::string() : "network namespaces need root: run it with sudo";
}

std::string no_detector(const settings&) {
  const auto bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return std::filesystem::exists(bin / "monopod-detect")
             ? std::string()
             : "build monopod-detect and monopod-nanodet first";
}

std::string no_quota(const settings&) { return cpu_quota::missing(); }

// Monopod against the thesis's architecture, on this machine.
std::vector<experiment> with_the_control() {
  return {
      {"resources",
       "CPU and memory, at rest and streaming",
       "4.1, 4.2",
       all_of(bare_variants(), run_resources),
       {""}},
      {"latency",
       "camera to publication, and to the consumer",
       "4.3, 4.4",
       all_of(bare_variants(), run_latency),
       {""}},
      {"hops",
       "the cost of a hop between processes",
       "",
       all_of(ladder_variants("hops"), run_latency),
       {""}},
      {"networks",
       "the same between network namespaces, by bridge, VXLAN and Service addresses",
       "",
       all_of(ladder_variants("networks"), run_latency),
       {""},
       no_namespaces},
      {"scale",
       "1 to 256 cameras",
       "",
       all_of(two_variants(), run_scale),
       {"1", "4", "16", "64", "256"}},
      {"detector",
       "a real detector: what the hop to it costs beside its work",
       "",
       all_of(detector_variants(), run_detector),
       {""},
       no_detector},
      {"applications",
       "16 cameras to 1 to 16 applications, each with all of them",
       "",
       all_of(two_variants(), run_applications),
       {"1", "4", "16"}},
      {"cpu",
       "under quotas of processor time, in percent of a core",
       "",
       all_of(two_variants(), run_cpu),
       {"200", "100", "50", "25"},
       no_quota},
  };
}

// Monopod against other carriers of frames.
std::vector<experiment> with_peers() {
  return {
      {"peers",
       "camera to application, compared with other carriers of frames",
       "",
       carriers(),
       {"1", "16", "64"}},
      {"slow",
       "a camera and an application that takes three periods for each frame",
       "",
       slow_applications(),
       {""}},
      {"node-loss",
       "the node in use, one of three, loses its power: how long an application gets no frames",
       "",
       groups(),
       {""},
       no_namespaces},
  };
}

// Monopod against the thesis's architecture, on Kubernetes.
std::vector<experiment> on_a_cluster() {
  return {
      {"kubernetes",
       "latency, CPU and memory on a cluster",
       "4.2, 4.4",
       cluster_systems(),
       {"latency", "resources"},
       missing_cluster,
       describe_cluster},
      {"failures",
       "nodes of a cluster that lose power",
       "4.5 to 4.11",
       node_failures("failures"),
       {""},
       missing_power,
       describe_cluster},
      {"original-failures",
       "the same failures with the habits of the thesis's gateway, and default probes",
       "4.5 to 4.11",
       node_failures("original-failures"),
       {""},
       missing_power,
       describe_cluster,
       "faithful"},
      {"leaving",
       "pods that are deleted on a cluster while a camera streams",
       "",
       node_failures("leaving"),
       {""},
       missing_cluster,
       describe_cluster,
       "faithful"},
  };
}

} // namespace

std::vector<contender> all_of(const std::vector<variant>& variants, run_of_variant run) {
  std::vector<contender> all;
  all.reserve(variants.size());
  for (const auto& v : variants)
    all.push_back({v.name, v.meaning,
                   [v, run](const std::string& condition, const std::string& bin,
                            const settings& s) { return run(v, condition, bin, s); }});
  return all;
}

std::vector<contender> on_cluster(const std::vector<std::string>& systems, run_of_variant run) {
  std::vector<contender> all;
  all.reserve(systems.size());
  for (const auto& system : systems)
    all.push_back(
        {system, meaning_of(system),
         [system, run](const std::string& condition, const std::string& bin, const settings& s) {
           return run(cluster_variant(system, s.cluster), condition, bin, s);
         }});
  return all;
}

const std::vector<experiment>& all_experiments() {
  static const auto all = [] {
    auto some = with_the_control();
    for (const auto& more : {with_peers(), on_a_cluster(), faithful_experiments()})
      some.insert(some.end(), more.begin(), more.end());
    return some;
  }();
  return all;
}

std::vector<const experiment*> find_experiments(const std::string& name) {
  std::vector<const experiment*> found;
  std::string names;
  for (const auto& e : all_experiments()) {
    if (name == "all" || name == e.name || (name == e.group && !name.empty()))
      found.push_back(&e);
    names += " " + e.name;
  }
  if (!found.empty())
    return found;
  throw std::runtime_error("no experiment " + name + "; there are:" + names);
}

std::vector<cell> plan(const experiment& e, const settings& s) {
  std::mt19937_64 random(s.seed);
  std::vector<cell> all;
  for (int repetition = 1; repetition <= s.repetitions; ++repetition) {
    std::vector<cell> once;
    for (const auto& v : e.variants)
      for (const auto& condition : e.conditions)
        once.push_back({e.name, v.name, condition, repetition});
    std::ranges::shuffle(once, random);
    all.insert(all.end(), once.begin(), once.end());
  }
  return all;
}

} // namespace monopod::experiment
