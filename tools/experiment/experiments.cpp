#include "tools/experiment/experiments.hpp"

#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/cpu_quota.hpp"
#include "tools/experiment/peers.hpp"
#include "tools/experiment/resources.hpp"
#include "tools/experiment/stream.hpp"
#include "tools/experiment/variants.hpp"

#include <algorithm>
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

// `condition`: cameras. They share the frames, so that each condition takes as long.
sample_table run_scale(const variant& v, const std::string& condition, const std::string& bin,
                       const settings& s) {
  constexpr std::uint64_t least = 30;
  const auto cameras = std::stoul(condition);
  auto shared = s;
  shared.frames = std::max(least, s.frames / 5);
  stream flow(v, bin, cameras);
  return latency(flow, shared);
}

// `condition`: cores in percent. Camera, broker and consumer are outside of the quota.
sample_table run_cpu(const variant& v, const std::string& condition, const std::string& bin,
                     const settings& s) {
  const cpu_quota quota(std::stod(condition) / 100);
  stream flow(v, bin, 1);
  for (const auto& part : flow.system().parts())
    quota.add(part.pid);
  return latency(flow, s);
}

// `condition`: cameras, which share the frames.
sample_table run_peers(const variant& v, const std::string& condition, const std::string& bin,
                       const settings& s) {
  auto shared = s;
  shared.frames = std::max<std::uint64_t>(20, s.frames / 5);
  return measure_carrier(v.name, std::stoul(condition), bin, shared);
}

std::string no_namespaces() {
  return geteuid() == 0 ? std::string() : "network namespaces need root: run it with sudo";
}

std::vector<variant> carrier_variants() {
  std::vector<variant> all;
  for (const auto& c : all_carriers())
    all.push_back({c.name, c.meaning, nullptr});
  return all;
}

} // namespace

const std::vector<experiment>& all_experiments() {
  static const std::vector<experiment> all{
      {"resources",
       "CPU and memory, at rest and streaming",
       "4.1, 4.2",
       bare_variants(),
       {""},
       run_resources},
      {"latency",
       "camera to publication, and to the consumer",
       "4.3, 4.4",
       bare_variants(),
       {""},
       run_latency},
      {"hops",
       "what a hop between processes costs",
       "",
       ladder_variants("hops"),
       {""},
       run_latency},
      {"networks",
       "the same between network namespaces, by bridge, VXLAN and Service addresses",
       "",
       ladder_variants("networks"),
       {""},
       run_latency,
       no_namespaces},
      {"scale", "1 to 256 cameras", "", two_variants(), {"1", "4", "16", "64", "256"}, run_scale},
      {"cpu",
       "under quotas of processor time, in percent of a core",
       "",
       two_variants(),
       {"200", "100", "50", "25"},
       run_cpu,
       cpu_quota::missing},
      {"peers",
       "camera to application, against what else carries frames",
       "",
       carrier_variants(),
       {"1", "16", "64"},
       run_peers},
  };
  return all;
}

const experiment& find_experiment(const std::string& name) {
  const auto found = std::ranges::find(all_experiments(), name, &experiment::name);
  if (found != all_experiments().end())
    return *found;
  std::string names;
  for (const auto& e : all_experiments())
    names += " " + e.name;
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
