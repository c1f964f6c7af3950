// Real stages with a healthy camera and a healthy application, and an outsider that sends the
// fuzzer's input.
#pragma once

#include "core/ensure.hpp"
#include "schemas/codec.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/stages.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace monopod::fuzz {

class pod : public stages {
public:
  /// `endpoint` is where the outsider connects, anew for every input.
  explicit pod(std::string endpoint) : endpoint_(std::move(endpoint)) {
    log_init(log_level::off, log_format::text);
    subscribe();
    serve();
  }

  /// Gives the input to the stages, and from time to time checks that the healthy clients are
  /// served.
  void take(std::span<const std::uint8_t> input) { take(split(input)); }
  void take(const std::vector<message>& messages) {
    const auto visit = connect();
    auto& stranger = *visit;
    for (const auto& m : messages) {
      static const auto picture = std::make_shared<std::vector<std::byte>>(255);
      const payload body(picture, std::span(*picture).first(m.body_bytes));
      stranger.send(0, m.envelope, m.body_bytes > 0 ? &body : nullptr);
      settle();
    }
    settle();
    constexpr int inputs_per_look = 16;
    if (++inputs_ % inputs_per_look == 0)
      serve();
  }

  /// The newest stream of the healthy camera; each has one frame.
  std::uint64_t stream() const { return stream_; }

private:
  // libzmq closes sockets in the background. If it lags behind, the number of sockets reaches its
  // limit.
  std::unique_ptr<link> connect() {
    constexpr int patience_s = 60;
    for (const auto give_up_ns = boottime_ns() + patience_s * ns_per_s;;) {
      try {
        return std::make_unique<link>(host, context, link_options{.endpoints = {endpoint_}},
                                      [](link& l) { return l.receive_some([](inbound&) {}); });
      } catch (const std::runtime_error&) {
        if (boottime_ns() > give_up_ns)
          throw;
        std::this_thread::yield();
      }
    }
  }

  void settle() {
    while (host.run_once(0)) {
    }
  }

  void subscribe() {
    builder_.Clear();
    std::vector<flatbuffers::Offset<flatbuffers::String>> all{builder_.CreateString("*")};
    const auto m =
        wire::CreateSubscribeDirect(builder_, "healthy", &all, wire::Policy::Every, session);
    app_.send(0, finish_app(builder_, 0, m));
  }

  // Checks that a new run of the healthy camera is welcomed, and that its frame reaches the healthy
  // application.
  void serve() {
    ++stream_;
    delivered_ = welcome_ = 0;
    const auto hello = [this] {
      builder_.Clear();
      const auto m = wire::CreateHelloDirect(builder_, "healthy", stream_, session, "fuzz");
      camera_.send(0, finish_camera(builder_, 0, m));
      settle();
      return welcome_ == stream_;
    };
    MONOPOD_ENSURE(until(hello), "a healthy camera is welcome");
    grant();
    builder_.Clear();
    const auto frame = wire::CreateFrameDirect(builder_, "healthy", stream_, 1, 1);
    const payload body(nullptr, std::as_bytes(std::span("jpeg")));
    camera_.send(0, finish_camera(builder_, 0, frame), &body);
    MONOPOD_ENSURE(until([this] { return delivered_ == stream_; }), "a healthy camera is served");
  }

  void grant() {
    builder_.Clear();
    app_.send(0, finish_app(builder_, 0, wire::CreateCredit(builder_, 64)));
  }

  void on_camera(inbound& in) {
    const auto* m = decode_camera(in.envelope);
    MONOPOD_ENSURE(m != nullptr, "a gateway sends valid messages");
    if (const auto* welcome = m->body_as_Welcome())
      welcome_ = welcome->stream();
  }

  // Answers every frame, whichever camera sent it.
  void on_app(inbound& in) {
    const auto* m = decode_app(in.envelope);
    MONOPOD_ENSURE(m != nullptr, "a broker sends valid messages");
    const auto* frame = m->body_as_Frame();
    if (frame == nullptr)
      return;
    if (view(frame->camera()) == "healthy")
      delivered_ = frame->stream();
    builder_.Clear();
    const auto inference = wire::CreateInferenceDirect(builder_, "fuzz");
    const auto result = wire::CreateAppResultDirect(builder_, frame->camera()->c_str(),
                                                    frame->stream(), frame->seq(), 1, 2, inference);
    app_.send(0, finish_app(builder_, 0, result));
    grant();
  }

  static constexpr std::uint64_t session = 0x6d6f6e6f706f6421; // the fuzzer won't guess it

  std::string endpoint_;
  flatbuffers::FlatBufferBuilder builder_;
  std::uint64_t stream_ = 0;
  std::uint64_t welcome_ = 0;   // newest stream that was welcomed
  std::uint64_t delivered_ = 0; // newest stream that reached the application
  int inputs_ = 0;
  link camera_{host, context, {.endpoints = {"inproc://cameras"}}, [this](link& l) {
                 return l.receive_some([this](inbound& in) { on_camera(in); });
               }};
  link app_{host, context, {.endpoints = {"inproc://apps"}}, [this](link& l) {
              return l.receive_some([this](inbound& in) { on_app(in); });
            }};
};

} // namespace monopod::fuzz
