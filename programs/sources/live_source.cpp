#include "programs/sources/live_source.hpp"

#include "core/log.hpp"
#include "programs/limits.hpp"

#include <algorithm>
#include <stdexcept>

namespace monopod {

namespace {

double rate_of(const source_options& options) {
  constexpr double most = limits::live_fps_max;
  return options.fps > 0 ? std::min(options.fps, most) : most;
}

const source_options& with_media(const source_options& options) {
  init_media();
  return options;
}

} // namespace

live_source::live_source(const source_options& options)
    : pass_jpeg_(options.pass_jpeg), rate_(rate_of(options)), queue_(limits::live_packets),
      reader_(with_media(options), queue_) {}

// Each connection has a decoder of its own.
void live_source::follow(const std::shared_ptr<const AVCodecParameters>& format) {
  if (format == format_)
    return;
  if (pictures_)
    own_.broken += pictures_->broken();
  format_ = format;
  pictures_.reset();
  try {
    pictures_.emplace(*format, pass_jpeg_);
  } catch (const std::runtime_error& e) {
    log_error("source", "the source can't be decoded",
              {{"codec", avcodec_get_name(format->codec_id)}, {"why", e.what()}});
  }
}

// Whether to publish a picture. One beyond the rate is still decoded, since others may need it.
bool live_source::in_time(std::uint64_t captured_at_ns) {
  if (rate_.take(captured_at_ns))
    return true;
  ++own_.skipped;
  return false;
}

std::optional<picture> live_source::next() {
  for (;;) {
    while (auto found = pictures_ ? pictures_->next() : std::nullopt)
      if (in_time(found->captured_at_ns))
        return found;
    auto item = queue_.pop();
    if (!item)
      return std::nullopt;
    follow(item->format);
    if (pictures_)
      pictures_->feed(*item->packet, item->received_at_ns);
    else
      ++own_.broken;
  }
}

source_statistics live_source::stats() const {
  auto sum = reader_.stats();
  sum.skipped += own_.skipped + queue_.skipped();
  sum.broken += own_.broken + (pictures_ ? pictures_->broken() : 0);
  return sum;
}

} // namespace monopod
