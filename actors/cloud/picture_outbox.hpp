// Pictures that wait for one cloud, within a budget of bytes.
#pragma once

#include "actors/cloud/mqtt_port.hpp"
#include "core/limits.hpp"
#include "core/payload.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace monopod {

/// A picture as it is published.
struct picture_message {
  std::string topic;
  std::vector<mqtt_port::user_property> properties;
  payload jpeg;

  /// The bytes that this picture takes from the budget.
  std::size_t cost_bytes() const {
    auto sum = limits::picture_overhead_bytes + topic.size() + jpeg.size_bytes();
    for (const auto& p : properties)
      sum += std::string_view(p.name).size() + p.value.size();
    return sum;
  }
};

/// Oldest first. A picture is here until the cloud has confirmed it; if the connection breaks
/// before, it waits again. When the budget is full, the oldest picture that waits makes room. Pure:
/// no socket, no clock.
class picture_outbox {
public:
  /// Adds a picture. Returns how many were dropped so that all that is here costs `budget_bytes` at
  /// most; the new one is among them if it alone is too large.
  std::size_t push(picture_message p, std::size_t budget_bytes) {
    bytes_ += p.cost_bytes();
    waiting_.push_back(std::move(p));
    std::size_t dropped = 0;
    for (; bytes_ > budget_bytes && !waiting_.empty(); ++dropped)
      drop_next();
    return dropped;
  }

  /// The picture whose turn it is; null if none waits. Valid until the outbox changes.
  const picture_message* next() const { return waiting_.empty() ? nullptr : &waiting_.front(); }
  /// The picture that next() returns is not to be published any more, or needs no confirmation.
  void drop_next() {
    bytes_ -= waiting_.front().cost_bytes();
    waiting_.pop_front();
  }
  /// The picture that next() returns was published, and will be confirmed under this id.
  void sent(int message_id) {
    sent_bytes_ += waiting_.front().jpeg.size_bytes();
    sent_.emplace_back(message_id, std::move(waiting_.front()));
    waiting_.pop_front();
  }

  bool knows(int message_id) const { return find(message_id) != sent_.end(); }
  /// The cloud has confirmed the message, or refused it for good. It must be known.
  void done(int message_id) {
    const auto at = find(message_id);
    bytes_ -= at->second.cost_bytes();
    sent_bytes_ -= at->second.jpeg.size_bytes();
    sent_.erase(at);
  }
  /// The connection is gone: unconfirmed pictures wait again, in their order.
  void send_again() {
    for (; !sent_.empty(); sent_.pop_back())
      waiting_.push_front(std::move(sent_.back().second));
    sent_bytes_ = 0;
  }
  /// Drops all pictures and returns how many there were.
  std::size_t clear() {
    const auto dropped = size();
    *this = {};
    return dropped;
  }

  /// Pictures here, and what they cost.
  std::size_t size() const { return waiting_.size() + sent_.size(); }
  std::size_t bytes() const { return bytes_; }
  /// Unconfirmed ones, and the bytes of their JPEGs.
  std::size_t in_flight() const { return sent_.size(); }
  std::size_t in_flight_bytes() const { return sent_bytes_; }

private:
  using sent_pictures = std::deque<std::pair<int, picture_message>>;
  sent_pictures::const_iterator find(int message_id) const {
    return std::ranges::find(sent_, message_id, &sent_pictures::value_type::first);
  }

  std::deque<picture_message> waiting_;
  sent_pictures sent_; // in the order in which they were sent; at most the cloud's window
  std::size_t bytes_ = 0;
  std::size_t sent_bytes_ = 0;
};

} // namespace monopod
