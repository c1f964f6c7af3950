// Messages of a camera with any values, to a gateway, broker and ledger between the messages of a
// healthy camera and a healthy application, which are served afterwards.
#include "tests/fuzz/hostile_client.hpp"

#include <array>

namespace monopod::fuzz {

namespace {

class hostile_camera final : public hostile_client {
public:
  hostile_camera(std::span<const std::uint8_t> input, std::uint64_t stream)
      : hostile_client(input), stream_(stream) {
    make([this] { return envelope(); }, 255);
  }

private:
  const char* name() {
    constexpr std::array names{"healthy", "cam", "other", "", "no/slash", "*"};
    return names[from_.byte() % names.size()];
  }
  std::uint64_t stream() { return from_.number(stream_); }

  std::span<const std::uint8_t> envelope() {
    const auto epoch = from_.number(1);
    auto& b = builder_;
    switch (from_.byte() % 8) {
    case 0:
    case 1:
      return finish_camera(
          b, epoch,
          wire::CreateHelloDirect(b, name(), stream(), from_.number(5), "client", from_.number(1)));
    case 2:
      return finish_camera(b, epoch, wire::CreateByeDirect(b, name(), stream()));
    case 3:
      return finish_camera(b, epoch, wire::CreateAckDirect(b, name(), stream(), from_.number(1)));
    default:
      return finish_camera(b, epoch,
                           wire::CreateFrameDirect(b, name(), stream(), from_.number(1),
                                                   from_.number(1), from_.number(1),
                                                   static_cast<wire::Encoding>(from_.byte() % 3),
                                                   from_.byte(), from_.byte(),
                                                   static_cast<std::uint32_t>(from_.number(0))));
    }
  }

  std::uint64_t stream_;
};

} // namespace

std::vector<bytes> valid_inputs() { return hostile_inputs(bytes{}, 8, 12); }

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: at exit, the things that CAF needs to end its actors are gone already.
  static auto& pod = *new monopod::fuzz::pod("inproc://cameras");
  pod.take(monopod::fuzz::hostile_camera({data, size}, pod.stream()).messages());
  return 0;
}
