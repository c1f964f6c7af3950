// The addresses of a name, looked up again and again.
#pragma once

#include "actors/runtime/loop.hpp"
#include "core/zmtp/resolver.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod {

/// Looks up the IPv4 addresses of `name`, without this machine's own, every
/// limits::lookup_period_ms (core/zmtp/resolver.hpp), and tells them on the loop's thread: the
/// first ones, and each change since. A failed look-up changes nothing; it is logged. Made and
/// ended on the loop's thread; the end waits for nothing: a look-up that is under way ends by
/// itself, unheard.
class discovery {
public:
  using handler = std::function<void(const std::vector<std::string>& addresses)>;

  discovery(loop& host, std::string name, handler on_change);
  ~discovery();
  discovery(const discovery&) = delete;
  discovery& operator=(const discovery&) = delete;

private:
  void look_up();
  void on_found(const zmtp::resolved_name& found);

  loop& loop_;
  std::string name_;
  handler on_change_;
  std::optional<std::vector<std::string>> told_;
  bool known_ = true; // whether the last look-up succeeded
  loop::timer_id timer_ = 0;
  std::weak_ptr<int> under_way_;                          // a look-up
  std::shared_ptr<int> alive_ = std::make_shared<int>(0); // guards what other threads post
};

} // namespace monopod
