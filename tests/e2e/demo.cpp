// tools/demo: what it prints, and that it leaves nothing behind.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

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

// Command lines of the processes that the demo in `scratch` started, by their environment.
std::string processes_of(const temporary_directory& scratch) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (read_file(entry.path() / "environ").find(scratch.path().string()) == std::string::npos)
      continue;
    auto line = read_file(entry.path() / "cmdline");
    std::ranges::replace(line, '\0', ' ');
    found += line + "\n";
  }
  return found;
}

struct interruption {
  std::vector<std::string> flags;
  int exit_code;
  const char* when; // in its output: it has come so far
};
std::ostream& operator<<(std::ostream& out, const interruption& i) { return out << i.when; }

const std::vector<interruption> interruptions{{{"--frames", "9999"}, 128 + SIGTERM, "streaming"},
                                              {{"--frames", "5", "--keep"}, 0, "live page"}};

void check_interruption(const interruption& i) {
  const temporary_directory scratch;
  const temporary_directory elsewhere;
  const auto output = elsewhere.path() / "output";
  process running(demo_in(scratch, i.flags), output);
  const auto streams = [&] {
    return read_file(output).find(i.when) != std::string::npos &&
           processes_of(scratch).find("monopod-camera") != std::string::npos;
  };
  BOOST_TEST(eventually(streams, seconds(120)), read_file(output));
  running.signal(SIGTERM);
  BOOST_TEST(running.wait(seconds(20)).value_or(-1) == i.exit_code);
  BOOST_TEST(std::filesystem::is_empty(scratch.path()));
  BOOST_TEST(processes_of(scratch) == "");
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

BOOST_DATA_TEST_CASE(interrupted_it_leaves_nothing_behind,
                     boost::unit_test::data::make(interruptions), i) {
  check_interruption(i);
}

BOOST_AUTO_TEST_CASE(wrong_use_is_explained) {
  for (const auto* flag : {"--frames", "--bad"}) {
    const auto ended = run({demo, flag});
    BOOST_TEST(ended.exit_code == 2);
    BOOST_TEST(ended.output.find("tools/demo") != std::string::npos);
  }
  BOOST_TEST(run({demo, "--help"}).exit_code == 0);
}
