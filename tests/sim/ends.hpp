// Both ends of a frame's way: cameras with windows, and a consumer that keeps results by key.
#pragma once

#include "tests/sim/network.hpp"
#include "tests/sim/truth.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace monopod::sim {

struct frame_message {
  std::uint64_t camera = 0;
  std::uint64_t seq = 0;
  std::uint64_t oldest = 0; // in the window; earlier frames are acknowledged or dropped
};

class ends {
public:
  static constexpr std::uint64_t cameras = 2;

  ends(event_queue& events, network& links, truth& facts, mutant broken);

  /// Brings frames and confirmations to a node.
  std::function<void(int node, const frame_message&)> to_node;
  std::function<void(int node, std::uint64_t epoch)> tell_epoch;
  std::function<void(int node, std::uint64_t entry)> confirm;

  void start();
  void stop() { stopped_ = true; } // no new frames; acknowledged ones may still be published

  // Messages of the nodes; each call is an arrival, after the network.
  void hello(int node, std::uint64_t epoch);
  void ack(int node, std::uint64_t epoch, std::uint64_t which, std::uint64_t cursor);
  void publish(int node, std::uint64_t which, std::uint64_t seq, std::uint64_t entry);
  void cloud_down(std::uint64_t until_ns) { cloud_down_until_ns_ = until_ns; }

  /// Names an acknowledged frame without a result; empty if there is none.
  std::string missing() const;
  /// A group that started again from memory may have lost acknowledged frames, so they are not
  /// owed.
  void forgive();

  std::uint64_t longest_gap_ns() const { return longest_gap_ns_; }
  std::uint64_t longest_gap_end_ns() const { return longest_gap_end_ns_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t twice() const { return twice_; }
  std::uint64_t dropped() const { return dropped_; }
  std::size_t results() const { return results_.size(); }
  /// From now on gaps count.
  void measure() {
    longest_gap_ns_ = 0;
    last_ack_ns_ = events_.now_ns();
  }

private:
  struct camera {
    std::uint64_t epoch = 0;
    int primary = -1;
    std::uint64_t next = 1;
    std::uint64_t oldest = 1; // not acknowledged
    std::uint64_t progress_ns = 0;
    std::set<std::uint64_t> owed; // acknowledged, without a result yet
  };
  static constexpr std::uint64_t period_ns = 15 * ms;
  static constexpr std::uint64_t window = 200;

  void shoot(std::uint64_t which);
  void send(std::uint64_t which, std::uint64_t from, std::uint64_t to);
  bool refuses(camera& c, int node, std::uint64_t epoch);

  event_queue& events_;
  network& links_;
  truth& facts_;
  mutant broken_;
  std::vector<camera> cameras_{cameras};
  std::set<std::pair<std::uint64_t, std::uint64_t>> results_;
  bool stopped_ = false;
  std::uint64_t cloud_down_until_ns_ = 0;
  std::uint64_t longest_gap_ns_ = 0;
  std::uint64_t longest_gap_end_ns_ = 0;
  std::uint64_t last_ack_ns_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t twice_ = 0;
  std::uint64_t dropped_ = 0;
};

} // namespace monopod::sim
