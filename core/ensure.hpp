// Broken invariants end the process, in release builds too: a node that is wrong about its own
// state must not go on.
#pragma once

#include <string_view>

namespace monopod {

/// Prints where and what, then aborts. Any thread.
[[noreturn]] void invariant_broken(std::string_view what, const char* file, int line);

} // namespace monopod

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): file and line of the caller
#define MONOPOD_ENSURE(condition, what)                                                            \
  (static_cast<bool>(condition) ? static_cast<void>(0)                                             \
                                : ::monopod::invariant_broken(what, __FILE__, __LINE__))
