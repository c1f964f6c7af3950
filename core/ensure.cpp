#include "core/ensure.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace monopod {

namespace {

thread_local bool throws = false;
thread_local bool quiet = false;

} // namespace

void throw_broken_invariants_on_this_thread(bool quietly) {
  throws = true;
  quiet = quietly;
}

void invariant_broken(std::string_view what, const char* file, int line) {
  if (!quiet)
    std::fprintf(stderr, "monopod: broken invariant: %.*s (%s:%d)\n", static_cast<int>(what.size()),
                 what.data(), file, line);
  if (throws)
    throw broken_invariant(std::string(what));
  std::abort();
}

} // namespace monopod
