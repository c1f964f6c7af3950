#include "programs/sources/media.hpp"

#include "programs/limits.hpp"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <array>
#include <mutex>
#include <new>

namespace monopod {

void init_media() {
  static std::once_flag once;
  std::call_once(once, [] {
    av_log_set_level(AV_LOG_QUIET);
    av_max_alloc(limits::media_allocation_bytes);
    avdevice_register_all();
  });
}

std::string media_error(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

media_ptr<AVPacket> new_packet() {
  media_ptr<AVPacket> packet(av_packet_alloc());
  if (packet == nullptr)
    throw std::bad_alloc();
  return packet;
}

} // namespace monopod
