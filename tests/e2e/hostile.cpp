// Strangers and broken cameras at the camera port, while a healthy camera streams.
#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "schemas/codec.hpp"
#include "tests/e2e/kit.hpp"

#include <zmq.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <random>
#include <span>
#include <sys/socket.h>
#include <unistd.h>

using namespace monopod;
using namespace monopod::harness;

namespace {

constexpr std::size_t max_frame_bytes = 64 * 1024;
constexpr int healthy_frames = 120;

/// A peer that speaks ZeroMQ, and in it what it likes.
class stranger {
public:
  explicit stranger(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10'000); // ms
    socket_.connect(endpoint);
  }

  void send(std::span<const std::uint8_t> envelope, std::size_t body_bytes = 0) {
    const std::string body(body_bytes, 'x');
    socket_.send(zmq::buffer(envelope.data(), envelope.size()),
                 body_bytes > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
    if (body_bytes > 0)
      socket_.send(zmq::buffer(body));
  }
  void hello(const std::string& camera, std::uint64_t stream = 1) {
    b_.Clear();
    send(finish_camera(b_, 0, wire::CreateHelloDirect(b_, camera.c_str(), stream, 7, "stranger")));
  }
  void bye(const std::string& camera) {
    b_.Clear();
    send(finish_camera(b_, 0, wire::CreateByeDirect(b_, camera.c_str(), 1)));
  }
  void frame(const std::string& camera, std::uint64_t seq, std::size_t bytes = 100,
             std::uint64_t captured_at_ns = realtime_ns()) {
    b_.Clear();
    const auto f = wire::CreateFrameDirect(b_, camera.c_str(), 1, seq, captured_at_ns);
    send(finish_camera(b_, 0, f), bytes);
  }

  /// Takes answers until one fits; false where none comes.
  bool answered(const std::function<bool(const wire::CameraMessage&)>& fits) {
    std::vector<std::uint64_t> aligned;
    for (zmq::message_t part; socket_.recv(part);) {
      const auto* message =
          decode_camera(copy_aligned({part.data<std::byte>(), part.size()}, aligned));
      if (message != nullptr && fits(*message))
        return true;
    }
    return false;
  }
  bool welcomed() {
    return answered([](const auto& m) { return m.body_as_Welcome() != nullptr; });
  }
  bool refused(wire::RefuseReason why) {
    return answered([why](const auto& m) {
      return m.body_as_Refused() != nullptr && m.body_as_Refused()->reason() == why;
    });
  }
  bool acknowledged(std::uint64_t cursor) {
    return answered([cursor](const auto& m) {
      return m.body_as_Ack() != nullptr && m.body_as_Ack()->cursor() == cursor;
    });
  }

private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  flatbuffers::FlatBufferBuilder b_;
};

/// Writes bytes to the pod's camera port and leaves, or stays for as long as the result lives.
std::shared_ptr<const int> raw_bytes(const std::string& endpoint, const std::string& bytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return {new int(fd), [](const int* held) {
            close(*held);
            delete held;
          }};
}

std::string noise(std::size_t bytes) {
  std::minstd_rand random(1);
  std::string text(bytes, '\0');
  std::ranges::generate(text, [&] { return static_cast<char>(random()); });
  return text;
}

/// A pod with a small frame limit and a healthy camera that must not notice anything.
struct scene {
  mqtt_broker broker;
  collector_process collector{
      program("collect"),
      broker.port(),
      {"--topic", "monopod/+/results/healthy/+", "--count", std::to_string(healthy_frames)}};
  pod_process pod{program(),
                  cloud_at(broker) + std::vector<std::string>{"--gateway.max_frame_bytes",
                                                              std::to_string(max_frame_bytes)}};
  std::string endpoint = pod.address("cameras");
  std::optional<camera_process> healthy;

  scene() {
    BOOST_REQUIRE(eventually([this] { return pod.ready(); }));
    healthy.emplace(endpoint, std::vector<std::string>{"--name", "healthy", "--frames",
                                                       std::to_string(healthy_frames), "--fps",
                                                       "50", "--width", "320", "--height", "240"});
    BOOST_REQUIRE(eventually([this] { return counted("camera_frames", "camera", "healthy") > 0; }));
  }

  double counted(const std::string& name, const std::string& label = {},
                 const std::string& value = {}) const {
    const auto labels = label.empty() ? "" : "{" + label + "=\"" + value + "\"}";
    return pod.metric("monopod_" + name + "_total" + labels).value_or(0);
  }
  double refused(const std::string& reason) const {
    return counted("frames_refused", "reason", reason);
  }

  void check_healthy() {
    const auto sent = healthy->finish();
    BOOST_TEST(sent["acknowledged"] == healthy_frames);
    BOOST_TEST(sent["resent"] == 0);
    BOOST_TEST(sent["refused"] == 0);
    const auto got = collector.finish(seconds(20));
    check_each_once_in_order(got, healthy_frames);
    BOOST_TEST(pod.child().terminate() == 0, pod.log());
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(bytes_that_are_not_zeromq) {
  scene s;
  std::vector<std::shared_ptr<const int>> open;
  // The start of a ZMTP greeting: signature and version, then nothing more.
  const std::string greeting{"\xff\0\0\0\0\0\0\0\0\x7f\x03", 11};
  for (int i = 0; i < 50; ++i) {
    raw_bytes(s.endpoint, noise(64 * 1024));
    raw_bytes(s.endpoint, greeting);
    open.push_back(raw_bytes(s.endpoint, greeting + noise(static_cast<std::size_t>(i))));
    raw_bytes(s.endpoint, "GET / HTTP/1.1\r\n\r\n");
  }
  // At least the noise and the requests.
  BOOST_TEST(eventually([&s] {
    return s.pod.metric(R"(monopod_connections_refused_total{link="cameras",reason="protocol"})") >=
           100.0;
  }));
  s.check_healthy();
}

BOOST_AUTO_TEST_CASE(messages_that_are_not_for_the_gateway) {
  scene s;
  stranger rude(s.endpoint);
  const auto bytes = noise(1000);
  rude.send({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  BOOST_TEST(rude.refused(wire::RefuseReason::Malformed));
  rude.hello("no/such name");
  BOOST_TEST(rude.refused(wire::RefuseReason::BadName));
  rude.frame("nobody", 1);
  BOOST_TEST(rude.refused(wire::RefuseReason::NotOpen));
  rude.hello("healthy", 2);
  BOOST_TEST(rude.refused(wire::RefuseReason::NameTaken));
  flatbuffers::FlatBufferBuilder b;
  rude.send(finish_camera(b, 0, wire::CreateAckDirect(b, "healthy")));
  BOOST_TEST(rude.refused(wire::RefuseReason::UnknownType));
  for (const auto* reason : {"Malformed", "BadName", "NotOpen", "NameTaken", "UnknownType"})
    BOOST_TEST(s.refused(reason) == 1, reason);
  BOOST_TEST(s.counted("malformed_messages") == 1);
  s.check_healthy();
}

BOOST_AUTO_TEST_CASE(frames_that_break_the_rules) {
  scene s;
  stranger rude(s.endpoint);
  rude.hello("rude");
  BOOST_REQUIRE(rude.welcomed());
  rude.frame("rude", 1, max_frame_bytes + 1);
  BOOST_TEST(rude.refused(wire::RefuseReason::TooLarge));
  rude.frame("rude", 1, 100, realtime_ns() + 3600 * ns_per_s);
  BOOST_TEST(rude.refused(wire::RefuseReason::FromTheFuture));
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    rude.frame("rude", seq);
    BOOST_TEST(rude.acknowledged(seq));
  }
  // Back in the numbers: settled long ago, and acknowledged again.
  rude.frame("rude", 1);
  BOOST_TEST(rude.acknowledged(3));
  BOOST_TEST(s.counted("frames_duplicate") == 1);
  BOOST_TEST(s.refused("TooLarge") == 1);
  BOOST_TEST(s.refused("FromTheFuture") == 1);
  // Far over the limit: libzmq closes the connection. A new one can be opened.
  rude.frame("rude", 4, max_frame_bytes + 4 * 1024 * 1024);
  rude.hello("after");
  BOOST_TEST(rude.welcomed());
  BOOST_TEST(s.counted("camera_frames", "camera", "rude") == 3);
  s.check_healthy();
}

BOOST_AUTO_TEST_CASE(a_camera_that_is_killed_comes_back_under_its_name) {
  scene s;
  const std::vector<std::string> flags{"--name",  "frail", "--fps",    "50",
                                       "--width", "160",   "--height", "120"};
  for (int i = 0; i < 3; ++i) {
    camera_process frail(s.endpoint, flags);
    BOOST_REQUIRE(
        eventually([&] { return s.counted("camera_frames", "camera", "frail") > 10 * (i + 1); }));
    frail.child().signal(SIGKILL);
    BOOST_TEST(frail.child().wait(seconds(10)).value_or(-1) == 128 + SIGKILL);
  }
  camera_process again(s.endpoint, flags + std::vector<std::string>{"--frames", "20"});
  BOOST_TEST(again.finish()["acknowledged"] == 20);
  s.check_healthy();
}

BOOST_AUTO_TEST_CASE(a_flood_does_not_fill_the_log) {
  scene s;
  const auto started_ns = boottime_ns();
  stranger rude(s.endpoint);
  constexpr int times = 500;
  for (int i = 0; i < times; ++i) {
    rude.hello("no/such name");
    rude.hello("flood");
    rude.bye("flood");
    rude.frame("nobody", 1);
  }
  BOOST_TEST(eventually([&] { return s.refused("BadName") == times; }));
  BOOST_TEST(eventually([&] { return s.refused("NotOpen") == times; }));
  s.check_healthy();
  const auto log = s.pod.log();
  const auto lines = std::ranges::count(log, '\n');
  // Three kinds of line that a stranger causes, each five a second and one that tells how many were
  // left out; and some twenty of the pod's own.
  const auto passed_s = static_cast<std::ptrdiff_t>((boottime_ns() - started_ns) / ns_per_s);
  BOOST_TEST(lines < 20 + 3 * 6 * (passed_s + 2));
  BOOST_TEST(log.find("reason=BadName") != std::string::npos);
}
