// Names that are used once: a node remembers as many as it says, and its memory, its ledger and
// its start stay as they are.
#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "tests/fault/pod_with_good_camera.hpp"

#include <zmq.hpp>

#include <filesystem>
#include <functional>
#include <utility>

namespace monopod::fault {

namespace {

constexpr double growth_mb_max = 2;
constexpr double start_s_max = 1;
constexpr std::uint64_t names_per_connection = 1000;
constexpr std::size_t connections = 32; // each with a name at a time

// Takes names, one after the other on each of some connections, which it changes now and then.
class taker {
public:
  using builder = flatbuffers::FlatBufferBuilder;
  using bytes = std::span<const std::uint8_t>;
  /// `question` makes the message that takes the name of this number; `reply` reads the answer and
  /// makes the next message, which may be empty, or nothing if the name is refused.
  using asking = std::function<bytes(builder&, std::uint64_t number)>;
  using replying = std::function<std::optional<bytes>(builder&, std::span<const std::byte> answer)>;

  taker(std::string endpoint, asking question, replying reply)
      : endpoint_(std::move(endpoint)), question_(std::move(question)), reply_(std::move(reply)),
        lines_(connections) {}

  /// Takes further names, until `names` were answered in all.
  void take(std::uint64_t names) {
    for (; asked_ < names; ++asked_) {
      auto& to = lines_[asked_ % connections];
      hear(to);
      if (to.asked++ % names_per_connection == 0)
        connect(to);
      builder_.Clear();
      say(to, question_(builder_, asked_));
      to.waits = true;
    }
    for (auto& to : lines_)
      hear(to);
  }
  std::uint64_t refused() const { return refused_; } // names

private:
  struct line {
    std::optional<zmq::socket_t> socket;
    std::uint64_t asked = 0;
    bool waits = false; // for an answer
  };

  void connect(line& to) {
    rest(1);
    to.socket.emplace(context_, zmq::socket_type::dealer);
    to.socket->set(zmq::sockopt::linger, 0);
    to.socket->set(zmq::sockopt::rcvtimeo, 10'000);
    to.socket->connect(endpoint_);
  }
  static void say(line& to, bytes message) {
    if (!message.empty())
      to.socket->send(zmq::buffer(message.data(), message.size()), zmq::send_flags::none);
  }
  void hear(line& to) {
    if (!std::exchange(to.waits, false))
      return;
    zmq::message_t answer;
    if (!to.socket->recv(answer))
      throw std::runtime_error("a name is not answered");
    const auto* data = static_cast<const std::byte*>(answer.data());
    const std::vector<std::byte> aligned(data, data + answer.size());
    builder_.Clear();
    if (const auto next = reply_(builder_, aligned))
      say(to, *next);
    else
      ++refused_;
  }

  std::string endpoint_;
  asking question_;
  replying reply_;
  zmq::context_t context_;
  std::vector<line> lines_;
  builder builder_;
  std::uint64_t asked_ = 0;
  std::uint64_t refused_ = 0;
};

// Each says Hello, and Bye once it is welcome.
taker cameras(const std::string& endpoint) {
  return {endpoint,
          [](taker::builder& b, std::uint64_t n) {
            const auto name = "camera-" + std::to_string(n);
            return finish_camera(b, 0, wire::CreateHelloDirect(b, name.c_str(), 1, n + 1));
          },
          [](taker::builder& b, std::span<const std::byte> bytes) -> std::optional<taker::bytes> {
            const auto* answer = decode_camera(bytes);
            const auto* welcome = answer == nullptr ? nullptr : answer->body_as_Welcome();
            if (welcome == nullptr)
              return std::nullopt;
            return finish_camera(
                b, 0, wire::CreateByeDirect(b, welcome->camera()->c_str(), welcome->stream()));
          }};
}

// Each subscribes to a camera that is not there.
taker applications(const std::string& endpoint) {
  return {endpoint,
          [](taker::builder& b, std::uint64_t n) {
            const auto name = "application-" + std::to_string(n);
            const std::vector patterns{b.CreateString("nothing")};
            return finish_app(b, 0,
                              wire::CreateSubscribeDirect(b, name.c_str(), &patterns,
                                                          wire::Policy::Every, n + 1));
          },
          [](taker::builder&, std::span<const std::byte> bytes) -> std::optional<taker::bytes> {
            const auto* answer = decode_app(bytes);
            if (answer == nullptr || answer->body_as_Subscribed() == nullptr)
              return std::nullopt;
            return taker::bytes();
          }};
}

double folder_mb(const std::filesystem::path& folder) {
  double bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file())
      bytes += static_cast<double>(file.file_size());
  return bytes * 1e-6;
}

struct sizes {
  double memory_mb = 0;
  double ledger_mb = 0;
};

sizes sizes_of(const pod_with_good_camera& s) {
  rest(1000); // what is on its way arrives
  return {anonymous_mb(s.node.pid()), folder_mb(s.directory.path() / "ledger")};
}

} // namespace

outcome hostile_names(const options& o) {
  outcome result;
  pod_with_good_camera s(o);
  result.expect(s.good->publishes(20), "no frame is acknowledged");
  auto passing_cameras = cameras(s.node.cameras());
  auto passing_apps = applications(s.node.applications());
  s.good->begin();
  const std::uint64_t first = o.quick ? 1500 : 5000; // after these names, nothing grows
  passing_cameras.take(first);
  passing_apps.take(first);
  const auto before = sizes_of(s);
  const std::uint64_t more = o.quick ? 2 * first : 100'000;
  passing_cameras.take(more);
  say("camera names are done");
  for (std::uint64_t part = 1; part <= 10; ++part) {
    passing_apps.take(more * part);
    say("application names: " + std::to_string(more * part));
  }
  const auto gap_ms = s.good->gap_ms_max();
  const auto after = sizes_of(s);
  ++result.runs;
  result.growth_mb = after.memory_mb - before.memory_mb;
  result.add("ledger_growth_mb", after.ledger_mb - before.ledger_mb);
  result.add("ledger_mb", after.ledger_mb);
  result.add("camera_names", static_cast<double>(more));
  result.add("app_names", static_cast<double>(10 * more));
  const auto refused = static_cast<double>(passing_cameras.refused() + passing_apps.refused());
  result.add("refused", refused);
  result.add("cameras_remembered", s.node.metric("monopod_ledger_cameras"));
  result.add("good_gap_ms_max", gap_ms);
  const auto start_s = s.restart_and_finish(result);
  result.add("start_s", start_s);
  result.at_most("refused", refused, 0);
  result.at_most("ledger_growth_mb", after.ledger_mb - before.ledger_mb, growth_mb_max);
  if (measures)
    result.at_most("growth_mb", result.growth_mb, growth_mb_max);
  if (o.judges_times()) {
    result.at_most("good_gap_ms_max", gap_ms, good_gap_bound_ms);
    result.at_most("start_s", start_s, start_s_max);
  }
  return result;
}

} // namespace monopod::fault
