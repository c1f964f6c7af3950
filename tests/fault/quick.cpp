// The short form of every fault case: what tests/fault/run measures at length.
#include "tools/harness/programs.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

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
  const auto& one = cases.front().second;
  BOOST_TEST(one.get<std::string>("case") == name);
  BOOST_TEST(one.get<int>("runs") > 0, ended.output);
  for (const auto* key : {"acked_lost", "lost", "twice_after_key"})
    BOOST_TEST(one.get<int>(key) == 0, key);
  BOOST_TEST(one.get<int>("frames") > 0);
  BOOST_TEST(one.get<int>("acknowledged") == one.get<int>("frames"));
  BOOST_TEST(one.get<int>("results") + one.get<int>("told_lost", 0) >= one.get<int>("frames"));
}

BOOST_AUTO_TEST_CASE(wrong_use_is_told) {
  BOOST_TEST(run({program, "--help"}).exit_code == 0);
  const auto unknown = run({program, "no-such-case"});
  BOOST_TEST(unknown.exit_code == 2);
  BOOST_TEST(unknown.output.find("--list") != std::string::npos, unknown.output);
}
