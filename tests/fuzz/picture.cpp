// Any bytes as the JPEG of a result, and any boxes to cut it by.
#include "actors/cloud/picture_cutter.hpp"
#include "core/ensure.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/drawn_jpeg.hpp"

#include <bit>
#include <cstring>

namespace monopod::fuzz {

namespace {

constexpr std::size_t box_bytes = sizeof(float) * 4;

// The box is the start of an input, the rest is the JPEG.
bytes input_of(const wire::Box& box, const payload& jpeg) {
  bytes input(box_bytes);
  std::memcpy(input.data(), &box, box_bytes);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(jpeg.bytes().data());
  input.insert(input.end(), begin, begin + jpeg.size_bytes());
  return input;
}

picture_area area_of(const wire::Box& box) {
  flatbuffers::FlatBufferBuilder b;
  const std::vector<flatbuffers::Offset<wire::Detection>> detections{
      wire::CreateDetectionDirect(b, "person", 1, &box)};
  b.Finish(wire::CreateInferenceDirect(b, "m", "1", 1, &detections));
  const auto area =
      area_around(*flatbuffers::GetRoot<wire::Inference>(b.GetBufferPointer()), {"person"});
  MONOPOD_ENSURE(area.has_value(), "a wanted detection has an area");
  return *area;
}

} // namespace

std::vector<bytes> valid_inputs() {
  const wire::Box part(0.3F, 0.4F, 0.2F, 0.3F);
  std::vector<bytes> all;
  for (const int sampling : {TJSAMP_420, TJSAMP_444, TJSAMP_GRAY})
    for (const int flags : {0, TJFLAG_PROGRESSIVE})
      all.push_back(input_of(part, drawn_jpeg(72, 40, sampling, flags)));
  return all;
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  if (size < fuzz::box_bytes)
    return 0;
  wire::Box box;
  std::memcpy(&box, data, fuzz::box_bytes);
  const auto area = fuzz::area_of(box);
  const auto rest = std::as_bytes(std::span(data, size).subspan(fuzz::box_bytes));
  const auto cut = cut_jpeg(payload_of({rest.begin(), rest.end()}), area);
  if (!cut)
    return 0;
  MONOPOD_ENSURE(cut->x >= 0 && cut->y >= 0 && cut->width > 0 && cut->height > 0,
                 "a part of the picture");
  const auto bytes = cut->jpeg.bytes();
  MONOPOD_ENSURE(
      bytes.size() == rest.size() ||
          (bytes.size() > 4 && bytes.front() == std::byte{0xff} && bytes.back() == std::byte{0xd9}),
      "all of the picture, or a whole one");
  return 0;
}
