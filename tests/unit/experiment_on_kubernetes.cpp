// The experiments on a cluster, as far as they need none: what pods say, outages, figures, and what
// is missing.
#include "tests/unit/environment_variable.hpp"
#include "tools/experiment/kubernetes/cluster.hpp"
#include "tools/experiment/kubernetes/node_failure.hpp"
#include "tools/experiment/kubernetes/pod_usage.hpp"
#include "tools/experiment/outage.hpp"
#include "tools/experiment/report.hpp"
#include "tools/harness/process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace monopod::experiment;
using monopod::harness::temporary_directory;

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;

// Ten frames a second from -2 s to 10 s, without those that come within the pause, which are lost.
sample_table failure_with(const silence& p) {
  sample_table t{
      .columns = {"seq", "sent_s", "came_s", "to_publish_ms", "period_s", "back_s", "end_s"},
      .rows = {}};
  for (int n = 0; n < 120; ++n) {
    const auto sent_s = -2 + 0.1 * n;
    const auto came_s = sent_s + 0.002;
    if (came_s <= p.from_s || came_s >= p.to_s)
      t.rows.push_back({n + 1.0, sent_s, came_s, 2, 0.1, 5, 10});
  }
  return t;
}

const figure* find(const std::vector<figure>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &figure::name);
  return found == all.end() ? nullptr : &*found;
}

} // namespace

BOOST_AUTO_TEST_CASE(pods_tell_what_they_use) {
  const std::string pages = "# TYPE process_cpu_seconds_total counter\n"
                            "process_cpu_seconds_total 1.5\n"
                            "process_resident_memory_bytes 10485760\n\f"
                            "{\n  \"server_id\": \"N\",\n  \"mem\": 14680064,\n  \"cpu\": 25,\n"
                            "  \"cores\": 2\n}\f";
  pod_usage usage;
  const auto first = usage.read(pages, 2, second_ns);
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->resident_bytes == 25165824);
  BOOST_TEST(first->cpu_s == 1.5);
  // A quarter of a core for two seconds.
  BOOST_TEST(usage.read(pages, 2, 3 * second_ns)->cpu_s == 2.0);
  BOOST_TEST(!usage.read(pages, 3, 4 * second_ns).has_value());
  BOOST_TEST(!usage.read("", 1, 4 * second_ns).has_value());
}

BOOST_AUTO_TEST_CASE(an_outage_is_the_longest_silence_after_the_failure) {
  BOOST_TEST(outage_s(failure_with({})) < 0.06); // half a period of a stream that goes on
  BOOST_TEST(lost_frames(failure_with({})) == 0);
  const auto failed = failure_with({0.05, 4.05});
  BOOST_TEST(outage_s(failed) == 4, boost::test_tools::tolerance(0.03));
  BOOST_TEST(longest_silence(failed).from_s == 0.002, boost::test_tools::tolerance(0.01));
  BOOST_TEST(lost_frames(failed) == 40);
  // Before the failure nothing counts; what lasts until the end does.
  BOOST_TEST(outage_s(failure_with({-1.5, -0.5})) < 0.2);
  BOOST_TEST(outage_s(failure_with({3, 11})) == 7, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(failures_are_reported_with_the_thesis_and_the_bound) {
  const temporary_directory scratch;
  const auto s = session::open(scratch.path() / "session", {});
  for (const int repetition : {1, 2}) {
    s.save({"failures", "monopod-primary", "", repetition}, failure_with({0.05, 0.25}));
    s.save({"failures", "control-gateway", "", repetition}, failure_with({0.05, 4.05}));
    s.save({"failures", "control-vision", "", repetition}, failure_with({}));
  }
  s.keep_place("failures", "a: v1\n");
  BOOST_CHECK_THROW(s.keep_place("failures", "b: v2\n"), std::runtime_error);
  s.save({"failures", "control-vision", "", 3}, failure_with({}));
  const auto r = make_report(session::read(s.folder()));
  const auto* gateway = find(r.figures, "failures.control-gateway.outage");
  BOOST_REQUIRE(gateway != nullptr);
  BOOST_TEST(gateway->value == 4, boost::test_tools::tolerance(0.03));
  BOOST_TEST(*gateway->thesis == 40);
  BOOST_TEST(find(r.figures, "failures.control-gateway.lost")->value == 40);
  const auto* missed = find(r.figures, "ratio.failures.control-gateway.outage");
  BOOST_REQUIRE(missed != nullptr);
  BOOST_TEST(*missed->at_least == 50);
  BOOST_TEST(!missed->good());
  // No outage, no bound.
  BOOST_TEST(!find(r.figures, "ratio.failures.control-vision.outage")->at_least.has_value());
  BOOST_TEST(find(r.figures, "failures.monopod-backup.outage") == nullptr);
  BOOST_TEST(r.plots.size() == 3u);
  BOOST_TEST(r.description.find("failures on:\na: v1\n") != std::string::npos);
  BOOST_TEST(r.description.find("failures: 7 runs, 2 to 3 of each\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(latency_on_a_cluster_has_its_own_thesis_and_bound) {
  const temporary_directory scratch;
  const auto s = session::open(scratch.path() / "session", {});
  sample_table latency{.columns = {"to_publish_ms", "to_consumer_ms"}, .rows = {{1, 2}, {2, 3}}};
  sample_table resources{.columns = {"streaming", "t_s", "cpu_cores", "rss_mb"},
                         .rows = {{0, 1, 0.01, 50}, {1, 2, 0.1, 60}}};
  for (const auto* variant : {"monopod", "control"}) {
    s.save({"kubernetes", variant, "latency", 1}, latency);
    s.save({"kubernetes", variant, "resources", 1}, resources);
    for (auto& row : latency.rows)
      row[0] *= 6;
  }
  const auto all = all_figures(s);
  BOOST_TEST(*find(all, "kubernetes.control.p50")->thesis == 536.05);
  BOOST_TEST(!find(all, "kubernetes.monopod.p50")->thesis.has_value());
  BOOST_TEST(find(all, "ratio.kubernetes.p95")->value == 6);
  BOOST_TEST(find(all, "ratio.kubernetes.p95")->good());
  BOOST_TEST(find(all, "kubernetes.monopod.streaming_memory")->value == 60);
  BOOST_TEST(!find(all, "ratio.kubernetes.streaming_cpu")->at_least.has_value());
}

// As a command that enters a host's namespaces: a shell stays in front of what it starts.
BOOST_AUTO_TEST_CASE(what_runs_on_another_host_ends_with_its_process) {
  using namespace monopod::harness;
  const temporary_directory scratch;
  const auto file = scratch.path() / "pid";
  const std::vector<std::string> host{"sh", "-c", R"("$@"; true)", "host"};
  process p({"sh", "-c", "echo $$ > " + file.string() + "; exec sleep 600"}, {}, host);
  BOOST_REQUIRE(eventually([&] { return read_file(file).ends_with("\n"); }));
  const auto started = static_cast<pid_t>(std::stoi(read_file(file)));
  BOOST_TEST(resident_bytes(started) > 0u);
  p.terminate();
  BOOST_TEST(resident_bytes(started) == 0u);
  BOOST_TEST(process({"sh", "-c", "exit 3"}, {}, host).wait(std::chrono::seconds(5)).value() == 0);
}

BOOST_AUTO_TEST_CASE(the_thesis_has_seven_failures) {
  for (const auto* system : {"control", "control-original"})
    BOOST_TEST(std::ranges::count_if(failure_scenarios(), [&](const failure_scenario& f) {
                 return f.system == system && f.thesis_outage_s.has_value();
               }) == 7);
}

BOOST_AUTO_TEST_CASE(what_a_cluster_lacks_is_told) {
  const monopod::variable file("KUBECONFIG", "");
  settings s;
  s.cluster.checkout = MONOPOD_SOURCE_DIR;
  BOOST_TEST(missing_cluster(s).find("KUBECONFIG") != std::string::npos);
  s.cluster.kubectl = "false";
  BOOST_TEST(missing_power(s).find("can't be used") != std::string::npos);
  s.cluster.checkout = "/nonexistent";
  BOOST_TEST(missing_cluster(s).find("--checkout") != std::string::npos);
}
