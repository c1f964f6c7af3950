// Links between two loops, by libzmq; both are turned by the test's thread.
#include "actors/runtime/inproc_end.hpp"

#include "actors/runtime/link.hpp"
#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace monopod {

namespace {

const link_options serving{.serve = true, .endpoints = {"inproc://server"}};
const link_options connecting{.endpoints = {"inproc://server"}};
const std::vector<std::uint8_t> message{1};

struct two_loops : rig {
  loop other{system, loop::options{}};
  int taken = 0;
  int answers = 0;
  link server{host, context, serving, [this](link& l) {
                return l.receive_some([&](inbound& in) {
                  ++taken;
                  BOOST_REQUIRE((l.send(in.peer, message) == send_result::sent));
                });
              }};
  link near{host, context, connecting, counting()};
  link far{other, context, connecting, counting()};

  std::function<bool(link&)> counting() {
    return [this](link& l) { return l.receive_some([this](inbound&) { ++answers; }); };
  }
  bool both_until(const std::function<bool()>& done) {
    return until([&] {
      other.run_once(0);
      return done();
    });
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(messages_of_both_loops_arrive_whoever_else_sends, two_loops) {
  int sent = 0;
  for (int round = 0; round < 300; ++round) {
    for (auto* from : {&near, &far, &near})
      if (from == &far || round % 3 != 0) {
        BOOST_REQUIRE((from->send(0, message) == send_result::sent));
        ++sent;
      }
    if (round % 7 == 0)
      BOOST_REQUIRE(both_until([&] { return answers == sent; }));
  }
  BOOST_TEST(both_until([&] { return answers == sent; }));
  BOOST_TEST(taken == sent);
}

BOOST_FIXTURE_TEST_CASE(a_paused_end_takes_what_came_meanwhile_when_it_goes_on, two_loops) {
  for (int round = 1; round <= 3; ++round) {
    server.set_reading(false);
    BOOST_REQUIRE((far.send(0, message) == send_result::sent));
    for (int turn = 0; turn < 20; ++turn) {
      other.run_once(0);
      host.run_once(0);
    }
    BOOST_TEST(taken == round - 1);
    server.set_reading(true);
    BOOST_TEST(both_until([&] { return answers == round; }));
  }
}

} // namespace monopod
