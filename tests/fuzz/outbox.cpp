// Anything that an outsider may send to the ledger stage instead of a cloud stage's messages.
#include "tests/fuzz/pod.hpp"

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  flatbuffers::FlatBufferBuilder b;
  bytes input;
  const auto add = [&](auto body) {
    append(input, {finish_outbox(b, 1, body)});
    b.Clear();
  };
  const auto attach = [&](const char* cloud, bool connected) {
    std::vector<flatbuffers::Offset<wire::CloudWindow>> clouds{
        wire::CreateCloudWindowDirect(b, cloud, 4, connected)};
    add(wire::CreateCloudAttachDirect(b, "node", &clouds));
  };
  attach("local", true);
  add(wire::CreatePublishedDirect(b, "local", 2));
  add(wire::CreatePublishedDirect(b, "local", 3));
  attach("local", false);
  attach("nowhere", true);
  add(wire::CreateCloudAttached(b, 5)); // not meant for a ledger stage
  return {input};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: at exit, the things that CAF needs to end its actors are gone already.
  static auto& pod = *new monopod::fuzz::pod("inproc://results");
  pod.take({data, size});
  return 0;
}
