// Broken invariants, in release builds, too: code whose own state is wrong must not go on.
#pragma once

#include <stdexcept>
#include <string_view>

namespace monopod {

/// A broken invariant, on a thread that asked for exceptions.
class broken_invariant : public std::logic_error {
  using std::logic_error::logic_error;
};

/// From now on, a broken invariant on this thread throws broken_invariant instead of ending the
/// process. This is for loops, whose stages fail one by one and are restarted. If the exception
/// can't pass (noexcept), the process ends all the same. With `quietly` nothing is printed, for
/// callers that break invariants on purpose.
void throw_broken_invariants_on_this_thread(bool quietly = false);

/// Prints what broke and where, and then aborts or throws broken_invariant. Any thread.
[[noreturn]] void invariant_broken(std::string_view what, const char* file, int line);

} // namespace monopod

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a macro knows the file and line of the caller
#define MONOPOD_ENSURE(condition, what)                                                            \
  (static_cast<bool>(condition) ? static_cast<void>(0)                                             \
                                : ::monopod::invariant_broken(what, __FILE__, __LINE__))
