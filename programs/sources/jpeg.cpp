#include "programs/sources/jpeg.hpp"

#include <cstring>

namespace monopod {

namespace {

// Second bytes of markers, by ITU T.81, Table B.1.
enum marker : std::uint8_t {
  soi = 0xd8, // start of image
  eoi = 0xd9, // end of image
  sos = 0xda, // start of scan
  dht = 0xc4, // Huffman tables
  jpg = 0xc8, // reserved
  dac = 0xcc, // arithmetic conditioning
  rst0 = 0xd0,
  rst7 = 0xd7,
  sof0 = 0xc0, // start of frame, 0 to 15 without the three above
  sof15 = 0xcf,
  tem = 0x01
};

bool starts_frame(std::uint8_t m) {
  return m >= sof0 && m <= sof15 && m != dht && m != jpg && m != dac;
}

class walker {
public:
  explicit walker(std::span<const std::byte> data) : data_(data) {}

  std::optional<jpeg_structure> run() {
    if (byte(0) != 0xff || byte(1) != soi)
      return std::nullopt;
    at_ = 2;
    bool scanned = false;
    for (;;) {
      const auto m = next_marker();
      if (m == eoi && scanned && found_.width > 0 && found_.height > 0 && is_padding())
        return found_;
      if (!m || m == eoi || m == soi || m == tem || !segment(*m))
        return std::nullopt;
      if (m == sos) {
        scanned = true;
        skip_coded_data();
      }
    }
  }

private:
  std::uint8_t byte(std::size_t index) const {
    return index < data_.size() ? std::to_integer<std::uint8_t>(data_[index]) : 0;
  }
  std::uint16_t word(std::size_t index) const {
    return static_cast<std::uint16_t>((byte(index) << 8) | byte(index + 1));
  }

  // Any number of 0xff may come before a marker.
  std::optional<std::uint8_t> next_marker() {
    if (byte(at_) != 0xff)
      return std::nullopt;
    while (byte(at_) == 0xff)
      ++at_;
    const auto m = byte(at_++);
    if (at_ > data_.size() || m == 0 || (m >= rst0 && m <= rst7))
      return std::nullopt;
    return m;
  }

  // Reads the segment of a marker: its length, which includes its own two bytes, then its data.
  bool segment(std::uint8_t m) {
    constexpr std::size_t frame_head = 8; // length, precision, height, width, components
    const std::size_t length = word(at_);
    if (length < 2 || length > data_.size() - at_)
      return false;
    if (m == dht)
      found_.has_huffman_tables = true;
    if (starts_frame(m)) {
      if (length < frame_head)
        return false;
      found_.height = word(at_ + 3);
      found_.width = word(at_ + 5);
    }
    at_ += length;
    return true;
  }

  // Skips everything up to the next marker that is neither a stuffed byte nor a restart.
  void skip_coded_data() {
    while (at_ < data_.size()) {
      const auto* found = std::memchr(&data_[at_], 0xff, data_.size() - at_);
      if (found == nullptr)
        break;
      at_ = static_cast<std::size_t>(static_cast<const std::byte*>(found) - data_.data());
      const auto m = byte(at_ + 1);
      if (m != 0 && m != 0xff && (m < rst0 || m > rst7))
        return;
      ++at_;
    }
    at_ = data_.size();
  }

  // The picture ends here. Returns whether padding or nothing follows, and not another picture.
  bool is_padding() {
    found_.bytes = at_;
    return byte(at_) != 0xff || byte(at_ + 1) != soi;
  }

  std::span<const std::byte> data_;
  std::size_t at_ = 0;
  jpeg_structure found_;
};

} // namespace

std::optional<jpeg_structure> read_jpeg(std::span<const std::byte> data) {
  return walker(data).run();
}

} // namespace monopod
