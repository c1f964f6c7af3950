// Broken invariants, in release builds too: what is wrong about its own state must not go on.
#pragma once

#include <stdexcept>
#include <string_view>

namespace monopod {

/// An invariant that did not hold on a thread whose owner catches that.
class broken_invariant : public std::logic_error {
  using std::logic_error::logic_error;
};

/// From now on, what breaks an invariant on this thread throws broken_invariant instead of ending
/// the process: for loops, whose stages fail one by one and are restarted. Where the exception
/// can't pass (noexcept), the process ends all the same. `quietly`: where it is not printed either,
/// for who breaks things on purpose.
void throw_broken_invariants_on_this_thread(bool quietly = false);

/// Prints where and what, then aborts, or throws broken_invariant. Any thread.
[[noreturn]] void invariant_broken(std::string_view what, const char* file, int line);

} // namespace monopod

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): file and line of the caller
#define MONOPOD_ENSURE(condition, what)                                                            \
  (static_cast<bool>(condition) ? static_cast<void>(0)                                             \
                                : ::monopod::invariant_broken(what, __FILE__, __LINE__))
