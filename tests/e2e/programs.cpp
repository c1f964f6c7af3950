// The programs as people see them: help, exit codes, errors with their remedy, reports, stopping.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <regex>

using namespace monopod::harness;

namespace {

// Sanitizers slow everything down: there, only what happens is checked.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto quickly = seconds(30);
#else
constexpr auto quickly = std::chrono::milliseconds(1500);
#endif

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A report's row that begins with that value, however wide the table is.
bool has_row(const std::string& report, const std::string& name, int value) {
  return std::regex_search(report, std::regex(name + " +" + std::to_string(value) + " "));
}

struct call {
  const char* name;
  std::vector<std::string> flags;
  int exit_code;
  const char* says;
};
std::ostream& operator<<(std::ostream& out, const call& c) {
  out << "monopod " << c.name;
  for (const auto& flag : c.flags)
    out << " " << flag;
  return out;
}

const std::vector<call> calls{
    {"", {"--help"}, 0, "run"},
    {"", {"run", "--help"}, 0, "--gateway.listen"},
    {"", {"check", "--help"}, 0, "FILE"},
    {"", {"status", "--help"}, 0, "3 not ready"},
    {"", {"status", "--interval", "0"}, 2, "--interval"},
    {"", {"debug", "kill-stage", "--help"}, 0, "--enable-debug"},
    {"", {"debug", "kill-stage", "a/b"}, 2, "A-Z a-z 0-9"},
    {"camera", {"--help"}, 0, "--average-bytes"},
    {"collect", {"--help"}, 0, "--from-start"},
    {"app", {"--help"}, 0, "--policy"},
    {"app", {"--policy", "some"}, 2, "latest"},
    {"app", {"--name", "a/b"}, 2, "A-Z a-z 0-9"},
    {"", {"--version"}, 0, "0."},
    {"camera", {"--version"}, 0, "0."},
    {"collect", {"--version"}, 0, "0."},
    {"", {"config", "docs"}, 0, "| `gateway.listen` |"},
    {"", {}, 2, "--help"},
    {"", {"--bad"}, 2, "--help"},
    {"", {"run", "--gateway.listn", "x"}, 2, "--gateway.listn"},
    {"", {"run", "--stages", "cellar"}, 2, "gateway"},
    {"", {"run", "--gateway.listen", "x"}, 2, "tcp://ADDRESS:PORT"},
    {"", {"run", "--config", "/no/file"}, 2, "name a file that exists"},
    {"",
     {"run", "--gateway.listen", "tcp://127.0.0.1:0", "--broker.listen", "", "--http.listen", "",
      "--address-file", "/no/folder/file"},
     1,
     "name a file in a folder that exists"},
    {"", {"status", "--address", "nowhere"}, 2, "write HOST:PORT"},
    {"", {"forget", "camera", "gate", "--address", "nowhere"}, 2, "write HOST:PORT"},
    {"", {"run", "--stages", "gateway,vision"}, 2, "add a section [vision.NAME]"},
    {"", {"run", "--camera.gate.zones", "door 0 0 1"}, 2, "3 to 32 points"},
    {"", {"check", "/no/file"}, 1, "name a file that exists"},
    {"camera", {"--bad"}, 2, "--help"},
    {"camera", {"--frames", "-3"}, 2, "--frames"},
    {"camera", {"--drain-s", "-3"}, 2, "--drain-s"},
    {"camera", {"--name", "a/b"}, 2, "A-Z a-z 0-9"},
    {"camera", {"--name", std::string(63, 'a'), "--cameras", "2"}, 2, "A-Z a-z 0-9"},
    {"camera", {"--help"}, 0, "/dev/video0"},
    {"camera", {"--full", "some"}, 2, "drop-oldest"},
    {"camera", {"--rtsp-transport", "some"}, 2, "udp"},
    {"camera", {"--flood", "--source", "rtsp://127.0.0.1:1/"}, 2, "its own pace"},
    {"camera", {"--server", "nonsense"}, 1, "such as tcp://10.0.0.1:5570"},
    {"camera", {"--source", "/no/file"}, 1, "name a video file, or 'synthetic'"},
    {"camera",
     {"--server", "tcp://127.0.0.1:1", "--frames", "1", "--drain-s", "0.1"},
     1,
     "is a gateway running at tcp://127.0.0.1:1?"},
    {"collect", {"--bad"}, 2, "--help"},
    {"collect", {"--idle-s", "-1"}, 2, "--idle-s"},
    {"collect", {"--port", "1"}, 1, "name it with --host and --port"},
    {"collect", {"--csv", "/no/folder/file"}, 1, "can't write /no/folder/file"},
};

const std::vector<std::string> small{"--width", "320", "--height", "240"};

} // namespace

BOOST_DATA_TEST_CASE(exit_codes_and_remedies, boost::unit_test::data::make(calls), c) {
  const auto ended = run(std::vector<std::string>{program(c.name)} + c.flags);
  BOOST_TEST(ended.exit_code == c.exit_code, ended.output);
  BOOST_TEST(holds(ended.output, c.says), ended.output);
}

BOOST_AUTO_TEST_CASE(a_configuration_is_explained) {
  const temporary_directory scratch;
  const auto good =
      write_file(scratch.path() / "good.toml", "site = \"s\"\n[vision.a]\n[vision.b]\n[cloud.c]\n");
  const auto checked = run({program(), "check", good.string()});
  BOOST_TEST(checked.exit_code == 0);
  BOOST_TEST(holds(checked.output, "2 vision applications, 1 cloud,"), checked.output);

  const auto bad = write_file(scratch.path() / "bad.toml",
                              "[gatway]\nlisten = []\n[gateway]\nmax_cameras = 0\n");
  for (const auto& [command, code] : {std::pair{std::vector<std::string>{"check"}, 1},
                                      {std::vector<std::string>{"run", "--config"}, 2}}) {
    const auto refused =
        run(std::vector<std::string>{program()} + command + std::vector<std::string>{bad.string()});
    BOOST_TEST(refused.exit_code == code);
    BOOST_TEST(holds(refused.output, "bad.toml:1:1: unknown key \"gatway\"; did you mean gateway?"),
               refused.output);
    BOOST_TEST(holds(refused.output, "use 1 to 1024 cameras"), refused.output);
  }
}

// In a folder that others may write to, such as /tmp.
BOOST_AUTO_TEST_CASE(an_address_file_is_not_written_through_a_link) {
  const temporary_directory scratch;
  const auto victim = write_file(scratch.path() / "victim", "untouched");
  const auto file = scratch.path() / "addresses";
  std::filesystem::create_symlink(victim, file.string() + ".new");
  process pod({program(), "run", "--gateway.listen", "tcp://127.0.0.1:0", "--broker.listen", "",
               "--http.listen", "127.0.0.1:0", "--address-file", file.string()},
              scratch.path() / "log");
  BOOST_TEST(eventually([&] { return holds(read_file(file), "http=127.0.0.1:"); }));
  BOOST_TEST(read_file(victim) == "untouched");
  BOOST_TEST(!std::filesystem::is_symlink(file));
  BOOST_TEST(pod.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_second_pod_on_the_same_ports_says_so) {
  pod_process pod(program(), {"--cloud.local.port", std::to_string(free_port())});
  const std::vector<std::string> free_gateway{"--gateway.listen", "tcp://127.0.0.1:0"};
  const std::vector<std::string> no_http{"--http.listen", "", "--broker.listen", ""};
  const auto second = [](const std::vector<std::string>& flags, const std::string& remedy) {
    const auto ended = run(std::vector<std::string>{program(), "run"} + flags);
    BOOST_TEST(ended.exit_code == 1);
    BOOST_TEST(holds(ended.output, "Address already in use"), ended.output);
    BOOST_TEST(holds(ended.output, remedy), ended.output);
  };
  const auto cameras = pod.address("cameras");
  second(std::vector<std::string>{"--gateway.listen", cameras} + no_http, "gateway.listen");
  second(free_gateway + no_http + std::vector<std::string>{"--link.apps", cameras}, "link.*");
  second(free_gateway +
             std::vector<std::string>{"--broker.listen", "", "--http.listen", pod.address("http")},
         "set http.listen to a free address");
}

BOOST_AUTO_TEST_CASE(a_broker_that_lets_nobody_in_is_named) {
  mqtt_broker broker(0, "allow_anonymous false\n");
  const auto ended =
      run({program("collect"), "--host", "127.0.0.1", "--port", std::to_string(broker.port())});
  BOOST_TEST(ended.exit_code == 1);
  BOOST_TEST(holds(ended.output, "--username and --password"), ended.output);
}

BOOST_AUTO_TEST_CASE(pictures_of_a_video_and_their_average_size) {
  const temporary_directory scratch;
  const auto video = (scratch.path() / "video.avi").string();
  BOOST_REQUIRE(run({"ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i",
                     "testsrc=duration=3:size=320x240:rate=10", "-c:v", "mjpeg", video})
                    .exit_code == 0);
  pod_process pod(program(), {"--cloud.local.port", std::to_string(free_port())});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  const auto sent = [&](const std::vector<std::string>& flags) {
    camera_process camera(pod.address("cameras"), flags + std::vector<std::string>{"--fps", "100"});
    return camera.finish();
  };
  BOOST_TEST(sent({"--source", video})["acknowledged"] == 30);
  const auto looped =
      sent({"--source", video, "--loop", "--frames", "100", "--average-bytes", "9000"});
  BOOST_TEST(looped["acknowledged"] == 100);
  BOOST_TEST(looped["average_bytes"] == 9000, boost::test_tools::tolerance(0.05));
  const auto synthetic =
      sent(small + std::vector<std::string>{"--frames", "100", "--average-bytes", "12000"});
  BOOST_TEST(synthetic["average_bytes"] == 12000, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(reports_for_people) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker));
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  const temporary_directory scratch;
  process collector({program("collect"), "--host", "127.0.0.1", "--port",
                     std::to_string(broker.port()), "--count", "10", "--ready-file",
                     (scratch.path() / "ready").string()},
                    scratch.path() / "collected");
  BOOST_REQUIRE(eventually([&] { return std::filesystem::exists(scratch.path() / "ready"); }));
  const auto camera = run(std::vector<std::string>{program("camera"), "--server",
                                                   pod.address("cameras"), "--frames", "10"} +
                          small);
  BOOST_TEST(camera.exit_code == 0);
  BOOST_TEST(has_row(camera.output, "acknowledged", 10), camera.output);
  BOOST_TEST(collector.wait(seconds(20)).value_or(-1) == 0);
  const auto collected = read_file(scratch.path() / "collected");
  BOOST_TEST(has_row(collected, "results", 10), collected);
  BOOST_TEST(has_row(collected, "lost", 0), collected);
}

BOOST_AUTO_TEST_CASE(sigterm_ends_programs_cleanly_and_soon) {
  mqtt_broker broker;
  collector_process collector(program("collect"), broker.port(), {});
  pod_process pod(program(), cloud_at(broker));
  camera_process camera(pod.address("cameras"), small);
  BOOST_REQUIRE(eventually([&] {
    return pod.metric("monopod_cloud_confirmed_total{cloud=\"local\"}").value_or(0) >= 5;
  }));
  for (auto* child : {&camera.child(), &pod.child(), &collector.child()}) {
    child->signal(SIGTERM);
    BOOST_TEST(child->wait(quickly).value_or(-1) == 0, camera.output() + pod.log());
  }
  const auto sent = report(camera.output());
  BOOST_TEST(sent["acknowledged"] == sent["frames"]);
  const auto got = collector.finish(seconds(1));
  BOOST_TEST(got["results"] == sent["frames"]);
}

BOOST_AUTO_TEST_CASE(a_camera_without_a_gateway_tells_and_can_be_stopped) {
  const temporary_directory scratch;
  const auto output = scratch.path() / "output";
  process camera(std::vector<std::string>{program("camera"), "--server", "tcp://127.0.0.1:1",
                                          "--drain-s", "600"} +
                     small,
                 output);
  BOOST_TEST(eventually([&] { return holds(read_file(output), " frames, 0 acknowledged"); }));
  camera.signal(SIGTERM); // waits for acknowledgements
  BOOST_TEST(!camera.wait(std::chrono::milliseconds(300)));
  camera.signal(SIGTERM);
  BOOST_TEST(camera.wait(quickly).value_or(-1) == 1);
  BOOST_TEST(holds(read_file(output), "is a gateway running"));
}
