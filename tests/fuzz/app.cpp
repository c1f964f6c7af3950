// Anything that an outsider may send to the broker instead of an application's messages.
#include "tests/fuzz/pod.hpp"

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  flatbuffers::FlatBufferBuilder b;
  bytes input;
  const auto add = [&](auto body) {
    append(input, {finish_app(b, 1, body)});
    b.Clear();
  };
  const auto subscribe = [&](const char* name, const char* pattern) {
    std::vector<flatbuffers::Offset<flatbuffers::String>> patterns{b.CreateString(pattern)};
    add(wire::CreateSubscribeDirect(b, name, &patterns, wire::Policy::Every, 5));
  };
  const auto result = [&](const char* camera, std::uint64_t stream, std::uint64_t seq) {
    const wire::Box box(0, 0, 1, 1);
    std::vector<flatbuffers::Offset<wire::Detection>> detections{
        wire::CreateDetectionDirect(b, "person", 0.5f, &box, 1)};
    const auto inference = wire::CreateInferenceDirect(b, "model", "1", 1, &detections);
    add(wire::CreateAppResultDirect(b, camera, stream, seq, 5, 6, inference));
  };
  subscribe("app", "*");
  add(wire::CreateCredit(b, 8));
  result("healthy", 1, 1);
  subscribe("other", "heal?hy");
  result("healthy", 2, 1);
  add(wire::CreateSubscribed(b, 5)); // not meant for a broker
  return {input};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: at exit, the things that CAF needs to end its actors are gone already.
  static auto& pod = *new monopod::fuzz::pod("inproc://apps");
  pod.take({data, size});
  return 0;
}
