// FFmpeg's libraries: what owns their objects, and what they say.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace monopod {

struct media_deleter {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
  void operator()(AVBSFContext* p) const { av_bsf_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};
template <class T>
using media_ptr = std::unique_ptr<T, media_deleter>;

/// Before anything else of FFmpeg: bounds its allocations, and keeps its own messages, which may
/// hold passwords, out of the log. Any thread, any number of times.
void init_media();

/// What an FFmpeg error number means.
std::string media_error(int code);

/// A new, empty packet; std::bad_alloc where there is no memory.
media_ptr<AVPacket> new_packet();

} // namespace monopod
