// A member's replicator, and strangers that speak to it over connections of their own.
#include "actors/group/replicator.hpp"

#include "core/clock.hpp"
#include "replication/peer_codec.hpp"
#include "tests/unit/captured_stderr.hpp"
#include "tests/unit/rig.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace monopod {

namespace {

// Node `a` of a group of three, of which the others are not there.
struct scene : rig {
  scene() {
    conf.node = "a";
    for (const auto* name : {"a", "b", "c"})
      conf.member[name].address = "ipc://" + (folder.path / name).string();
    replica = std::make_unique<node_replica>(
        host, conf, metrics, state_file::try_open((folder.path / "state").string()));
    handle = spawn_stage<replicator>(host, std::ref(context), std::cref(conf), std::ref(metrics),
                                     std::ref(*replica));
  }
  ~scene() {
    caf::anon_send_exit(handle, caf::exit_reason::kill);
    while (host.run_once(0)) {
    }
  }
  double counted(prometheus::Counter& c) {
    while (host.run_once(0)) {
    }
    return c.Value();
  }

  temporary_folder folder;
  monopod::config conf;
  monopod::metrics metrics;
  group_metrics counts{metrics.registry};
  std::unique_ptr<node_replica> replica;
  replicator_actor handle;
};

// A connection to `a`.
struct stranger {
  explicit stranger(scene& s)
      : all(s), way(s.host, s.context,
                    {.profile = link_profile::peer, .endpoints = {s.conf.member.at("a").address}},
                    [](link& l) { return l.receive_some([](inbound&) {}); }) {}

  void greet_as(const std::string& name, const std::string& group = "monopod") {
    say(encode_greeting({.from = name, .token = 7, .port = 0, .group = group_tag(group)}));
  }
  void speak_as(const std::string& name) {
    say(encode_peer({name, 1}, peer::look{}, group_tag("monopod")));
  }
  void say(const std::vector<std::uint8_t>& bytes) {
    BOOST_REQUIRE(all.until([&] { return way.send(0, bytes) == send_result::sent; }));
  }

  scene& all;
  link way;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_connection_speaks_for_the_member_that_greeted, scene) {
  const captured_stderr log;
  stranger b(*this);
  b.greet_as("b");
  b.speak_as("b");
  BOOST_REQUIRE(until([&] { return counts.received_bytes.Value() > 0; }));
  const auto taken = counts.received_bytes.Value();
  b.speak_as("c");
  BOOST_TEST(until([&] { return counts.impostors.Value() == 1; }));
  b.greet_as("c");
  BOOST_TEST(until([&] { return counts.impostors.Value() == 2; }));
  BOOST_TEST(counts.received_bytes.Value() == taken);
  BOOST_TEST(metrics.malformed_messages.Value() == 2);
  b.greet_as("b"); // again, as nodes do
  b.speak_as("b");
  BOOST_TEST(until([&] { return counts.received_bytes.Value() > taken; }));
  BOOST_TEST(counts.impostors.Value() == 2);
  BOOST_TEST(log.text().find("names another sender") != std::string::npos, log.text());
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_has_not_greeted_speaks_for_nobody, scene) {
  stranger nobody(*this);
  nobody.speak_as("b");
  BOOST_TEST(until([&] { return counts.impostors.Value() == 1; }));
  nobody.greet_as("somebody"); // not a member
  nobody.speak_as("somebody");
  BOOST_TEST(until([&] { return counts.impostors.Value() == 2; }));
  BOOST_TEST(counts.received_bytes.Value() == 0);
}

// Like any other that is malformed.
BOOST_FIXTURE_TEST_CASE(a_connection_that_names_many_is_closed, scene) {
  stranger many(*this);
  many.greet_as("b");
  for (int i = 0; i < limits::malformed_messages; ++i)
    many.speak_as("c");
  auto& closed = metrics.connections_refused("peers", "malformed");
  BOOST_TEST(until([&] { return closed.Value() == 1; }));
}

} // namespace monopod
