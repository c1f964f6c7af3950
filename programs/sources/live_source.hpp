// Cameras and streams as a source.
#pragma once

#include "programs/sources/live_reader.hpp"
#include "programs/sources/picture_reader.hpp"
#include "programs/sources/rate_limit.hpp"

#include <memory>
#include <optional>

namespace monopod {

/// RTSP, HTTP with JPEG parts, or V4L2. Pictures carry the time at which they were received. With
/// H.264 and H.265 that is a period late, since FFmpeg sees the end of a picture by the next one.
class live_source final : public source {
public:
  explicit live_source(const source_options& options);
  std::optional<picture> next() override;
  int descriptor() const override { return queue_.descriptor(); }
  source_statistics stats() const override;

private:
  void follow(const std::shared_ptr<const AVCodecParameters>& format);
  bool in_time(std::uint64_t captured_at_ns);

  bool pass_jpeg_;
  rate_limit rate_;
  std::shared_ptr<const AVCodecParameters> format_;
  std::optional<picture_reader> pictures_;
  source_statistics own_;
  packet_queue queue_;
  live_reader reader_; // last: it uses the queue
};

} // namespace monopod
