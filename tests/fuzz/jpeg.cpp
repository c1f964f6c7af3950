// Any bytes as a JPEG packet from a device or a stream.
#include "core/ensure.hpp"
#include "programs/sources/encoder.hpp"
#include "programs/sources/picture_reader.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace monopod::fuzz {

namespace {

std::optional<picture> read(std::span<const std::byte> data) {
  AVCodecParameters* format = avcodec_parameters_alloc();
  const media_ptr<AVCodecParameters> owner(format);
  format->codec_type = AVMEDIA_TYPE_VIDEO;
  format->codec_id = AV_CODEC_ID_MJPEG;
  picture_reader reader(*format, true);
  const auto packet = new_packet();
  MONOPOD_ENSURE(av_new_packet(packet.get(), static_cast<int>(data.size())) == 0, "memory");
  if (!data.empty())
    std::memcpy(packet->data, data.data(), data.size());
  reader.feed(*packet, 1);
  auto found = reader.next();
  MONOPOD_ENSURE(found.has_value() == (reader.broken() == 0), "given, or counted");
  return found;
}

} // namespace

std::vector<bytes> valid_inputs() {
  const std::vector<std::uint8_t> grey(std::size_t{16} * 16 * 3, 0x80);
  const auto jpeg = jpeg_encoder().encode_rgb(grey.data(), 16, 16, 50);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(jpeg.bytes().data());
  return {bytes(begin, begin + jpeg.size_bytes())};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  init_media();
  const auto input = std::as_bytes(std::span(data, size));
  const auto found = fuzz::read(input);
  if (!found)
    return 0;
  // A picture that is passed on can be read again, and nothing of it is lost.
  const auto again = read_jpeg(found->jpeg.bytes());
  MONOPOD_ENSURE(again && again->bytes == found->jpeg.size_bytes() && again->has_huffman_tables,
                 "a whole picture");
  MONOPOD_ENSURE(again->width == found->width && again->height == found->height, "the same size");
  const auto first = read_jpeg(input);
  MONOPOD_ENSURE(!first->has_huffman_tables ||
                     std::ranges::equal(found->jpeg.bytes(), input.first(first->bytes)),
                 "the same bytes");
  return 0;
}
