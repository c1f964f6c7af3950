// Exchanges between replicas, each a text in tests/unit/replica_exchanges that reads as a story and
// says the whole of what is sent. After a change that is meant, MONOPOD_REWRITE=1 writes them anew;
// read the difference before you commit it.
#include "tests/unit/replica_story.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace monopod {

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_exchange_goes_as_it_is_told) {
  std::size_t stories = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(MONOPOD_SOURCE_DIR) / "tests/unit/replica_exchanges")) {
    if (entry.path().extension() != ".txt")
      continue;
    ++stories;
    const auto told = read(entry.path());
    const auto now = run_story(told);
    if (std::getenv("MONOPOD_REWRITE") != nullptr) // NOLINT(concurrency-mt-unsafe): one thread
      std::ofstream(entry.path(), std::ios::binary) << now;
    BOOST_TEST_CONTEXT(entry.path().filename().string())
    BOOST_TEST(lines_of(now) == lines_of(told), boost::test_tools::per_element());
  }
  BOOST_TEST(stories >= 5u); // else it looked in the wrong place
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_script_is_told) {
  BOOST_CHECK_THROW(run_story("> start a b c\n> crush a\n"), std::runtime_error);
  BOOST_CHECK_THROW(run_story("start a b c\n"), std::runtime_error);
  BOOST_CHECK_THROW(run_story("> start a\n> run until a flies\n"), std::runtime_error);
  BOOST_CHECK_THROW(run_story("> start a\n> run until a acts\n"), std::runtime_error); // alone
}

} // namespace monopod
