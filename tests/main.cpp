// The tests' main(): each test program has it.
#define BOOST_TEST_MODULE monopod
#include <boost/test/unit_test.hpp>
