// A reader that makes pictures from the packets of a video stream.
#pragma once

#include "programs/sources/jpeg.hpp"
#include "programs/sources/media.hpp"
#include "programs/sources/source.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace monopod {

/// Decodes packets, or passes JPEG on as it is: the same bytes, without the padding behind their
/// end. If the Huffman tables are missing, as with many USB cameras, it puts the usual ones in. A
/// broken packet costs only its own picture. Not thread-safe.
class picture_reader {
public:
  /// Throws std::runtime_error if the codec can't be opened.
  picture_reader(const AVCodecParameters& format, bool pass_jpeg);

  /// Takes over the bytes of `packet`, whose pictures get this stamp. Call next() until it returns
  /// nothing before you feed another packet.
  void feed(AVPacket& packet, std::uint64_t captured_at_ns);
  /// Says that no more packets follow; next() then returns what the decoder still holds.
  void end();
  /// The next picture. Nothing if it needs more packets, or is finished(). Pixels are valid until
  /// the next call.
  std::optional<picture> next();
  bool finished() const { return finished_; }
  /// Gets ready for the same stream from its start; call it after end().
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
