// Anything that an outsider may send to the gateway instead of a camera's messages.
#include "tests/fuzz/pod.hpp"

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  flatbuffers::FlatBufferBuilder b;
  bytes input;
  const auto add = [&](auto body, std::size_t body_bytes = 0) {
    append(input, {finish_camera(b, 1, body), body_bytes});
    b.Clear();
  };
  add(wire::CreateHelloDirect(b, "cam", 1, 5, "client"));
  add(wire::CreateFrameDirect(b, "cam", 1, 1, 77), 100);
  add(wire::CreateFrameDirect(b, "cam", 1, 3, 78, 0, wire::Encoding::Jpeg, 640, 480, 1), 50);
  add(wire::CreateFrameDirect(b, "cam", 1, 5, 79), 50); // a gap
  add(wire::CreateHelloDirect(b, "cam", 2, 5));
  add(wire::CreateFrameDirect(b, "cam", 2, 1, 80), 1);
  add(wire::CreateHelloDirect(b, "other", 1, 6));
  add(wire::CreateByeDirect(b, "cam", 2));
  add(wire::CreateWelcomeDirect(b, "cam", 1)); // not meant for a gateway
  return {input};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: at exit, the things that CAF needs to end its actors are gone already.
  static auto& pod = *new monopod::fuzz::pod("inproc://cameras");
  pod.take({data, size});
  return 0;
}
