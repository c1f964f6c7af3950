// A video file as a source.
#pragma once

#include "programs/sources/picture_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace monopod {

/// Plays any file that FFmpeg reads, as fast as next() is called.
class video_file final : public source {
public:
  explicit video_file(const source_options& options);
  std::optional<picture> next() override;
  source_statistics stats() const override;

private:
  void open();
  void feed();
  void seek_start();

  std::string path_;
  bool pass_jpeg_;
  bool loop_;
  int stream_ = -1;
  media_ptr<AVFormatContext> format_;
  media_ptr<AVPacket> packet_;
  std::optional<picture_reader> reader_;
  std::uint64_t broken_ = 0; // by readers before
};

} // namespace monopod
