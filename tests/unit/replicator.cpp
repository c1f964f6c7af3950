// A member's replicator, and strangers that speak to it over connections of their own.
#include "actors/group/replicator.hpp"

#include "core/clock.hpp"
#include "replication/peer_codec.hpp"
#include "schemas/codec.hpp"
#include "schemas/datagram_generated.h"
#include "tests/unit/captured_stderr.hpp"
#include "tests/unit/rig.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

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
  status_part status() {
    caf::scoped_actor self{system};
    status_part part;
    auto answer = self->request(handle, caf::infinite, status_atom::value);
    while (host.run_once(0)) {
    }
    answer.receive([&](const status_part& p) { part = p; }, [](const caf::error&) {});
    return part;
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

  void greet_as(const std::string& name) { greet({.from = name, .version = peer_version}); }
  void greet(peer_greeting g) {
    g.token = 7;
    g.group = group_tag(all.conf.group.name);
    say(encode_greeting(g));
  }
  void speak_as(const std::string& name) {
    say(encode_peer({name, 1}, peer::look{}, group_tag(all.conf.group.name)));
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

BOOST_FIXTURE_TEST_CASE(a_later_version_is_refused_with_words, scene) {
  const captured_stderr log;
  stranger b(*this);
  b.greet({.from = "b", .version = 3}); // and none before it
  BOOST_TEST(until([&] { return counts.version_refusals.Value() == 1; }));
  b.speak_as("b");
  b.say({1, 2, 3}); // which only that version understands
  BOOST_TEST(until([&] { return counts.version_refusals.Value() == 3; }));
  BOOST_TEST(counts.received_bytes.Value() == 0);
  BOOST_TEST(metrics.malformed_messages.Value() == 0);
  BOOST_TEST(counts.version("b").Value() == 3);
  const auto* words =
      "node b speaks version 3 of the protocol between nodes, this one 2: update this one";
  BOOST_TEST(status()->problems == std::vector<std::string>{words},
             boost::test_tools::per_element());
  BOOST_TEST(log.text().find(words) != std::string::npos, log.text());

  stranger updated(*this); // rather the other one was taken back
  updated.greet({.from = "b", .version = peer_version});
  updated.speak_as("b");
  BOOST_TEST(until([&] { return counts.received_bytes.Value() > 0; }));
  BOOST_TEST(status()->problems.empty());
}

BOOST_FIXTURE_TEST_CASE(versions_that_overlap_understand_each_other, scene) {
  for (const auto& [version, oldest] : {std::pair<std::uint16_t, std::uint16_t>{1, 0},
                                        {peer_version, 0},
                                        {peer_version + 1, peer_version},
                                        {peer_version + 7, 1}}) {
    stranger b(*this);
    const auto taken = counts.received_bytes.Value();
    b.greet({.from = "b", .version = version, .oldest = oldest});
    b.speak_as("b");
    BOOST_TEST(until([&] { return counts.received_bytes.Value() > taken; }), version);
    const auto told = status();
    const auto& members = told->group->members;
    const auto of_b = std::ranges::find(members, "b", [](const auto& m) { return m->name; });
    BOOST_TEST((*of_b)->protocol == version);
  }
  BOOST_TEST(counts.version_refusals.Value() == 0);
}

// Version 1 had no such fields.
BOOST_AUTO_TEST_CASE(a_greeting_without_a_version_is_of_version_1) {
  flatbuffers::FlatBufferBuilder b;
  wire::FinishGreetingBuffer(b, wire::CreateGreetingDirect(b, "b", 7, 0, 1));
  const auto by = decode_greeting(std::as_bytes(std::span(b.GetBufferPointer(), b.GetSize())));
  BOOST_REQUIRE(by.has_value());
  BOOST_TEST(by->version == 1);
  BOOST_TEST(understands(*by) == (peer_version_oldest == 1));
}

} // namespace monopod
