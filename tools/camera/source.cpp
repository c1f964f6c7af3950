#include "tools/camera/source.hpp"

#include "tools/camera/scene.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

#include <stdexcept>
#include <vector>

namespace monopod {

namespace {

class synthetic_source final : public source {
public:
  synthetic_source(int width, int height) : scene_(width, height) {}
  std::optional<picture> next() override {
    return picture{scene_.draw(number_++).data(), scene_.width(), scene_.height()};
  }

private:
  street_scene scene_;
  std::uint64_t number_ = 0;
};

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error("can't play " + path + ": " + why +
                           "; name a video file, or 'synthetic'");
}

class video_source final : public source {
public:
  video_source(std::string path, bool loop)
      : path_(std::move(path)), loop_(loop), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
    AVFormatContext* raw = nullptr;
    if (avformat_open_input(&raw, path_.c_str(), nullptr, nullptr) != 0)
      fail(path_, "no such file, or not a video");
    format_.reset(raw);
    const AVCodec* codec = nullptr;
    if (avformat_find_stream_info(raw, nullptr) < 0 ||
        (stream_ = av_find_best_stream(raw, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0)) < 0)
      fail(path_, "it holds no video");
    codec_.reset(avcodec_alloc_context3(codec));
    codec_->thread_count = 1;
    if (avcodec_parameters_to_context(codec_.get(), raw->streams[stream_]->codecpar) < 0 ||
        avcodec_open2(codec_.get(), codec, nullptr) != 0)
      fail(path_, "its codec can't be opened");
  }

  std::optional<picture> next() override {
    for (bool rewound = false;;) {
      const int got = avcodec_receive_frame(codec_.get(), frame_.get());
      if (got == 0)
        return convert();
      if (got == AVERROR_EOF) {
        if (!loop_ || rewound)
          return std::nullopt;
        rewound = true;
        rewind();
      } else if (got == AVERROR(EAGAIN)) {
        feed();
      } else {
        fail(path_, "it can't be decoded");
      }
    }
  }

private:
  struct deleter {
    void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
    void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
    void operator()(AVPacket* p) const { av_packet_free(&p); }
    void operator()(AVFrame* p) const { av_frame_free(&p); }
    void operator()(SwsContext* p) const { sws_freeContext(p); }
  };

  // Gives the decoder the next packet of our stream, or the end.
  void feed() {
    while (av_read_frame(format_.get(), packet_.get()) >= 0) {
      const bool ours = packet_->stream_index == stream_;
      if (ours)
        avcodec_send_packet(codec_.get(), packet_.get()); // a broken packet costs its picture only
      av_packet_unref(packet_.get());
      if (ours)
        return;
    }
    avcodec_send_packet(codec_.get(), nullptr);
  }

  void rewind() {
    if (av_seek_frame(format_.get(), stream_, 0, AVSEEK_FLAG_BACKWARD) < 0)
      fail(path_, "it can't be rewound");
    avcodec_flush_buffers(codec_.get());
  }

  picture convert() {
    const int width = frame_->width;
    const int height = frame_->height;
    scaler_.reset(sws_getCachedContext(scaler_.release(), width, height,
                                       static_cast<AVPixelFormat>(frame_->format), width, height,
                                       AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
    if (scaler_ == nullptr)
      fail(path_, "its pixel format is not known");
    rgb_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    std::uint8_t* const planes[] = {rgb_.data()};
    const int strides[] = {width * 3};
    sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, height, planes, strides);
    return {rgb_.data(), width, height};
  }

  std::string path_;
  bool loop_;
  int stream_ = -1;
  std::unique_ptr<AVFormatContext, deleter> format_;
  std::unique_ptr<AVCodecContext, deleter> codec_;
  std::unique_ptr<AVPacket, deleter> packet_;
  std::unique_ptr<AVFrame, deleter> frame_;
  std::unique_ptr<SwsContext, deleter> scaler_;
  std::vector<std::uint8_t> rgb_;
};

} // namespace

std::unique_ptr<source> make_synthetic_source(int width, int height) {
  return std::make_unique<synthetic_source>(width, height);
}

std::unique_ptr<source> make_video_source(const std::string& path, bool loop) {
  return std::make_unique<video_source>(path, loop);
}

} // namespace monopod
