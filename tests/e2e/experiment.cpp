// monopod-experiment: short runs of real systems, that it goes on, and that it reports.
#include "tests/e2e/experiment_kit.hpp"

#include <cstdlib>
#include <filesystem>
#include <utility>

using namespace monopod::harness;

BOOST_AUTO_TEST_CASE(a_ladder_is_measured_once_and_reported) {
  const temporary_directory scratch;
  const std::vector<std::string> some{"hops", "--variant", "tcp-none,tcp-result,tcp-frame"};
  const auto first = run(run_in(scratch, some), seconds(120));
  BOOST_TEST(first.exit_code == 0, first.output);
  const auto again = run(run_in(scratch, some), seconds(20));
  BOOST_TEST(again.exit_code == 0, again.output);
  BOOST_TEST(again.output.find("repetition") == std::string::npos, again.output);
  const auto json = (scratch.path() / "figures.json").string();
  const auto reported =
      run({experiment, "report", "--out", (scratch.path() / "session").string(), "--json", json},
          seconds(60));
  BOOST_TEST(reported.exit_code == 0, reported.output);
  BOOST_TEST(read_file(json).find("hops.tcp.fit_frame_hop") != std::string::npos);
  for (const auto* file : {"report.html", "figures.md", "hops.svg", "session.json"})
    BOOST_TEST(!read_file(scratch.path() / "session" / file).empty(), file);
}

BOOST_AUTO_TEST_CASE(names_that_nothing_has_are_wrong_usage) {
  const temporary_directory scratch;
  for (const auto& [words, told] :
       {std::pair{std::vector<std::string>{"aborted", "scale", "--condition", "16,5"},
                  "no condition 5"},
        std::pair{std::vector<std::string>{"latency", "--variant", "fast"}, "no variant fast"},
        std::pair{std::vector<std::string>{"lateness"}, "no experiment lateness"}}) {
    const auto ended = run(run_in(scratch, words), seconds(20));
    BOOST_TEST(ended.exit_code == 2, ended.output);
    BOOST_TEST(ended.output.find(told) != std::string::npos, ended.output);
  }
  BOOST_TEST(!std::filesystem::exists(scratch.path() / "session"));
}

BOOST_AUTO_TEST_CASE(monopod_and_the_control_are_measured_alike) {
  const temporary_directory scratch;
  const auto ended = run(run_in(scratch, {"latency"}), seconds(180));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  const auto names = figures_in(scratch);
  for (const auto* name : {"latency.monopod.p50", "latency.control.p50", "latency.control-vei.p50"})
    BOOST_TEST(names.count(name) == 1u, name);
}

BOOST_AUTO_TEST_CASE(each_medium_and_each_carrier_brings_frames) {
  const temporary_directory scratch;
  const std::string variants =
      "bridge-all,vxlan-all,service-all,service-control,monopod,nats,mosquitto-qos0,"
      "mosquitto-qos1,redis";
  const auto ended =
      run(run_in(scratch, {"networks", "peers", "--variant", variants, "--condition", "16"}, "20"),
          seconds(250));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  const auto names = figures_in(scratch);
  for (const auto* name : {"peers.monopod.16.p50", "peers.redis.16.p99", "peers.nats.16.memory",
                           "peers.mosquitto-qos0.16.p50", "peers.mosquitto-qos1.16.p50"})
    BOOST_TEST(names.count(name) == 1u, name);
  if (ended.output.find("skips networks") == std::string::npos)
    for (const auto* name : {"hops.bridge.all.p50", "hops.vxlan.all.p50", "hops.service.all.p50",
                             "hops.service.control.p50"})
      BOOST_TEST(names.count(name) == 1u, name);
}

BOOST_AUTO_TEST_CASE(many_applications_and_slow_ones) {
  const temporary_directory scratch;
  const auto many = run(run_in(scratch, {"applications", "--condition", "4"}, "10"), seconds(120));
  BOOST_TEST(many.exit_code == 0, many.output);
  const auto slow =
      run(run_in(scratch, {"slow", "--variant", "monopod-latest,monopod-every,nats"}, "10"),
          seconds(120));
  BOOST_TEST(slow.exit_code == 0, slow.output);
  const auto names = figures_in(scratch);
  for (const auto* name :
       {"applications.monopod.4.p50", "applications.control.4.p50", "slow.monopod-latest.age_p99",
        "slow.monopod-every.got", "slow.nats.got"})
    BOOST_TEST(names.count(name) == 1u, name);
}

BOOST_AUTO_TEST_CASE(each_group_survives_its_node) {
  const temporary_directory scratch;
  const auto ended = run(run_in(scratch, {"node-loss"}, "20"), seconds(200));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  if (ended.output.find("skips node-loss") != std::string::npos)
    return;
  const auto names = figures_in(scratch);
  for (const auto* name : {"node_loss.monopod-group.outage", "node_loss.nats-cluster.outage",
                           "node_loss.redis-sentinel.outage"})
    BOOST_TEST(names.count(name) == 1u, name);
  BOOST_TEST(names.count("node_loss.monopod-group.lost") == 0u);
}

BOOST_AUTO_TEST_CASE(resources_come_through_prometheus) {
  const temporary_directory scratch;
  const auto ended = run(run_in(scratch, {"resources", "--variant", "monopod"}), seconds(120));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  const auto names = figures_in(scratch);
  for (const auto* name : {"resources.monopod.streaming_cpu", "resources.monopod.quiet_memory"})
    BOOST_TEST(names.count(name) == 1u, name);
}

BOOST_AUTO_TEST_CASE(without_a_cluster_its_experiments_are_skipped_by_name) {
  const temporary_directory scratch;
  setenv("KUBECONFIG", "", 1); // NOLINT(concurrency-mt-unsafe): one thread
  const auto ended = run(run_in(scratch, {"kubernetes", "failures"}));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  for (const auto* said : {"skips kubernetes: ", "skips failures: ", "--kubectl"})
    BOOST_TEST(ended.output.find(said) != std::string::npos, ended.output);
}

BOOST_AUTO_TEST_CASE(wrong_use_is_told) {
  const temporary_directory scratch;
  BOOST_TEST(run({experiment, "--help"}).exit_code == 0);
  BOOST_TEST(run({experiment, "list"}).output.find("latency") != std::string::npos);
  BOOST_TEST(run({experiment}).exit_code == 2);
  const auto nothing = run({experiment, "report", "--out", (scratch.path() / "nowhere").string()});
  BOOST_TEST(nothing.exit_code == 1);
  BOOST_TEST(nothing.output.find("monopod-experiment run") != std::string::npos, nothing.output);
}
