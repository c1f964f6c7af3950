// Cameras, applications and cloud stages that speak their conversations by hand, around real
// stages.
#pragma once

#include "core/limits.hpp"
#include "core/random.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"
#include "tests/unit/stages.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

// A peer that speaks one conversation by hand.
template <class Message>
class raw_peer {
public:
  using decoder = const Message* (*)(std::span<const std::byte>);

  raw_peer(rig& r, const std::string& endpoint, decoder d)
      : rig_(r), decode_(d), link_(r.host, r.context, {.endpoints = {endpoint}}, [this](link& l) {
          return l.receive_some([this](inbound& in) {
            received.emplace_back(in.envelope.begin(), in.envelope.end());
            bodies_.push_back(in.body);
          });
        }) {}

  void send(std::span<const std::uint8_t> bytes, const payload* body = nullptr) {
    BOOST_REQUIRE(rig_.until([&] { return link_.send(0, bytes, body) == send_result::sent; }));
  }

  // The next message; null after `until` gave up.
  const Message* next() {
    if (!rig_.until([&] { return received.size() > read_; }))
      return nullptr;
    return decode_(received[read_++]);
  }
  template <class Body>
  const Body* next_body() {
    const auto* m = next();
    return m == nullptr ? nullptr : m->template body_as<Body>();
  }
  // The second part of the message that next() returned.
  const payload& body() const { return bodies_[read_ - 1]; }
  bool empty() const { return received.size() == read_; }

  std::vector<std::vector<std::byte>> received; // operator new aligns the bytes

private:
  rig& rig_;
  decoder decode_;
  std::vector<payload> bodies_;
  std::size_t read_ = 0;
  link link_;
};

struct camera_peer : raw_peer<wire::CameraMessage> {
  camera_peer(rig& r, std::string camera, std::uint64_t s = 1)
      : raw_peer(r, "inproc://cameras", decode_camera), name(std::move(camera)), stream(s) {}

  void hello(std::uint64_t acknowledged = 0) {
    b.Clear();
    send(finish_camera(
        b, 0, wire::CreateHelloDirect(b, name.c_str(), stream, session, "test", acknowledged)));
  }
  void frame(std::uint64_t seq, std::size_t bytes = 100, std::uint64_t captured_at_ns = 1,
             std::uint32_t dropped = 0) {
    send_frame(
        {.stream = stream, .seq = seq, .captured_at_ns = captured_at_ns, .dropped_before = dropped},
        bytes);
  }
  void send_frame(const frame_info& info, std::size_t bytes = 100) {
    const auto jpeg = std::make_shared<std::vector<std::byte>>(bytes, std::byte{0x42});
    const payload body(jpeg, *jpeg);
    b.Clear();
    send(finish_camera(b, 0, write_frame(b, name, info)), bytes > 0 ? &body : nullptr);
  }
  const wire::Welcome* welcome() {
    hello();
    return next_body<wire::Welcome>();
  }
  // The cursor of the last acknowledgement that has arrived; 0 without one.
  std::uint64_t last_ack() {
    std::uint64_t cursor = 0;
    while (!empty())
      cursor = next_body<wire::Ack>()->cursor();
    return cursor;
  }

  std::string name;
  std::uint64_t stream;
  std::uint64_t session = random_u64();
  flatbuffers::FlatBufferBuilder b;
};

struct app_peer : raw_peer<wire::AppMessage> {
  app_peer(rig& r, std::string app)
      : raw_peer(r, "inproc://apps", decode_app), name(std::move(app)) {}

  void subscribe(const char* pattern = "*") {
    b.Clear();
    std::vector<flatbuffers::Offset<flatbuffers::String>> patterns{b.CreateString(pattern)};
    send(finish_app(
        b, 0,
        wire::CreateSubscribeDirect(b, name.c_str(), &patterns, wire::Policy::Every, session)));
  }
  void credit(std::uint32_t frames) {
    b.Clear();
    send(finish_app(b, 0, wire::CreateCredit(b, frames)));
  }
  void attach(const char* pattern = "*", std::uint32_t frames = 8) {
    subscribe(pattern);
    BOOST_REQUIRE(next_body<wire::Subscribed>() != nullptr);
    credit(frames);
  }
  void result(const char* camera, std::uint64_t stream, std::uint64_t seq, float confidence = 0.5f,
              const char* label = "person") {
    b.Clear();
    const wire::Box box(0, 0, 1, 1);
    std::vector<flatbuffers::Offset<wire::Detection>> detections{
        wire::CreateDetectionDirect(b, label, confidence, &box)};
    const auto inference = wire::CreateInferenceDirect(b, "test", "1", 1, &detections);
    send(finish_app(b, 0, wire::CreateAppResultDirect(b, camera, stream, seq, 5, 6, inference)));
  }

  std::string name;
  std::uint64_t session = random_u64();
  flatbuffers::FlatBufferBuilder b;
};

struct cloud_peer : raw_peer<wire::OutboxMessage> {
  explicit cloud_peer(rig& r) : raw_peer(r, "inproc://results", decode_outbox) {}
  void attach(bool connected = true, std::uint32_t window = 4, std::uint64_t connection = 1) {
    b.Clear();
    std::vector<flatbuffers::Offset<wire::CloudWindow>> clouds{
        wire::CreateCloudWindowDirect(b, "local", window, connected, connection)};
    send(finish_outbox(b, 0, wire::CreateCloudAttachDirect(b, "node", &clouds)));
    // Entries that the attachment releases arrive before the answer.
    for (const auto* m = next(); m->body_type() != wire::OutboxBody::CloudAttached; m = next())
      entries.push_back(m->body_as_Entry()->entry());
  }
  void published(std::uint64_t entry) {
    b.Clear();
    send(finish_outbox(b, 0, wire::CreatePublishedDirect(b, "local", entry)));
  }
  std::vector<std::uint64_t> entries; // seen by attach()
  flatbuffers::FlatBufferBuilder b;
};

/// The configuration of stages that pass on frames of up to 2 MiB.
inline monopod::config config_with(ack_mode ack) {
  auto c = stages::make_config();
  c.broker.ack = ack;
  c.gateway.max_frame_bytes = 2 * 1024 * 1024;
  return c;
}

/// Stages that know each other.
struct fixture : stages {
  explicit fixture(monopod::config c = make_config()) : stages(std::move(c)) {
    camera_peer probe(*this, "probe");
    BOOST_REQUIRE(until([&] {
      probe.hello();
      const auto* m = probe.next();
      return m != nullptr && m->body_type() == wire::CameraBody::Welcome;
    }));
  }
  /// Turns the loop until nothing is left to do.
  void rest() {
    while (host.run_once(0)) {
    }
  }
};

/// And a camera that they have let in, with an application that subscribes to it.
struct conversation : fixture {
  explicit conversation(monopod::config c = make_config()) : fixture(std::move(c)) {
    app.attach();
    BOOST_REQUIRE(camera.welcome() != nullptr);
  }
  /// Sends frames of 1 MiB, four more than may be acknowledged before their results, and returns
  /// the last one.
  std::uint64_t send_too_many() {
    constexpr std::size_t bytes = 1024 * 1024;
    const std::uint64_t frames = limits::accepted_bytes / bytes + 4;
    std::uint64_t acked = 0;
    for (std::uint64_t seq = 1; seq <= frames; ++seq) {
      camera.frame(seq, bytes);
      rest();
      acked = std::max(acked, camera.last_ack());
    }
    BOOST_TEST(acked == limits::accepted_bytes / bytes - 1);
    return frames;
  }

  camera_peer camera{*this, "cam"};
  app_peer app{*this, "app"};
};

} // namespace monopod
