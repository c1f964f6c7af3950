// Links by libzmq's sockets: between two loops inproc, and by its tcp and ipc. Both loops are
// turned by the test's thread.
#include "actors/runtime/libzmq_end.hpp"

#include "actors/runtime/link.hpp"
#include "tests/unit/rig.hpp"
#include "tools/harness/process.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace monopod {

namespace {

namespace data = boost::unit_test::data;

const std::vector<std::string> endpoints{"inproc://server", "libzmq+ipc://FOLDER/server"};
const std::vector<std::uint8_t> message{1};

std::string in_folder(std::string endpoint) {
  static const harness::temporary_directory folder;
  if (const auto at = endpoint.find("FOLDER"); at != std::string::npos)
    endpoint.replace(at, 6, folder.path().string());
  return endpoint;
}

struct two_loops : rig {
  explicit two_loops(const std::string& endpoint)
      : serving{.serve = true, .endpoints = {endpoint}}, connecting{.endpoints = {endpoint}} {}
  const link_options serving;
  const link_options connecting;
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

BOOST_DATA_TEST_CASE(messages_of_both_loops_arrive_whoever_else_sends, data::make(endpoints),
                     endpoint) {
  two_loops t(in_folder(endpoint));
  int sent = 0;
  for (int round = 0; round < 300; ++round) {
    for (auto* from : {&t.near, &t.far, &t.near})
      if (from == &t.far || round % 3 != 0) {
        BOOST_REQUIRE((from->send(0, message) == send_result::sent));
        ++sent;
      }
    if (round % 7 == 0)
      BOOST_REQUIRE(t.both_until([&] { return t.answers == sent; }));
  }
  BOOST_TEST(t.both_until([&] { return t.answers == sent; }));
  BOOST_TEST(t.taken == sent);
}

BOOST_DATA_TEST_CASE(a_paused_end_takes_what_came_meanwhile_when_it_goes_on, data::make(endpoints),
                     endpoint) {
  two_loops t(in_folder(endpoint));
  for (int round = 1; round <= 3; ++round) {
    t.server.set_reading(false);
    BOOST_REQUIRE((t.far.send(0, message) == send_result::sent));
    for (int turn = 0; turn < 20; ++turn) {
      t.other.run_once(0);
      t.host.run_once(0);
    }
    BOOST_TEST(t.taken == round - 1);
    t.server.set_reading(true);
    BOOST_TEST(t.both_until([&] { return t.answers == round; }));
  }
}

} // namespace monopod
