#include "programs/sources/video_file.hpp"

#include "programs/sources/address.hpp"

#include <stdexcept>

namespace monopod {

namespace {

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error("can't play " + without_secrets(path) + ": " + why +
                           "; name a video file, or 'synthetic', an rtsp://, rtsps:// or http:// "
                           "address, or a /dev/video device");
}

} // namespace

video_file::video_file(const source_options& options)
    : path_(options.address), pass_jpeg_(options.pass_jpeg), loop_(options.loop) {
  init_media();
  packet_ = new_packet();
  open();
}

void video_file::open() {
  AVFormatContext* raw = nullptr;
  if (avformat_open_input(&raw, path_.c_str(), nullptr, nullptr) != 0)
    fail(path_, "no such file, or not a video");
  format_.reset(raw);
  if (avformat_find_stream_info(raw, nullptr) < 0 ||
      (stream_ = av_find_best_stream(raw, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0)) < 0)
    fail(path_, "it holds no video");
  try {
    reader_.emplace(*raw->streams[stream_]->codecpar, pass_jpeg_);
  } catch (const std::runtime_error& e) {
    fail(path_, e.what());
  }
}

std::optional<picture> video_file::next() {
  for (int rewound = 0;;) {
    if (auto found = reader_->next())
      return found;
    if (!reader_->finished()) {
      feed();
    } else if (!loop_ || ++rewound > 2) { // without a picture in between: there is none in it
      return std::nullopt;
    } else if (rewound == 1) {
      seek_start();
    } else {
      broken_ += reader_->broken();
      open(); // FFmpeg's readers of single pictures accept that they are to seek, and do not
    }
  }
}

source_statistics video_file::stats() const { return {.broken = broken_ + reader_->broken()}; }

// Feeds the next packet of our stream to the reader, or tells it the end.
void video_file::feed() {
  while (av_read_frame(format_.get(), packet_.get()) >= 0) {
    const bool ours = packet_->stream_index == stream_;
    if (ours)
      reader_->feed(*packet_, 0);
    av_packet_unref(packet_.get());
    if (ours)
      return;
  }
  reader_->end();
}

void video_file::seek_start() {
  if (av_seek_frame(format_.get(), stream_, 0, AVSEEK_FLAG_BACKWARD) < 0)
    fail(path_, "it can't be rewound");
  reader_->rewind();
}

} // namespace monopod
