// One direction of a connection through a relay.
#pragma once

#include "tools/harness/shared_link.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility> // Boost.Asio 1.74 forgets it
#include <vector>

namespace monopod::harness {

/// Reads from one socket and writes to another one: each piece passes the link, then it flies for
/// the time of the delay, and then it is written. Belongs to the thread of the sockets.
class relay_pipe {
public:
  using socket = boost::asio::ip::tcp::socket;

  struct options {
    std::chrono::milliseconds delay{0};
    std::shared_ptr<shared_link> link; // null: without limit
    std::size_t waiting_bytes = 0;     // beyond it, nothing more is read
    /// The direction has ended: in order, after which the other one may go on, or broken.
    std::function<void(bool broken)> on_end;
  };

  relay_pipe(socket& from, socket& to, options o);
  relay_pipe(const relay_pipe&) = delete;
  relay_pipe& operator=(const relay_pipe&) = delete;

  /// `owner` has the pipe and both sockets. Operations that are under way keep it alive.
  void start(std::weak_ptr<void> owner);
  /// Ends the waits; the owner closes the sockets.
  void stop();

private:
  enum class kind { bytes, end, broken };
  struct piece {
    kind what = kind::bytes;
    std::vector<char> bytes = {};
    shared_link::clock::time_point due = {}; // when it arrives
  };

  // A piece costs a switch of tasks, and holds the link up for those of others.
  static constexpr std::size_t piece_bytes = 8 * 1024;

  void read();
  void arrived(const boost::system::error_code& error, std::size_t bytes);
  void enter_link();
  void leave_link(shared_link::clock::time_point passed);
  void fly();
  void land();
  void written(const boost::system::error_code& error);

  socket& from_;
  socket& to_;
  const options options_;
  std::weak_ptr<void> owner_;
  boost::asio::steady_timer link_timer_;
  boost::asio::steady_timer flight_timer_;
  std::array<char, piece_bytes> buffer_{};
  std::deque<piece> waiting_; // for the link
  std::deque<piece> flying_;  // the first one may be being written
  std::size_t held_bytes_ = 0;
  bool reading_ = false;
  bool ended_ = false; // nothing more arrives
  bool on_link_ = false;
  bool landing_ = false;
  bool stopped_ = false;
};

} // namespace monopod::harness
