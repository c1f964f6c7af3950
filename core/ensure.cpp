#include "core/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace monopod {

void invariant_broken(std::string_view what, const char* file, int line) {
  std::fprintf(stderr, "monopod: broken invariant: %.*s (%s:%d)\n", static_cast<int>(what.size()),
               what.data(), file, line);
  std::abort();
}

} // namespace monopod
