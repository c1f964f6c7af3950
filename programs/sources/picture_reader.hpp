// From the packets of a video stream to its pictures.
#pragma once

#include "programs/sources/jpeg.hpp"
#include "programs/sources/media.hpp"
#include "programs/sources/source.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace monopod {

/// Decodes, or passes JPEG packets on as they are: the same bytes, without the padding behind their
/// end; where the Huffman tables are missing, as from many USB cameras, the usual ones are put in.
/// A broken packet costs its picture only. Not thread-safe.
class picture_reader {
public:
  /// Throws std::runtime_error where the codec can't be opened.
  picture_reader(const AVCodecParameters& format, bool pass_jpeg);

  /// Takes the bytes of `packet` over; its pictures get this stamp. Call next() until it has
  /// nothing before the next one.
  void feed(AVPacket& packet, std::uint64_t captured_at_ns);
  /// No more packets; next() gives what the decoder still holds.
  void end();
  /// Nothing: feed more, or it is finished(). Pixels are valid until the next call.
  std::optional<picture> next();
  bool finished() const { return finished_; }
  /// From the start, after end().
  void rewind();
  std::uint64_t broken() const { return broken_; }

private:
  std::optional<jpeg_structure> complete(AVPacket& packet);
  std::optional<picture> convert();

  bool is_jpeg_;
  bool pass_;
  bool finished_ = false;
  std::uint64_t broken_ = 0;
  std::optional<picture> passed_;
  media_ptr<AVBSFContext> add_tables_;
  media_ptr<AVCodecContext> codec_;
  media_ptr<AVFrame> frame_;
  media_ptr<SwsContext> scaler_;
  std::vector<std::uint8_t> rgb_;
};

} // namespace monopod
