// tools/demo: what it prints, and that it leaves nothing behind.
#include "tests/e2e/kit.hpp"

#include <algorithm>

using namespace monopod::harness;

namespace {

const std::string demo = MONOPOD_SOURCE_DIR "/tools/demo";

// The demo with its temporary files in `scratch`, started from somewhere else.
std::vector<std::string> demo_in(const temporary_directory& scratch,
                                 const std::vector<std::string>& flags) {
  return std::vector<std::string>{"env", "-C", "/", "TMPDIR=" + scratch.path().string(), demo} +
         flags;
}

// Processes that were started with a file of `scratch`.
std::string processes_of(const temporary_directory& scratch) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    auto line = read_file(entry.path() / "cmdline");
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.find(scratch.path().string()) != std::string::npos)
      found += line + "\n";
  }
  return found;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_shows_every_frame_and_leaves_nothing_behind) {
  const temporary_directory scratch;
  const auto ended =
      run(demo_in(scratch, {"--frames", "20", "--fps", "20", "--cameras", "2"}), seconds(120));
  BOOST_TEST(ended.exit_code == 0, ended.output);
  for (const std::string name : {"frames sent", "acknowledged", "results received"})
    BOOST_TEST(ended.output.find(name + std::string(50 - name.size(), ' ') + "40\n") !=
                   std::string::npos,
               ended.output);
  BOOST_TEST(std::filesystem::is_empty(scratch.path()));
  BOOST_TEST(processes_of(scratch) == "");
}

BOOST_AUTO_TEST_CASE(stopped_in_the_middle_it_leaves_nothing_behind) {
  const temporary_directory scratch;
  const temporary_directory elsewhere;
  process running(demo_in(scratch, {"--frames", "9999"}), elsewhere.path() / "output");
  BOOST_TEST(
      eventually([&] { return processes_of(scratch).find("monopod-collect") != std::string::npos; },
                 seconds(120)));
  running.signal(SIGTERM);
  BOOST_TEST(running.wait(seconds(20)).value_or(-1) == 128 + SIGTERM);
  BOOST_TEST(std::filesystem::is_empty(scratch.path()));
  BOOST_TEST(processes_of(scratch) == "");
}

BOOST_AUTO_TEST_CASE(wrong_use_is_explained) {
  for (const auto* flag : {"--frames", "--bad"}) {
    const auto ended = run({demo, flag});
    BOOST_TEST(ended.exit_code == 2);
    BOOST_TEST(ended.output.find("tools/demo") != std::string::npos);
  }
  BOOST_TEST(run({demo, "--help"}).exit_code == 0);
}
