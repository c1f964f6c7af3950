#include "tests/fault/cases.hpp"
namespace monopod::fault {
outcome soak(const options&) { return {}; }
} // namespace monopod::fault
