// A thread that keeps a live source open and reads its packets.
#pragma once

#include "programs/sources/live_queue.hpp"
#include "programs/sources/media.hpp"
#include "programs/sources/source.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace monopod {

/// How long to wait after the `failures`th failure in a row, from 1: 250 ms, doubled each time up
/// to 8 s. `jitter` (0 to 1) spreads the upper half of that. Pure.
std::uint32_t retry_delay_ms(unsigned failures, double jitter);

/// A packet of the video, the time at which it arrived (realtime_ns()), and its format. Each
/// connection has a format of its own.
struct live_packet {
  media_ptr<AVPacket> packet;
  std::uint64_t received_at_ns = 0;
  std::shared_ptr<const AVCodecParameters> format;
};
using packet_queue = live_queue<live_packet>;

/// Opens the source, reads until it breaks or is silent for too long, waits and opens it again.
/// The thread ends with the object, and soon: only a silent name server can delay it.
class live_reader {
public:
  live_reader(const source_options& options, packet_queue& queue);
  ~live_reader();
  live_reader(const live_reader&) = delete;
  live_reader& operator=(const live_reader&) = delete;

  /// The thread's counts so far. May be called on any thread.
  source_statistics stats() const;

private:
  void run();
  void read_connection();
  media_ptr<AVFormatContext> open();
  void queue(AVPacket& packet, const std::shared_ptr<const AVCodecParameters>& format);
  [[noreturn]] void fail(int code) const;
  void tell(const std::string& trouble, std::uint32_t retry_ms);
  void rest(std::uint32_t ms);
  void extend_deadline();

  const source_options options_;
  const std::string shown_; // the address, as logs may show it
  packet_queue& queue_;
  unsigned connections_ = 0;
  bool got_picture_ = false; // in this connection
  std::atomic<std::uint64_t> deadline_ns_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable_any resting_;
  source_statistics stats_;
  std::stop_token stop_;
  std::jthread thread_;
};

} // namespace monopod
