// Publishes from a source to the control's gateway, as one or many cameras.
#pragma once

#include "programs/camera/picture_feed.hpp"
#include "programs/program.hpp"
#include "tools/control/camera/options.hpp"
#include "tools/control/camera/report.hpp"
#include "tools/control/connection.hpp"
#include "tools/control/outgoing_stream.hpp"
#include "tools/control/vei.grpc.pb.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace monopod::control {

/// Publishes until the source ends, enough is sent, or stop_requested is set. All cameras share
/// one connection, and each has a stream of its own on it, as with monopod-camera.
class publisher_session {
public:
  /// Throws std::runtime_error with the remedy if there is no such file.
  explicit publisher_session(const publisher_options& o);
  /// Returns the exit code.
  int run();

private:
  struct camera {
    std::string name;
    std::uint64_t seq = 0;
    std::unique_ptr<outgoing_stream<VEIv1_0::PubImageParams>> stream;
  };

  void greet() const;
  void run_paced();
  void run_live();
  void wait_until(std::uint64_t due_ns);
  void publish(camera& c, const encoded_picture& p) const;
  bool finish();
  bool wants_more(std::uint64_t published) const;
  stream_statistics total() const;
  void progress();

  const publisher_options& options_;
  const std::uint64_t stream_ = realtime_ns() / 1000; // of all cameras: when this run began
  std::uint64_t frames_ = 0;
  picture_feed feed_;
  std::unique_ptr<VEIv1_0::VEIv1_0::Stub> stub_;
  client_queue queue_;
  std::vector<camera> cameras_;
  progress_line progress_;
};

} // namespace monopod::control
