#include "programs/sources/picture_reader.hpp"

#include "core/limits.hpp"

#include <new>
#include <stdexcept>
#include <utility>

namespace monopod {

namespace {

void check(bool good) {
  if (!good)
    throw std::runtime_error("its codec can't be opened");
}

std::span<const std::byte> bytes_of(const AVPacket& packet) {
  return std::as_bytes(std::span(packet.data, static_cast<std::size_t>(packet.size)));
}

// The payload takes over the bytes that the packet owned.
payload take(AVPacket& packet, std::size_t bytes) {
  std::shared_ptr<AVPacket> owner = new_packet();
  av_packet_move_ref(owner.get(), &packet);
  return {owner, bytes_of(*owner).first(bytes)};
}

} // namespace

picture_reader::picture_reader(const AVCodecParameters& format, bool pass_jpeg)
    : is_jpeg_(format.codec_id == AV_CODEC_ID_MJPEG), pass_(pass_jpeg && is_jpeg_) {
  if (is_jpeg_) {
    AVBSFContext* raw = nullptr;
    check(av_bsf_alloc(av_bsf_get_by_name("mjpeg2jpeg"), &raw) == 0);
    add_tables_.reset(raw);
    check(avcodec_parameters_copy(raw->par_in, &format) >= 0 && av_bsf_init(raw) == 0);
  }
  if (pass_)
    return;
  const auto* codec = avcodec_find_decoder(format.codec_id);
  check(codec != nullptr);
  codec_.reset(avcodec_alloc_context3(codec));
  frame_.reset(av_frame_alloc());
  check(codec_ != nullptr && frame_ != nullptr);
  codec_->thread_count = 1; // more threads hold pictures back
  check(avcodec_parameters_to_context(codec_.get(), &format) >= 0 &&
        avcodec_open2(codec_.get(), codec, nullptr) == 0);
}

// Adds the Huffman tables if they are missing. Returns nothing if the JPEG is not whole.
std::optional<jpeg_structure> picture_reader::complete(AVPacket& packet) {
  auto found = read_jpeg(bytes_of(packet));
  if (found && !found->has_huffman_tables) {
    // The filter takes the packet and gives another one; there is nothing else in it.
    const bool filled = av_bsf_send_packet(add_tables_.get(), &packet) == 0 &&
                        av_bsf_receive_packet(add_tables_.get(), &packet) == 0;
    found = filled ? read_jpeg(bytes_of(packet)) : std::nullopt;
  }
  return found;
}

void picture_reader::feed(AVPacket& packet, std::uint64_t captured_at_ns) {
  const auto size = static_cast<std::size_t>(packet.size);
  if (size == 0 || size > limits::frame_bytes || (packet.flags & AV_PKT_FLAG_CORRUPT) != 0) {
    ++broken_;
    return;
  }
  if (is_jpeg_) {
    const auto found = complete(packet);
    if (!found) {
      ++broken_;
      return;
    }
    if (pass_) {
      passed_ =
          picture{take(packet, found->bytes), nullptr, found->width, found->height, captured_at_ns};
      return;
    }
  }
  // The decoder hands this stamp to the picture that the packet becomes, in whatever order.
  packet.pts = static_cast<std::int64_t>(captured_at_ns);
  packet.dts = AV_NOPTS_VALUE;
  if (avcodec_send_packet(codec_.get(), &packet) < 0)
    ++broken_;
}

void picture_reader::end() {
  if (pass_)
    finished_ = true;
  else
    avcodec_send_packet(codec_.get(), nullptr);
}

void picture_reader::rewind() {
  finished_ = false;
  if (!pass_)
    avcodec_flush_buffers(codec_.get());
}

std::optional<picture> picture_reader::next() {
  if (pass_)
    return std::exchange(passed_, std::nullopt);
  for (;;) {
    const int got = avcodec_receive_frame(codec_.get(), frame_.get());
    if (got == 0 && (frame_->flags & AV_FRAME_FLAG_CORRUPT) == 0)
      if (auto found = convert())
        return found;
    if (got == AVERROR(EAGAIN))
      return std::nullopt;
    if (got == AVERROR_EOF) {
      finished_ = true;
      return std::nullopt;
    }
    ++broken_;
  }
}

std::optional<picture> picture_reader::convert() {
  const int width = frame_->width;
  const int height = frame_->height;
  scaler_.reset(sws_getCachedContext(scaler_.release(), width, height,
                                     static_cast<AVPixelFormat>(frame_->format), width, height,
                                     AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (scaler_ == nullptr)
    return std::nullopt;
  rgb_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  std::uint8_t* const planes[] = {rgb_.data()};
  const int strides[] = {width * 3};
  sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, height, planes, strides);
  return picture{{}, rgb_.data(), width, height, static_cast<std::uint64_t>(frame_->pts)};
}

} // namespace monopod
