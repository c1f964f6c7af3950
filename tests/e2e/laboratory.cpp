// monopod-lab: that it measures, and that it leaves nothing behind, however it ends.
#include "tests/e2e/kit.hpp"

#include <algorithm>

using namespace monopod::harness;

namespace {

const std::string lab = program("lab");

// The laboratory with its files in `scratch`.
std::vector<std::string> lab_in(const temporary_directory& scratch,
                                const std::vector<std::string>& arguments) {
  return std::vector<std::string>{"env", "XDG_RUNTIME_DIR=" + scratch.path().string(), lab} +
         arguments;
}

// Whether this system lets us make network namespaces.
boost::test_tools::assertion_result permitted(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result answer(run({"unshare", "--net", "true"}).exit_code == 0 ||
                                             run({"unshare", "-r", "--net", "true"}).exit_code ==
                                                 0);
  answer.message() << "network namespaces are not permitted here";
  return answer;
}

bool empty(const temporary_directory& scratch) {
  const auto labs = scratch.path() / "monopod-lab";
  return !std::filesystem::exists(labs) || std::filesystem::is_empty(labs);
}

// How long it takes is measured elsewhere: here others may have the processors.
void loses_nothing(const std::vector<std::string>& faults) {
  const temporary_directory scratch;
  const auto file = (scratch.path() / "faults.json").string();
  const auto count = static_cast<std::size_t>(
      std::ranges::count_if(faults, [](const auto& word) { return !word.starts_with("-"); }));
  const auto ended = run(
      lab_in(scratch, std::vector<std::string>{"faults", "--runs", "1", "--json", file} + faults),
      seconds(100));
  const auto rows = parse_json(read_file(file));
  BOOST_TEST(rows.size() == count, ended.output);
  for (const auto& row : rows) {
    BOOST_TEST(row.at("runs") == 1, ended.output);
    for (const auto* key : {"acked_lost", "results_lost", "twice_after_key"})
      BOOST_TEST(row.at(key) == 0, key << ended.output);
  }
}

} // namespace

namespace bt = boost::unit_test;

BOOST_AUTO_TEST_CASE(measures_a_fault, *bt::precondition(permitted)) {
  const temporary_directory scratch;
  const auto file = (scratch.path() / "faults.json").string();
  const auto ended = run(lab_in(scratch, {"faults", "--replicas", "1", "--durability", "disk",
                                          "--runs", "1", "--json", file, "kill9"}),
                         seconds(100));
  const auto rows = parse_json(read_file(file));
  BOOST_REQUIRE(rows.size() == 1u);
  const auto& row = rows.front();
  BOOST_TEST(row.at("fault") == "kill9", ended.output);
  BOOST_TEST(row.at("runs") == 1, ended.output);
  BOOST_TEST(row.at("outage_ms_max") > 0);
  for (const auto* key : {"acked_lost", "results_lost", "twice_after_key", "view_changes"})
    BOOST_TEST(row.at(key) == 0, key);
  BOOST_TEST(row.at("twice_on_wire") >= 0);
  BOOST_TEST(empty(scratch));
}

BOOST_AUTO_TEST_CASE(a_group_loses_nothing, *bt::precondition(permitted)) {
  loses_nothing({"kill9", "handover", "disk-full"});
}

BOOST_AUTO_TEST_CASE(members_find_each_other_under_a_name, *bt::precondition(permitted)) {
  loses_nothing({"--discover", "kill9", "stage-crash"});
}

BOOST_AUTO_TEST_CASE(a_signal_ends_it_in_order, *bt::precondition(permitted)) {
  const temporary_directory scratch;
  process running(lab_in(scratch, {"faults", "--replicas", "1", "--runs", "1000", "none"}),
                  scratch.path() / "output");
  BOOST_TEST(eventually([&] { return !empty(scratch); }));
  running.signal(SIGINT);
  BOOST_TEST(running.wait(seconds(20)).value_or(-1) == 1);
  BOOST_TEST(empty(scratch));
}

BOOST_AUTO_TEST_CASE(what_a_killed_one_leaves_is_cleared_away, *bt::precondition(permitted)) {
  const temporary_directory scratch;
  process running(lab_in(scratch, {"faults", "--replicas", "1", "--runs", "1000", "none"}),
                  scratch.path() / "output");
  BOOST_TEST(eventually([&] { return !empty(scratch); }));
  running.signal(SIGKILL);
  BOOST_TEST(running.wait(seconds(20)).value_or(-1) == 128 + SIGKILL);
  BOOST_TEST(!empty(scratch));
  BOOST_TEST(run(lab_in(scratch, {"down"})).exit_code == 0);
  BOOST_TEST(empty(scratch));
}

BOOST_AUTO_TEST_CASE(streams_through_a_group_elsewhere_are_watched) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  const auto watched = [&](const std::string& lines) {
    return run({"sh", "-c", R"(printf "$0" | "$@" 2>&1)", lines, lab, "watch", "--server",
                pod.address("cameras"), "--mqtt-port", std::to_string(broker.port()), "--cameras",
                "2", "--fps", "50"},
               seconds(60));
  };
  const auto ended = watched("begin\\nresults 50\\nwhat\\nend\\n");
  BOOST_TEST(ended.exit_code == 0, ended.output);
  for (const auto* said : {R"({"ready":true})", R"({"came":50})", "say begin", R"("flows":true)",
                           R"("results_lost":0)"})
    BOOST_TEST((ended.output.find(said) != std::string::npos), ended.output);
}

BOOST_AUTO_TEST_CASE(wrong_use_is_told) {
  BOOST_TEST(run({lab, "--help"}).exit_code == 0);
  const auto unknown = run({lab, "faults", "no-such-row"});
  BOOST_TEST(unknown.exit_code == 2);
  BOOST_TEST(unknown.output.find("--list") != std::string::npos, unknown.output);
}

BOOST_AUTO_TEST_CASE(measures_what_a_group_costs, *bt::precondition(permitted)) {
  const temporary_directory scratch;
  const auto file = (scratch.path() / "cost.json").string();
  const auto ended = run(
      lab_in(scratch, {"cost", "--rounds", "1", "--seconds", "1", "--json", file}), seconds(100));
  const auto figures = parse_json(read_file(file));
  BOOST_TEST(figures.size() > 10u, ended.output);
  for (const auto& f : figures)
    BOOST_TEST(f.at("value") > 0, f.at("name") << ended.output);
  BOOST_TEST(empty(scratch));
}
