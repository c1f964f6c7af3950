// Messages of a camera with any values, to a gateway, broker and ledger between the messages of a
// healthy camera and a healthy application, which are served afterwards.
#include "tests/fuzz/choices.hpp"
#include "tests/fuzz/pod.hpp"

#include <array>

namespace monopod::fuzz {

namespace {

class hostile_camera {
public:
  hostile_camera(std::span<const std::uint8_t> input, std::uint64_t stream)
      : from_(input), stream_(stream) {
    constexpr std::size_t most = 32;
    while (from_.any() && envelopes_.size() < most) {
      builder_.Clear();
      const auto made = envelope();
      envelopes_.emplace_back(made.begin(), made.end());
      messages_.push_back({{}, from_.byte(), 0});
    }
    for (std::size_t i = 0; i < messages_.size(); ++i)
      messages_[i].envelope = envelopes_[i];
  }

  const std::vector<message>& messages() const { return messages_; }

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

  choices from_;
  std::uint64_t stream_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<bytes> envelopes_;
  std::vector<message> messages_;
};

} // namespace

std::vector<bytes> valid_inputs() {
  std::vector<bytes> inputs{{}};
  for (std::uint8_t kind = 0; kind < 8; ++kind)
    for (std::uint8_t how = 0; how < 7; ++how) {
      bytes input;
      for (std::uint8_t n = 0; n < 6; ++n) {
        input.insert(input.end(), {0, n % 2 == 0 ? std::uint8_t{0} : kind, 1});
        input.insert(input.end(), 12, how);
      }
      inputs.push_back(std::move(input));
    }
  return inputs;
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: at exit, the things that CAF needs to end its actors are gone already.
  static auto& pod = *new monopod::fuzz::pod("inproc://cameras");
  pod.take(monopod::fuzz::hostile_camera({data, size}, pod.stream()).messages());
  return 0;
}
