// Any bytes as a picture for the detector, as what a network puts out, and as a crowd to track.
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "programs/detector/limits.hpp"
#include "programs/detector/network_output.hpp"
#include "programs/detector/picture.hpp"
#include "programs/detector/tracker.hpp"
#include "programs/sources/encoder.hpp"
#include "tests/fuzz/choices.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace monopod::fuzz {

namespace {

constexpr int input_side = 64; // pixels

// Pictures of more pixels are sound, too, and take their time.
constexpr std::int64_t picture_pixels_here = 1024 * 1024;

void decode(std::span<const std::byte> data) {
  static picture_decoder decoder;
  // The size is where the decoder looks for it: behind the first frame header (ITU-T T.81, B.2.2).
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
  for (std::size_t i = 0; i + 8 < data.size(); ++i)
    if (bytes[i] == 0xff && (bytes[i + 1] & 0xf0) == 0xc0) {
      const std::int64_t height = bytes[i + 5] * 256 + bytes[i + 6];
      const std::int64_t width = bytes[i + 7] * 256 + bytes[i + 8];
      if (height * width > picture_pixels_here && height * width <= limits::picture_pixels)
        return;
    }
  const auto picture = decoder.decode(data, input_side, input_side);
  MONOPOD_ENSURE(picture || !picture.error().empty(), "a reason");
  if (picture)
    MONOPOD_ENSURE(picture->pixels.cols > 0 && picture->pixels.cols <= picture->width &&
                       picture->pixels.rows > 0 && picture->pixels.rows <= picture->height,
                   "at most the size of the picture");
}

// Numbers of any kind; NaN and infinities only if they need not be finite.
cv::Mat numbers(choices& from, const std::vector<int>& shape, bool finite) {
  cv::Mat m(shape, CV_32F);
  for (std::size_t i = 0; i < m.total(); ++i) {
    auto bits = static_cast<std::uint32_t>(from.bits() >> 32U);
    if (constexpr std::uint32_t exponent = 0x7f80'0000U; finite && (bits & exponent) == exponent)
      bits ^= exponent;
    std::memcpy(m.ptr<float>() + i, &bits, sizeof bits);
  }
  return m;
}

void track(const std::vector<found_box>& boxes, tracker& tracks, std::uint64_t at_ns) {
  const auto ids = tracks.update(boxes, at_ns);
  MONOPOD_ENSURE(ids.size() == boxes.size(), "a number for each");
  MONOPOD_ENSURE(tracks.size() <= limits::tracks_per_camera, "the bound");
  std::set<std::uint64_t> seen;
  for (const auto id : ids)
    MONOPOD_ENSURE(id == 0 || seen.insert(id).second, "one box for each track");
}

// The outputs of a network with two classes, of one layout, and what becomes of them.
void read_and_track(choices& from) {
  model_description model;
  model.width = model.height = input_side;
  model.labels = {"person", "car"};
  model.layout = static_cast<output_layout>(from.byte() % 3);
  tracker tracks;
  std::uint64_t at_ns = 0;
  for (int frame = 0; frame < 4; ++frame) {
    const bool finite = from.byte() % 8 != 0;
    std::vector<cv::Mat> outputs;
    if (model.layout == output_layout::yolov8)
      outputs = {numbers(from, {1, 6, 84}, finite)};
    else if (model.layout == output_layout::ssd)
      outputs = {numbers(from, {1, 1, 8, 7}, finite)};
    else
      for (const int columns : {2, 44})
        for (const int cells : {64, 16, 4})
          outputs.push_back(numbers(from, {1, cells, columns}, finite));
    const auto wrong = wrong_outputs(model, outputs);
    MONOPOD_ENSURE(wrong.empty() || !finite, "outputs of that layout");
    if (!wrong.empty())
      continue;
    for (const auto& b : suppress(read_boxes(model, outputs, 0.1F, {true, true}).boxes, 0.5F)) {
      for (const auto number : {b.place.x, b.place.y, b.place.width, b.place.height})
        MONOPOD_ENSURE(std::isfinite(number), "a box is finite");
      MONOPOD_ENSURE(b.label < model.labels.size(), "a class that has a label");
    }
    std::vector<found_box> crowd;
    const auto share = [&from] { return static_cast<float>(from.byte()) / 255; };
    for (auto left = from.byte() % 200; left > 0; --left)
      crowd.push_back({from.byte() % std::size_t{2},
                       share(),
                       {share(), share(), share() / 4 + 0.001F, share() / 4 + 0.001F}});
    at_ns = from.byte() % 4 == 0 ? from.bits() : at_ns + 100 * ns_per_ms;
    track(crowd, tracks, at_ns);
  }
}

} // namespace

std::vector<bytes> valid_inputs() {
  const std::vector<std::uint8_t> grey(std::size_t{16} * 16 * 3, 0x80);
  const auto jpeg = jpeg_encoder().encode_rgb(grey.data(), 16, 16, 50);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(jpeg.bytes().data());
  bytes picture(1 + jpeg.size_bytes());
  std::copy(begin, begin + jpeg.size_bytes(), picture.begin() + 1);
  bytes crowd(600, 0x2b); // an odd number: not a picture
  return {picture, crowd};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  if (size == 0)
    return 0;
  if (data[0] % 2 == 0) {
    fuzz::decode(std::as_bytes(std::span(data, size).subspan(1)));
  } else {
    fuzz::choices from(std::span(data, size).subspan(1));
    fuzz::read_and_track(from);
  }
  return 0;
}
