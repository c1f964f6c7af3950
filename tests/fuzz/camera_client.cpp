// Anything that an outsider may send to a camera instead of a gateway's messages.
#include "clients/camera_window.hpp"
#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "schemas/codec.hpp"
#include "tests/fuzz/target.hpp"

#include <memory>

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  flatbuffers::FlatBufferBuilder b;
  bytes input;
  std::uint8_t action = 0;
  const auto add = [&](auto body) {
    append(input, {finish_camera(b, 1, body), 10, ++action});
    b.Clear();
  };
  for (int round = 0; round < 3; ++round) {
    add(wire::CreateWelcomeDirect(b, "cam", 1, 0, 8));
    add(wire::CreateAckDirect(b, "cam", 1, 2, 8));
    add(wire::CreateRefusedDirect(b, "cam", 1, 3, wire::RefuseReason::TooLarge));
    add(wire::CreateRefusedDirect(b, "cam", 1, 0, wire::RefuseReason::OverCredit));
    add(wire::CreateRefusedDirect(b, "cam", 3, 0, wire::RefuseReason::StaleStream));
    add(wire::CreateRefusedDirect(b, "cam", 4, 0, wire::RefuseReason::NotReady, "starting"));
  }
  return {input};
}

namespace {

// The camera goes on meanwhile: it takes and sends frames, and time passes.
class camera {
public:
  explicit camera(full_policy full) : window_(1, {.frames = 8, .bytes = 1000, .full = full}) {}

  void take(const message& m) {
    now_ns_ += m.action * 10 * ns_per_ms;
    for (int i = 0; i < m.action % 4; ++i)
      window_.push({nullptr, std::span(picture_).first(m.body_bytes)}, 1, 0, 0, now_ns_);
    receive(m);
    if (window_.hello_due(now_ns_))
      window_.hello_said(now_ns_);
    std::uint64_t last = 0;
    while (const auto f = window_.next()) {
      MONOPOD_ENSURE(f->info.seq > last && f->body != nullptr, "frames are sent in order");
      last = f->info.seq;
      window_.sent(now_ns_);
    }
    const auto& s = window_.stats();
    MONOPOD_ENSURE(s.taken == s.acknowledged + s.dropped + s.refused + window_.held(),
                   "every frame is held or accounted for");
    MONOPOD_ENSURE(window_.held() <= 8, "the window is bounded");
  }

private:
  void receive(const message& m) {
    const auto* decoded = decode_camera(copy_aligned(std::as_bytes(m.envelope), scratch_));
    if (decoded == nullptr)
      return;
    if (const auto* welcome = decoded->body_as_Welcome())
      window_.on_welcome(decoded->epoch(), *welcome, now_ns_);
    else if (const auto* ack = decoded->body_as_Ack())
      window_.on_ack(decoded->epoch(), *ack, now_ns_);
    else if (const auto* refused = decoded->body_as_Refused())
      window_.on_refused(decoded->epoch(), *refused, now_ns_, 0.5);
  }

  camera_window window_;
  std::uint64_t now_ns_ = ns_per_s;
  std::vector<std::byte> picture_ = std::vector<std::byte>(255);
  std::vector<std::uint64_t> scratch_;
};

} // namespace

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto full : {monopod::full_policy::block, monopod::full_policy::drop_oldest}) {
    monopod::fuzz::camera camera(full);
    for (const auto& m : monopod::fuzz::split({data, size}))
      camera.take(m);
  }
  return 0;
}
