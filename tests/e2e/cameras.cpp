// Real sources: an RTSP server, a stream of JPEG parts over HTTP, a V4L2 device where there is one.
// They break and come back; the camera goes on by itself, without delay that adds up.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>

using namespace monopod::harness;

namespace {

using std::chrono::milliseconds;

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// tests/e2e/rtsp_server.py, which lets "viewer" in with "secret"; listening when constructed.
class rtsp_server {
public:
  /// `certificate`: with its key, for RTSP by TLS.
  explicit rtsp_server(std::string certificate = {}) : certificate_(std::move(certificate)) {
    start();
  }

  void start() {
    const auto file = directory_.path() / "port";
    std::filesystem::remove(file);
    std::vector<std::string> command{MONOPOD_SOURCE_DIR "/tests/e2e/rtsp_server.py",
                                     std::to_string(port_), file.string()};
    if (!certificate_.empty())
      command.push_back(certificate_);
    process_ = std::make_unique<process>(command, directory_.path() / "log");
    if (!eventually([&] { return std::filesystem::exists(file); }, seconds(30)))
      throw std::runtime_error("no RTSP server: " + read_file(directory_.path() / "log"));
    port_ = std::stoi(read_file(file));
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait(seconds(10));
  }
  process& child() { return *process_; }
  std::string address(const std::string& path, const std::string& user = "viewer:secret@") const {
    return (certificate_.empty() ? "rtsp://" : "rtsps://") + user +
           "127.0.0.1:" + std::to_string(port_) + path;
  }

private:
  std::string certificate_;
  temporary_directory directory_;
  int port_ = 0;
  std::unique_ptr<process> process_;
};

/// FFmpeg as a camera that speaks HTTP, to one client at a time, which gets `pictures`.
std::unique_ptr<process> http_camera(std::uint16_t port, const temporary_directory& scratch,
                                     int pictures) {
  return std::make_unique<process>(
      std::vector<std::string>{"ffmpeg", "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi",
                               "-i", "testsrc=size=320x240:rate=25", "-frames:v",
                               std::to_string(pictures), "-c:v", "mjpeg", "-f", "mpjpeg", "-listen",
                               "1", "http://127.0.0.1:" + std::to_string(port) + "/"},
      scratch.path() / "http");
}

/// Broker, pod and collector, and what has come out of them.
struct gateway {
  mqtt_broker broker;
  pod_process pod{program(), cloud_at(broker)};
  collector_process collector{program("collect"), broker.port(), {}};

  gateway() {
    BOOST_REQUIRE(eventually([this] { return pod.ready(); }));
  }
  double results() const {
    return pod.metric("monopod_cloud_confirmed_total{cloud=\"local\"}").value_or(0);
  }
  bool has(double count) {
    return eventually([&] { return results() >= count; }, seconds(30));
  }
  camera_process camera(const std::string& source, const std::vector<std::string>& flags = {}) {
    return {pod.address("cameras"), std::vector<std::string>{"--source", source} + flags};
  }
  // Every frame of the camera, which ends, became one result.
  report check(camera_process& camera) {
    camera.child().signal(SIGTERM);
    auto sent = camera.finish();
    BOOST_TEST(sent["acknowledged"] == sent["frames"]);
    BOOST_TEST(has(sent["frames"]));
    const auto got = collector.finish(milliseconds(0));
    BOOST_TEST(got["results"] == sent["frames"]);
    BOOST_TEST(got["lost"] == 0);
    BOOST_TEST(got["twice"] == 0);
    return sent;
  }
};

std::string first_device() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/dev"))
    if (entry.path().filename().string().starts_with("video"))
      found.push_back(entry.path().string());
  return found.empty() ? std::string{} : *std::ranges::min_element(found);
}

struct has_device {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id /*unused*/) const {
    boost::test_tools::assertion_result found(!first_device().empty());
    found.message() << "this machine has no V4L2 device /dev/video*";
    return found;
  }
};

} // namespace

BOOST_DATA_TEST_CASE(rtsp_breaks_off_and_comes_back,
                     boost::unit_test::data::make({"/jpeg", "/h264"}), path) {
  gateway g;
  rtsp_server server;
  auto camera = g.camera(server.address(path));
  BOOST_TEST(g.has(25), camera.output());
  server.kill();
  BOOST_TEST(eventually([&] { return holds(camera.output(), "the source can't be opened"); }),
             camera.output());
  const auto before = g.results();
  server.start();
  BOOST_TEST(g.has(before + 25), camera.output());
  const auto sent = g.check(camera);
  BOOST_TEST(sent["reconnects"] == 1);
  BOOST_TEST(sent["dropped"] == 0);
  BOOST_TEST(sent["broken"] == 0);
  BOOST_TEST(holds(camera.output(), "rtsp://***@127.0.0.1:"), camera.output());
  BOOST_TEST(!holds(camera.output(), "secret"), camera.output());
  BOOST_TEST(!holds(g.pod.log(), "secret"), g.pod.log());
}

BOOST_AUTO_TEST_CASE(rtsp_over_udp) {
  gateway g;
  rtsp_server server;
  auto camera = g.camera(server.address("/jpeg"), {"--rtsp-transport", "udp"});
  BOOST_TEST(g.has(25), camera.output());
  g.check(camera);
}

BOOST_AUTO_TEST_CASE(rtsp_by_tls) {
  const temporary_directory scratch;
  const auto pem = (scratch.path() / "camera.pem").string();
  BOOST_REQUIRE(
      run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
           "-nodes", "-subj", "/CN=camera", "-days", "2", "-keyout", pem, "-out", pem + ".crt"})
          .exit_code == 0);
  write_file(pem, read_file(pem) + read_file(pem + ".crt"));
  gateway g;
  rtsp_server server(pem);
  auto camera = g.camera(server.address("/jpeg"));
  BOOST_TEST(g.has(25), camera.output());
  g.check(camera);
}

BOOST_AUTO_TEST_CASE(a_silent_server_is_noticed_and_holds_up_no_stop) {
  gateway g;
  rtsp_server server;
  auto camera = g.camera(server.address("/jpeg"), {"--timeout-s", "0.5"});
  BOOST_TEST(g.has(10), camera.output());
  {
    const paused silent(server.child());
    BOOST_TEST(eventually([&] { return holds(camera.output(), "nothing arrived for 500 ms"); }),
               camera.output());
    BOOST_TEST(eventually([&] { return holds(camera.output(), "the source can't be opened"); }),
               camera.output());
  }
  BOOST_TEST(eventually([&] { return holds(camera.output(), "the source sends again"); }),
             camera.output());
  const auto before = g.results();
  BOOST_TEST(g.has(before + 10), camera.output());
  const paused silent(server.child());
  BOOST_TEST(g.check(camera)["reconnects"] >= 1);
}

BOOST_AUTO_TEST_CASE(sigterm_ends_a_camera_whose_server_does_not_answer) {
  const temporary_directory scratch;
  rtsp_server server;
  const paused silent(server.child());
  process camera({program("camera"), "--source", server.address("/jpeg"), "--timeout-s", "600"},
                 scratch.path() / "output");
  BOOST_TEST(!camera.wait(milliseconds(1500))); // it is in the middle of connecting
  const auto asked = std::chrono::steady_clock::now();
  camera.signal(SIGTERM);
  BOOST_TEST(camera.wait(seconds(10)).value_or(-1) == 1); // not one picture
  BOOST_TEST((std::chrono::steady_clock::now() - asked < seconds(2)));
  const auto output = read_file(scratch.path() / "output");
  BOOST_TEST(holds(output, "no picture came from rtsp://***@127.0.0.1:"), output);
}

BOOST_AUTO_TEST_CASE(who_is_not_let_in_is_told_why) {
  const temporary_directory scratch;
  const rtsp_server server;
  process camera({program("camera"), "--source", server.address("/jpeg", "viewer:hunter2@")},
                 scratch.path() / "output");
  const auto output = [&] { return read_file(scratch.path() / "output"); };
  BOOST_TEST(eventually([&] { return holds(output(), "401 Unauthorized"); }), output());
  BOOST_TEST(camera.terminate() == 1);
  BOOST_TEST(!holds(output(), "hunter2"), output());
}

BOOST_AUTO_TEST_CASE(jpeg_parts_over_http) {
  gateway g;
  const temporary_directory scratch;
  const auto port = free_port();
  auto server = http_camera(port, scratch, 30);
  auto camera = g.camera("http://127.0.0.1:" + std::to_string(port) + "/");
  BOOST_TEST(g.has(28), camera.output()); // FFmpeg's server may not wait for the last ones to leave
  server->wait(seconds(10));
  const auto before = g.results();
  server = http_camera(port, scratch, 1000);
  BOOST_TEST(g.has(before + 25), camera.output() + read_file(scratch.path() / "http"));
  BOOST_TEST(g.check(camera)["reconnects"] == 1);
}

BOOST_AUTO_TEST_CASE(a_lower_rate_skips_frames) {
  gateway g;
  rtsp_server server;
  auto camera = g.camera(server.address("/jpeg"), {"--fps", "5", "--frames", "20"});
  const auto sent = camera.finish();
  BOOST_TEST(sent["acknowledged"] == 20);
  BOOST_TEST(sent["skipped"] >= 60); // four of five
  BOOST_TEST(sent["seconds"] >= 3.5);
}

// Without a gateway nothing is acknowledged: the window fills and its policy decides.
BOOST_AUTO_TEST_CASE(a_full_window_never_holds_a_live_source_up) {
  const rtsp_server server;
  const auto ended = [&](const std::vector<std::string>& flags) {
    const temporary_directory scratch;
    const auto output = scratch.path() / "output";
    process camera(std::vector<std::string>{program("camera"), "--server", "tcp://127.0.0.1:1",
                                            "--json", "--window", "10", "--drain-s", "0",
                                            "--source", server.address("/jpeg")} +
                       flags,
                   output);
    BOOST_TEST(eventually([&] { return holds(read_file(output), "the window is full"); }));
    camera.wait(seconds(2));
    BOOST_TEST(camera.terminate() == 1);
    BOOST_TEST(holds(read_file(output), "the window is short"), read_file(output));
    return report(read_file(output));
  };
  const auto dropped = ended({});
  BOOST_TEST(dropped["frames"] >= 50);
  BOOST_TEST(dropped["dropped"] == dropped["frames"] - 10);
  BOOST_TEST(dropped["blocked"] == 0);
  BOOST_TEST(dropped["skipped"] == 0);

  const auto blocked = ended({"--full", "block"});
  BOOST_TEST(blocked["frames"] == 10);
  BOOST_TEST(blocked["blocked"] == 1);
  BOOST_TEST(blocked["dropped"] == 0);
  BOOST_TEST(blocked["skipped"] >= 30);
}

BOOST_AUTO_TEST_CASE(v4l2_device, *boost::unit_test::precondition(has_device())) {
  gateway g;
  auto camera = g.camera(first_device());
  BOOST_TEST(g.has(10), camera.output());
  g.check(camera);
}
