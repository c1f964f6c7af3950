#include "tests/sim/ends.hpp"

#include <algorithm>

namespace monopod::sim {

ends::ends(event_queue& events, network& links, truth& facts, mutant broken)
    : events_(events), links_(links), facts_(facts), broken_(broken) {}

void ends::start() {
  for (std::uint64_t which = 0; which < cameras; ++which)
    events_.after(which * period_ns / cameras, [this, which] { shoot(which); });
}

// -- cameras

void ends::shoot(std::uint64_t which) {
  events_.after(period_ns, [this, which] { shoot(which); });
  if (stopped_)
    return;
  auto& c = cameras_[which];
  if (c.next - c.oldest >= window) {
    ++c.oldest;
    ++dropped_;
  }
  ++c.next;
  if (c.primary < 0)
    return;
  const bool stuck = c.oldest + 1 < c.next && events_.now_ns() - c.progress_ns > 60 * ms;
  if (stuck)
    c.progress_ns = events_.now_ns();
  send(which, stuck ? c.oldest : c.next - 1, c.next);
}

void ends::send(std::uint64_t which, std::uint64_t from, std::uint64_t to) {
  const auto& c = cameras_[which];
  const auto node = c.primary;
  for (auto seq = from; seq < to && seq < from + 64; ++seq)
    links_.send(
        network::ends, node,
        [this, node, m = frame_message{which, seq, c.oldest}] { to_node(node, m); },
        network::in_order::yes);
}

// O1. Also true if the receiver learns in this way that there is a higher epoch.
bool ends::refuses(camera& c, int node, std::uint64_t epoch) {
  if (epoch >= c.epoch || broken_ == mutant::o1_takes_lower_epochs)
    return false;
  links_.send(network::ends, node, [this, node, known = c.epoch] { tell_epoch(node, known); });
  return true;
}

void ends::hello(int node, std::uint64_t epoch) {
  links_.send(node, network::ends, [this, node, epoch] {
    for (std::uint64_t which = 0; which < cameras; ++which) {
      auto& c = cameras_[which];
      if (refuses(c, node, epoch) || epoch == c.epoch)
        continue;
      c.epoch = epoch;
      c.primary = node;
      c.progress_ns = events_.now_ns();
      send(which, c.oldest, c.next);
    }
  });
}

void ends::ack(int node, std::uint64_t epoch, std::uint64_t which, std::uint64_t cursor) {
  links_.send(node, network::ends, [this, node, epoch, which, cursor] {
    auto& c = cameras_[which];
    if (refuses(c, node, epoch))
      return;
    if (epoch < c.epoch)
      facts_.violated("I3", "a camera takes an acknowledgement of epoch " + std::to_string(epoch) +
                                " after " + std::to_string(c.epoch));
    if (cursor < c.oldest)
      return;
    if (cursor >= c.next)
      facts_.violated("I5", "a frame is acknowledged that was never sent");
    if (events_.now_ns() - last_ack_ns_ > longest_gap_ns_) {
      longest_gap_ns_ = events_.now_ns() - last_ack_ns_;
      longest_gap_end_ns_ = events_.now_ns();
    }
    last_ack_ns_ = events_.now_ns();
    c.progress_ns = events_.now_ns();
    for (; c.oldest <= cursor; ++c.oldest) {
      ++acknowledged_;
      if (!results_.contains({which, c.oldest}))
        c.owed.insert(c.oldest);
    }
  });
}

// -- cloud

void ends::publish(int node, std::uint64_t which, std::uint64_t seq, std::uint64_t entry) {
  links_.send(node, network::ends, [this, node, which, seq, entry] {
    if (events_.now_ns() < cloud_down_until_ns_)
      return;
    if (!results_.insert({which, seq}).second)
      ++twice_;
    cameras_[which].owed.erase(seq);
    links_.send(network::ends, node, [this, node, entry] { confirm(node, entry); });
  });
}

std::string ends::missing() const {
  for (std::size_t which = 0; which < cameras_.size(); ++which)
    if (const auto& owed = cameras_[which].owed; !owed.empty())
      return "frame " + std::to_string(*owed.begin()) + " of camera " + std::to_string(which) +
             " is acknowledged, as are " + std::to_string(owed.size() - 1) +
             " more, and has no result";
  return {};
}

void ends::forgive() {
  for (auto& c : cameras_)
    c.owed.clear();
}

} // namespace monopod::sim
