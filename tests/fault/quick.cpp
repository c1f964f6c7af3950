// The short form of every fault case: what tests/fault/run measures at length.
#include "tools/harness/programs.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace monopod::harness;

namespace {

const std::string program = MONOPOD_BIN_DIR "/monopod-fault";

std::vector<std::string> names() {
  std::vector<std::string> all;
  std::istringstream lines(run({program, "--list"}).output);
  for (std::string name, meaning; lines >> name && std::getline(lines, meaning);)
    all.push_back(name);
  return all;
}

} // namespace

BOOST_DATA_TEST_CASE(case_keeps_its_bounds, boost::unit_test::data::make(names()), name) {
  const temporary_directory scratch;
  const auto file = scratch.path() / "fault.json";
  const auto ended =
      run({program, "--quick", "--json", file.string(), name}, std::chrono::seconds(100));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  const auto cases = parse_json(read_file(file));
  BOOST_REQUIRE(cases.size() == 1u);
  const auto& one = cases.front();
  BOOST_TEST(one.at("case") == name);
  BOOST_TEST(one.at("runs") > 0, ended.output);
  for (const auto* key : {"acked_lost", "lost", "twice_after_key"})
    BOOST_TEST(one.at(key) == 0, key);
  const auto frames = one.at("frames").get<int>();
  BOOST_TEST(frames > 0);
  BOOST_TEST(one.at("acknowledged") == frames);
  BOOST_TEST(one.at("results").get<int>() + one.value("told_lost", 0) >= frames);
}

BOOST_AUTO_TEST_CASE(wrong_use_is_told) {
  BOOST_TEST(run({program, "--help"}).exit_code == 0);
  const auto unknown = run({program, "no-such-case"});
  BOOST_TEST(unknown.exit_code == 2);
  BOOST_TEST(unknown.output.find("--list") != std::string::npos, unknown.output);
}
