// Names that are used once: a node remembers as many as it says, and its memory, its ledger and
// its start stay as they are.
#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "tests/fault/pod_with_good_camera.hpp"

#include <zmq.hpp>

#include <filesystem>
#include <functional>

namespace monopod::fault {

namespace {

constexpr double growth_mb_max = 2;
constexpr double start_s_max = 1;
constexpr std::uint64_t names_per_connection = 1000;
constexpr std::uint64_t names_in_flight = 32;

// Takes names one after the other, over connections that it changes now and then.
class taker {
public:
  /// `ask` writes the message that takes the name of this number; `answered` reads one that has
  /// arrived, and may return what is said then.
  using asking = std::function<std::span<const std::uint8_t>(std::uint64_t number)>;
  using answering = std::function<std::span<const std::uint8_t>(std::span<const std::byte> answer)>;

  taker(std::string endpoint, asking ask, answering answered)
      : endpoint_(std::move(endpoint)), ask_(std::move(ask)), answered_(std::move(answered)) {}

  /// Takes further names, until `names` were answered in all.
  void take(std::uint64_t names) {
    for (; asked_ < names; ++asked_) {
      if (!socket_ || asked_ % names_per_connection == 0) {
        finish();
        socket_.emplace(context_, zmq::socket_type::dealer);
        socket_->set(zmq::sockopt::linger, 0);
        socket_->set(zmq::sockopt::rcvtimeo, 10'000);
        socket_->connect(endpoint_);
      }
      if (asked_ % names_per_connection == 0)
        rest(1);
      say(ask_(asked_));
      while (asked_ - answers_ >= names_in_flight)
        hear();
    }
    finish();
  }
  std::uint64_t refused = 0; // names, as `answered` counts them

private:
  void say(std::span<const std::uint8_t> message) {
    if (!message.empty())
      socket_->send(zmq::buffer(message.data(), message.size()), zmq::send_flags::none);
  }
  void hear() {
    zmq::message_t answer;
    if (!socket_->recv(answer))
      throw std::runtime_error("a name is not answered");
    ++answers_;
    std::vector<std::byte> aligned(static_cast<const std::byte*>(answer.data()),
                                   static_cast<const std::byte*>(answer.data()) + answer.size());
    say(answered_(aligned));
  }
  void finish() {
    while (socket_ && answers_ < asked_)
      hear();
  }

  std::string endpoint_;
  asking ask_;
  answering answered_;
  zmq::context_t context_;
  std::optional<zmq::socket_t> socket_;
  std::uint64_t asked_ = 0;
  std::uint64_t answers_ = 0;
};

// Each says Hello, and Bye once it is welcome.
struct cameras : taker {
  explicit cameras(const std::string& endpoint)
      : taker(
            endpoint,
            [this](std::uint64_t n) {
              builder.Clear();
              const auto name = "camera-" + std::to_string(n);
              return finish_camera(builder, 0,
                                   wire::CreateHelloDirect(builder, name.c_str(), 1, n + 1));
            },
            [this](std::span<const std::byte> bytes) {
              const auto* answer = decode_camera(bytes);
              const auto* welcome = answer == nullptr ? nullptr : answer->body_as_Welcome();
              builder.Clear();
              if (welcome == nullptr) {
                ++refused;
                return std::span<const std::uint8_t>();
              }
              return finish_camera(
                  builder, 0,
                  wire::CreateByeDirect(builder, welcome->camera()->c_str(), welcome->stream()));
            }) {}
  flatbuffers::FlatBufferBuilder builder;
};

// Each subscribes to a camera that is not there.
struct applications : taker {
  explicit applications(const std::string& endpoint)
      : taker(
            endpoint,
            [this](std::uint64_t n) {
              builder.Clear();
              const auto name = "application-" + std::to_string(n);
              const std::vector patterns{builder.CreateString("nothing")};
              return finish_app(builder, 0,
                                wire::CreateSubscribeDirect(builder, name.c_str(), &patterns,
                                                            wire::Policy::Every, n + 1));
            },
            [this](std::span<const std::byte> bytes) {
              const auto* answer = decode_app(bytes);
              if (answer == nullptr || answer->body_as_Subscribed() == nullptr)
                ++refused;
              return std::span<const std::uint8_t>();
            }) {}
  flatbuffers::FlatBufferBuilder builder;
};

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
  cameras passing_cameras(s.node.cameras());
  applications passing_apps(s.node.applications());
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
  result.add("refused", static_cast<double>(passing_cameras.refused + passing_apps.refused));
  result.add("cameras_remembered", s.node.metric("monopod_ledger_cameras"));
  result.add("good_gap_ms_max", gap_ms);
  const auto start_s = s.finish(result);
  result.add("start_s", start_s);
  result.at_most("refused", static_cast<double>(passing_cameras.refused + passing_apps.refused), 0);
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
