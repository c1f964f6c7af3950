// Links between the nodes and to the ends: delay, loss, duplicates, cuts, and the messages that
// queue behind cuts.
#pragma once

#include "tests/sim/queue.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/scenario.hpp"

#include <array>
#include <cstdint>
#include <functional>

namespace monopod::sim {

class network {
public:
  static constexpr int ends = 6; // the number of cameras and cloud, after at most that many nodes

  static constexpr std::uint64_t for_ever_ns = UINT64_MAX;

  network(event_queue& events, random_source& random, bool rough)
      : events_(events), random_(random), rough_(rough) {}

  /// Nothing from `a` reaches `b` until then. Messages sent meanwhile are lost or arrive late.
  void cut(int a, int b, std::uint64_t until_ns) {
    auto& c = cut_until_ns_.at(index(a)).at(index(b));
    c = std::max(c, until_ns);
  }
  void lose(double share) { loss_ = share; }
  /// Until then, whatever `a` sends arrives a second time, that much later.
  void echo(int a, std::uint64_t later_ns, std::uint64_t until_ns) {
    echoes_.at(index(a)) = {later_ns, until_ns};
  }
  void heal() {
    for (auto& row : cut_until_ns_)
      row.fill(0);
    for (auto& row : last_arrival_ns_)
      for (auto& at_ns : row)
        at_ns = std::min(at_ns, events_.now_ns() + ms);
    healed_ns_ = events_.now_ns();
    loss_ = 0;
    echoes_ = {};
    rough_ = false;
  }

  enum class in_order : std::uint8_t { no, yes };
  void send(int a, int b, const std::function<void()>& arrive, in_order order = in_order::no) {
    if (random_.chance(loss_))
      return;
    auto delay_ns = delay();
    const auto until_ns = cut_until_ns_.at(index(a)).at(index(b));
    if (until_ns > events_.now_ns()) {
      if (until_ns == for_ever_ns || random_.chance(0.5))
        return;
      delay_ns += until_ns - events_.now_ns();
    }
    auto when_ns = events_.now_ns() + delay_ns;
    if (order == in_order::yes || !rough_) // TCP keeps messages in order
      when_ns = last_arrival_ns_.at(index(a)).at(index(b)) =
          std::max(when_ns, last_arrival_ns_.at(index(a)).at(index(b)));
    // A message that is stuck when everything heals does not arrive much later.
    const auto once = [this, arrive, sent_ns = events_.now_ns()] {
      if (sent_ns >= healed_ns_ || events_.now_ns() <= healed_ns_ + 40 * ms)
        arrive();
    };
    events_.at(when_ns, once);
    if (const auto& e = echoes_.at(index(a)); events_.now_ns() < e.until_ns)
      events_.at(when_ns + e.later_ns, once);
    if (rough_ && random_.chance(0.01))
      events_.after(delay_ns + delay(), arrive);
  }

private:
  static std::size_t index(int node) { return static_cast<std::size_t>(node); }
  std::uint64_t delay() {
    const auto kind = rough_ ? random_.unit() : 0;
    if (kind < 0.93)
      return random_.between(ms / 10, ms / 2);
    return kind < 0.99 ? random_.between(ms, 40 * ms) : random_.between(40 * ms, 300 * ms);
  }

  struct echoing {
    std::uint64_t later_ns = 0;
    std::uint64_t until_ns = 0;
  };

  event_queue& events_;
  random_source& random_;
  bool rough_;
  double loss_ = 0;
  std::array<echoing, ends + 1> echoes_{};
  std::uint64_t healed_ns_ = 0;
  std::array<std::array<std::uint64_t, ends + 1>, ends + 1> cut_until_ns_{};
  std::array<std::array<std::uint64_t, ends + 1>, ends + 1> last_arrival_ns_{};
};

} // namespace monopod::sim
