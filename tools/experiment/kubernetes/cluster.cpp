#include "tools/experiment/kubernetes/cluster.hpp"

#include "core/clock.hpp"
#include "core/config/environment.hpp"
#include "tools/experiment/kubernetes/pod_usage.hpp"
#include "tools/harness/programs.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::experiment {

namespace {

using harness::operator+;

namespace fs = std::filesystem;

// The stage program of the given checkout, or, if none is given, of the one that has this build in
// build/PRESET/bin.
fs::path stage_program(const cluster_access& how) {
  const auto checkout = how.checkout.empty()
                            ? fs::read_symlink("/proc/self/exe").parent_path() / "../../.."
                            : fs::path(how.checkout);
  return (checkout / "tools/cluster/stage").lexically_normal();
}

std::vector<std::string> outside_of(const cluster_access& how) {
  if (how.outside.empty())
    return {};
  return {"sh", "-c", "exec " + how.outside + R"( "$@")", "outside"};
}

class cluster_system final : public pipeline_system {
public:
  cluster_system(std::string system, cluster_access how, const std::vector<std::string>& failing,
                 std::string bin)
      : system_(std::move(system)), how_(std::move(how)), bin_(std::move(bin)) {
    const auto there = ask_stage(how_, std::vector<std::string>{"up", system_} + failing);
    servers_ = there.at("servers");
    pages_ = there.at("metrics").get<std::vector<std::string>>();
  }
  ~cluster_system() override {
    try {
      ask_stage(how_, {"down", system_});
    } catch (const std::exception& e) {
      std::fprintf(stderr, "monopod-experiment: %s\n", e.what());
    }
  }
  cluster_system(const cluster_system&) = delete;
  cluster_system& operator=(const cluster_system&) = delete;

  std::vector<std::string> camera(const std::string& name) const override {
    if (system_ == "monopod")
      return {bin_ + "/monopod-camera", "--name", name, "--server", servers_};
    std::vector<std::string> command{
        bin_ + "/monopod-control", "camera", "--name", name, "--gateway", servers_};
    if (system_ == "control-original")
      command.emplace_back("--default-keepalive");
    return command;
  }

  std::vector<harness::named_process> parts() const override { return {}; } // of this machine

  // One program asks all pods, so that its start costs the machine less than they use.
  std::vector<part_usage> usage() override {
    const auto said = harness::run(
        outside_of(how_) +
        std::vector<std::string>{"curl", "-s", "-m", "1", "-w", {pod_usage::page_end}} + pages_);
    const auto all = usage_.read(said.output, pages_.size(), boottime_ns());
    return all ? std::vector{*all} : std::vector<part_usage>();
  }

private:
  std::string system_;
  cluster_access how_;
  std::string bin_;
  std::string servers_;
  std::vector<std::string> pages_; // URLs
  pod_usage usage_;
};

} // namespace

nlohmann::ordered_json ask_stage(const cluster_access& how, const std::vector<std::string>& words) {
  constexpr std::chrono::minutes patience(20); // stage has its own patience, which is shorter
  const auto said = harness::run(
      std::vector<std::string>{stage_program(how), "--kubectl", how.kubectl, "--outside",
                               how.outside, "--fail", how.fail, "--restore", how.restore,
                               "--overlay", how.overlay, "--control-overlay", how.control_overlay,
                               "--original-overlay", how.original_overlay} +
          words,
      patience);
  const auto answer = said.output.rfind("\n{");
  if (said.exit_code != 0)
    throw std::runtime_error(said.output.substr(0, said.output.find_last_not_of('\n') + 1));
  return harness::parse_json(answer == std::string::npos ? said.output
                                                         : said.output.substr(answer));
}

std::string missing_cluster(const settings& s) {
  const auto& how = s.cluster;
  if (!fs::exists(stage_program(how)))
    return "needs a checkout of Monopod's sources: run a build of one, or give --checkout FOLDER";
  // The cluster must be chosen: kubectl might find another one by itself.
  if (how.kubectl == cluster_access().kubectl && environment_variable("KUBECONFIG").empty())
    return "no cluster: set KUBECONFIG, or give --kubectl COMMAND (docs/kubernetes.md)";
  try {
    ask_stage(how, {"describe"});
  } catch (const std::exception& e) {
    return fmt::format("the cluster can't be used: {}", e.what());
  }
  return {};
}

std::string missing_power(const settings& s) {
  if (auto missing = missing_cluster(s); !missing.empty())
    return missing;
  if (s.cluster.fail.empty() || s.cluster.restore.empty())
    return "nodes are to lose power: give --fail COMMAND and --restore COMMAND with {} for the "
           "node's name (docs/kubernetes.md)";
  return {};
}

std::string describe_cluster(const settings& s) {
  std::string text;
  const auto nodes = ask_stage(s.cluster, {"describe"});
  for (const auto& [node, what] : nodes.items())
    text += node + ": " + what.get<std::string>() + "\n";
  return text;
}

const char* meaning_of(const std::string& system) {
  return system == "monopod"   ? "a group of three pods"
         : system == "control" ? "gateway, vision and NATS, three pods of each"
                               : "the control's pods with all habits, and default probes";
}

variant cluster_variant(const std::string& system, const cluster_access& how,
                        const std::vector<std::string>& failing) {
  return {.name = system,
          .meaning = meaning_of(system),
          .start =
              [=](const surroundings& s) {
                return std::make_unique<cluster_system>(system, how, failing, s.bin);
              },
          .by = medium::cluster,
          .outside = outside_of(how)};
}

} // namespace monopod::experiment
