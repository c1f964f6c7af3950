// Which addresses a name has, looked up again and again.
#pragma once

#include "actors/runtime/loop.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

/// Looks up the IPv4 addresses of `name`, without this machine's own, every
/// limits::lookup_period_ms on a thread of its own, since a lookup may take seconds, and tells them
/// on the loop's thread: the first ones, and what has changed since. What can't be looked up leaves
/// everything as it is.
/// Made and ended on the loop's thread; the end waits for nothing: a lookup that is under way ends
/// by itself, unheard.
class discovery {
public:
  using handler = std::function<void(const std::vector<std::string>& addresses)>;

  discovery(loop& host, const std::string& name, handler on_change);
  ~discovery();
  discovery(const discovery&) = delete;
  discovery& operator=(const discovery&) = delete;

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace monopod
