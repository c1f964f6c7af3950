#include "tests/fault/cases.hpp"
namespace monopod::fault {
outcome hostile(const options&) { return {}; }
} // namespace monopod::fault
