// The work of monopod-camera: from a source to a gateway, as one or many cameras.
#pragma once

#include "clients/camera_client.hpp"
#include "programs/camera/picture_feed.hpp"
#include "programs/camera/report.hpp"
#include "programs/program.hpp"

#include <memory>
#include <vector>

namespace monopod {

/// Publishes until the source ends, enough frames were sent, or stop_requested is set.
class camera_session {
public:
  /// Throws std::runtime_error with the remedy if the server is not an endpoint, or if the source
  /// is a file that can't be opened.
  explicit camera_session(const camera_options& o);
  /// Returns the exit code.
  int run();

private:
  void greet();
  void run_paced();
  void run_live();
  bool drain();

  void wait_until(std::uint64_t due_ns);
  void publish(camera& c, const encoded_picture& p);
  void say_whether_full(const camera& c, bool full);

  bool wants_more(std::uint64_t published) const;
  camera_window::statistics total() const;
  void progress();

  const camera_options& options_;
  const window_options window_;
  std::unique_ptr<picture_feed> feed_; // null once nothing more is published
  camera_connection connection_;
  std::vector<camera*> cameras_;

  bool full_ = false;
  std::uint64_t blocked_ = 0;
  progress_line progress_;
};

} // namespace monopod
