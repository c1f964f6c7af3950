// Messages of an application with any values, to a broker, gateway and ledger between the messages
// of a healthy camera and a healthy application, which are served afterwards.
#include "tests/fuzz/hostile_client.hpp"

#include <array>
#include <cstring>

namespace monopod::fuzz {

namespace {

class hostile_app final : public hostile_client {
public:
  hostile_app(std::span<const std::uint8_t> input, std::uint64_t stream)
      : hostile_client(input), stream_(stream) {
    make([this] { return envelope(); }, 0);
  }

private:
  const char* name() {
    constexpr std::array names{"app", "healthy", "other", "", "no/slash", "*"};
    return names[from_.byte() % names.size()];
  }
  // Any bits: NaN and infinities, too.
  float real() {
    const auto bits = static_cast<std::uint32_t>(from_.number(0x3f800000));
    float f = 0;
    std::memcpy(&f, &bits, sizeof f);
    return f;
  }
  std::uint32_t number32() { return static_cast<std::uint32_t>(from_.number(1)); }

  std::span<const std::uint8_t> envelope() {
    const auto epoch = from_.number(1);
    auto& b = builder_;
    switch (from_.byte() % 6) {
    case 0:
    case 1: {
      std::vector<flatbuffers::Offset<flatbuffers::String>> patterns;
      for (auto left = from_.byte() % 4; left > 0; --left)
        patterns.push_back(b.CreateString(from_.byte() % 2 == 0 ? "*" : name()));
      return finish_app(b, epoch,
                        wire::CreateSubscribeDirect(
                            b, name(), &patterns, static_cast<wire::Policy>(from_.byte() % 4),
                            from_.number(5), number32(), number32(), real()));
    }
    case 2:
      return finish_app(b, epoch, wire::CreateCredit(b, number32()));
    case 3:
      return finish_app(b, epoch, wire::CreateSubscribed(b, from_.number(1)));
    default:
      return result(epoch);
    }
  }

  std::span<const std::uint8_t> result(std::uint64_t epoch) {
    auto& b = builder_;
    std::vector<flatbuffers::Offset<wire::Detection>> detections;
    for (auto left = from_.byte() % 4; left > 0; --left) {
      const wire::Box box(real(), real(), real(), real());
      detections.push_back(wire::CreateDetectionDirect(b, name(), real(), &box, from_.number(1)));
    }
    const auto inference =
        wire::CreateInferenceDirect(b, name(), name(), from_.number(1), &detections);
    return finish_app(b, epoch,
                      wire::CreateAppResultDirect(b, from_.byte() % 4 == 0 ? name() : "healthy",
                                                  from_.number(stream_), from_.number(1),
                                                  from_.number(1), from_.number(1), inference));
  }

  std::uint64_t stream_;
};

} // namespace

std::vector<bytes> valid_inputs() {
  return hostile_inputs(bytes{0, 0, 1, 0, 0, 0, 5, 8, 8, 8}, 6, 16);
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: at exit, the things that CAF needs to end its actors are gone already.
  static auto& pod = *new monopod::fuzz::pod("inproc://apps");
  pod.take(monopod::fuzz::hostile_app({data, size}, pod.stream()).messages());
  return 0;
}
