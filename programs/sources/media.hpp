// FFmpeg's libraries: owners of their objects, and the texts of their errors.
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

/// Bounds FFmpeg's allocations, and keeps its own messages, which may contain passwords, out of
/// the log. Call it before anything else of FFmpeg; on any thread, any number of times.
void init_media();

/// The meaning of an FFmpeg error number.
std::string media_error(int code);

/// A new, empty packet. Throws std::bad_alloc if there is no memory.
media_ptr<AVPacket> new_packet();

} // namespace monopod
