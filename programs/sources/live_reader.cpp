#include "programs/sources/live_reader.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "programs/sources/address.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

namespace monopod {

namespace {

// Options of a source for FFmpeg; freed with the object.
class dictionary {
public:
  dictionary() = default;
  ~dictionary() { av_dict_free(&entries_); }
  dictionary(const dictionary&) = delete;
  dictionary& operator=(const dictionary&) = delete;
  void set(const char* key, const std::string& value) {
    av_dict_set(&entries_, key, value.c_str(), 0);
  }
  AVDictionary** get() { return &entries_; }

private:
  AVDictionary* entries_ = nullptr;
};

// Whether pictures need no others, so that each packet is a picture of its own.
bool is_intra_only(const AVCodecParameters& format) {
  const auto* about = avcodec_descriptor_get(format.codec_id);
  return about != nullptr && (about->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
}

// A copy of our own: FFmpeg's packets of a device are its buffers, gone once it is closed.
media_ptr<AVPacket> copy_of(const AVPacket& packet) {
  auto copy = new_packet();
  if (av_new_packet(copy.get(), packet.size) < 0)
    throw std::runtime_error("no memory for a packet");
  std::copy_n(packet.data, packet.size, copy->data);
  copy->flags = packet.flags;
  return copy;
}

const char* input_format(source_kind kind) {
  return kind == source_kind::device ? "v4l2" : kind == source_kind::mjpeg ? "mpjpeg" : "rtsp";
}

} // namespace

std::uint32_t retry_delay_ms(unsigned failures, double jitter) {
  constexpr std::uint32_t least = 250;
  constexpr unsigned doublings = 5;
  const auto delay = static_cast<double>(least << std::min(std::max(failures, 1u) - 1, doublings));
  return static_cast<std::uint32_t>(delay * (0.5 + jitter / 2));
}

live_reader::live_reader(const source_options& options, packet_queue& queue)
    : options_(options), shown_(without_secrets(options.address)), queue_(queue),
      thread_([this](const std::stop_token& stop) {
        stop_ = stop;
        run();
      }) {}

live_reader::~live_reader() = default;

source_statistics live_reader::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void live_reader::run() {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(random_u64()));
  for (unsigned failures = 0; !stop_.stop_requested();) {
    std::string trouble;
    got_picture_ = false;
    try {
      read_connection();
    } catch (const std::exception& e) { // it stays in this thread, which tries again
      trouble = e.what();
    }
    if (stop_.stop_requested())
      return;
    failures = got_picture_ ? 1 : failures + 1;
    const auto ms = retry_delay_ms(failures, std::uniform_real_distribution<>(0, 1)(random));
    tell(trouble, ms);
    rest(ms);
  }
}

void live_reader::tell(const std::string& trouble, std::uint32_t retry_ms) {
  log_warn("source", got_picture_ ? "the source broke off" : "the source can't be opened",
           {{"source", shown_}, {"why", trouble}, {"again_in_ms", retry_ms}});
  const std::lock_guard lock(mutex_);
  stats_.trouble = trouble;
}

void live_reader::rest(std::uint32_t ms) {
  std::unique_lock lock(mutex_);
  resting_.wait_for(lock, stop_, std::chrono::milliseconds(ms), [] { return false; });
}

void live_reader::extend_deadline() {
  deadline_ns_ = boottime_ns() + options_.patience_ms * ns_per_ms;
}

void live_reader::fail(int code) const {
  if (code == AVERROR_EXIT || code == AVERROR(ETIMEDOUT))
    throw std::runtime_error("nothing arrived for " + std::to_string(options_.patience_ms) + " ms");
  throw std::runtime_error(code == AVERROR_EOF ? "it ended" : media_error(code));
}

media_ptr<AVFormatContext> live_reader::open() {
  const auto kind = kind_of(options_.address);
  const auto try_open = [&](bool want_jpeg, int& result) {
    media_ptr<AVFormatContext> context(avformat_alloc_context());
    if (context == nullptr)
      throw std::bad_alloc();
    context->interrupt_callback = {[](void* self) {
                                     const auto* reader = static_cast<const live_reader*>(self);
                                     return int{reader->stop_.stop_requested() ||
                                                boottime_ns() > reader->deadline_ns_};
                                   },
                                   this};
    dictionary told;
    const auto patience_us = std::to_string(std::uint64_t{options_.patience_ms} * 1000);
    if (kind == source_kind::device) {
      context->flags |= AVFMT_FLAG_NONBLOCK; // reading a device can't be interrupted
      if (want_jpeg)
        told.set("input_format", "mjpeg");
      if (options_.width > 0 && options_.height > 0)
        told.set("video_size",
                 std::to_string(options_.width) + "x" + std::to_string(options_.height));
      if (options_.fps > 0)
        told.set("framerate", std::to_string(options_.fps));
    } else {
      told.set("timeout", patience_us);
    }
    if (kind == source_kind::rtsp) {
      told.set("rtsp_transport", options_.udp ? "udp" : "tcp");
      told.set("allowed_media_types", "video");
    }
    auto* raw = context.release(); // FFmpeg frees it if it fails
    result = avformat_open_input(&raw, options_.address.c_str(),
                                 av_find_input_format(input_format(kind)), told.get());
    return media_ptr<AVFormatContext>(raw);
  };
  extend_deadline();
  int result = 0;
  auto context = try_open(true, result);
  if (result == AVERROR(EINVAL) && kind == source_kind::device)
    context = try_open(false, result); // it has no JPEG: take raw pictures, which are encoded here
  if (result < 0)
    fail(result);
  return context;
}

void live_reader::read_connection() {
  const auto context = open();
  // The formats here say at once what they hold; looking for more would only hold pictures up.
  const int stream = av_find_best_stream(context.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (stream < 0)
    throw std::runtime_error("it sends no video that can be decoded");
  media_ptr<AVCodecParameters> format(avcodec_parameters_alloc());
  if (format == nullptr ||
      avcodec_parameters_copy(format.get(), context->streams[stream]->codecpar) < 0)
    throw std::bad_alloc();
  const std::shared_ptr<const AVCodecParameters> shared = std::move(format);
  queue_.break_off();
  const auto packet = new_packet();
  while (!stop_.stop_requested()) {
    const int got = av_read_frame(context.get(), packet.get());
    if (got == AVERROR(EAGAIN)) {
      if (boottime_ns() > deadline_ns_)
        fail(AVERROR(ETIMEDOUT));
      constexpr std::uint32_t between_looks_ms = 2;
      rest(between_looks_ms);
      continue;
    }
    if (got < 0)
      fail(got);
    if (packet->stream_index == stream)
      queue(*packet, shared);
    av_packet_unref(packet.get());
  }
}

void live_reader::queue(AVPacket& packet, const std::shared_ptr<const AVCodecParameters>& format) {
  const auto received_at_ns = realtime_ns();
  extend_deadline();
  const bool intra = is_intra_only(*format);
  if (packet.size <= 0 || (packet.flags & AV_PKT_FLAG_CORRUPT) != 0 ||
      static_cast<std::size_t>(packet.size) > limits::frame_bytes) {
    queue_.break_off();
    const std::lock_guard lock(mutex_);
    ++stats_.broken;
    return;
  }
  if (!got_picture_) {
    got_picture_ = true;
    log_info("source", connections_ == 0 ? "the source sends" : "the source sends again",
             {{"source", shown_}, {"codec", avcodec_get_name(format->codec_id)}});
    const std::lock_guard lock(mutex_);
    stats_.trouble.clear();
    stats_.reconnects += connections_ == 0 ? 0 : 1;
    ++connections_;
  }
  queue_.push({copy_of(packet), received_at_ns, format},
              intra || (packet.flags & AV_PKT_FLAG_KEY) != 0);
}

} // namespace monopod
