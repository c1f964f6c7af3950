// An operator's commands to a group of real pods, and its answers.
#include "tests/e2e/group.hpp"

#include <future>

using namespace monopod::harness;

namespace {

finished ask(group_of& group, const std::string& node, const std::vector<std::string>& words) {
  return run(std::vector<std::string>{program()} + words +
             std::vector<std::string>{"--address", group.at(node).address("http")});
}

void expect(const finished& got, int exit_code, const std::string& text) {
  BOOST_TEST(got.exit_code == exit_code, got.output);
  BOOST_TEST(got.output.find(text) != std::string::npos, got.output << " lacks " << text);
}

std::string other_than(const std::string& name) { return name == "a" ? "b" : "a"; }

// Once the node's promise to a primary that was killed has ended.
finished by_force(group_of& group, const std::string& node) {
  finished got;
  BOOST_REQUIRE(eventually([&] {
    got = ask(group, node, {"promote", "--force", "--yes"});
    return got.output.find("is primary and alive") == std::string::npos;
  }));
  return got;
}

// The answer of the primary, whichever node that is: on a busy machine a turn may last longer than
// a lease, and then another node takes over.
finished ask_primary(group_of& group, const std::vector<std::string>& words) {
  finished got;
  BOOST_REQUIRE(eventually([&] {
    const auto primary = group.serving();
    if (primary.empty())
      return false;
    got = ask(group, primary, words);
    return got.output.find("is not primary") == std::string::npos;
  }));
  return got;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_group_is_shown_and_handed_over) {
  mqtt_broker broker;
  group_of group({"a", "b", "c"}, cloud_at(broker));
  const auto first = group.primary(3);
  const auto heir = other_than(first);
  expect(ask(group, first, {"status"}), 0, "primary " + first + "  voters a b c\nthis node serves");
  expect(ask(group, heir, {"status"}), 0, "this node does not serve");
  expect(ask(group, heir, {"status", "--json"}), 0, "\"lease_left_ms\"");

  expect(ask(group, heir, {"handover"}), 1, heir + " is not primary: ask " + first);
  expect(ask(group, first, {"handover", "nobody"}), 1, "nobody is not a member of the group");
  expect(ask(group, first, {"handover", first}), 1, first + " is primary already");
  expect(ask(group, first, {"handover", "a/b"}), 2, "use 1 to 64 of");
  expect(ask(group, first, {"promote", "--yes"}), 2, "--force");
  expect(ask(group, heir, {"promote", "--force", "--yes"}), 1, first + " is primary and alive");

  expect(ask(group, first, {"handover", heir}), 0, heir + " is primary now, in epoch ");
  BOOST_TEST(group.primary(3) == heir);
  expect(ask(group, heir, {"status"}), 0, "last failover to it took ");
  expect(ask(group, heir, {"handover"}), 0, " is primary now, in epoch ");
  BOOST_TEST(group.primary(3) != heir);
}

BOOST_AUTO_TEST_CASE(a_replicator_that_was_started_again_is_asked) {
  mqtt_broker broker;
  group_of group({"a", "b", "c"}, cloud_at(broker) + std::vector<std::string>{"--enable-debug"});
  const auto first = group.primary(3);
  expect(ask(group, first, {"debug", "kill-stage", "replicator"}), 0, "told to fail");
  BOOST_REQUIRE(
      eventually([&] { return ask(group, group.primary(3), {"handover"}).exit_code == 0; }));
}

BOOST_AUTO_TEST_CASE(who_waits_is_told_that_the_replicator_ended) {
  mqtt_broker broker;
  group_of group({"a", "b", "c"}, cloud_at(broker) + std::vector<std::string>{"--enable-debug"});
  group.primary(3);
  group.kill("a");
  group.kill("b");
  by_force(group, "c"); // in vain
  auto waiting = std::async(std::launch::async, [&] {
    return ask(group, "c", {"promote", "--force", "--yes"});
  });
  BOOST_REQUIRE(eventually([&] {
    const auto log = group.at("c").log();
    const auto asked = log.rfind("operator command received");
    const auto answered = log.rfind("operator command answered");
    return asked != std::string::npos && (answered == std::string::npos || answered < asked);
  }));
  expect(ask(group, "c", {"debug", "kill-stage", "replicator"}), 0, "told to fail");
  expect(waiting.get(), 1, "the replicator ended meanwhile");
}

// A member that was not in sync must not claim: ops that only the member that is gone held would be
// lost.
BOOST_AUTO_TEST_CASE(who_lags_serves_by_force_alone) {
  mqtt_broker broker;
  group_of group({"a", "b", "w"}, cloud_at(broker));
  const auto first = group.primary(2);
  const auto second = other_than(first);
  expect(ask(group, first, {"handover", "w"}), 1, "w is a witness");
  group.kill(second);
  BOOST_TEST(group.primary(1) == first);
  group.kill(first);
  group.start(second);
  BOOST_REQUIRE(
      eventually([&] { return group.status(second).at("group").value("primary", "") == first; }));
  expect(ask(group, second, {"handover"}), 1, second + " is not primary: ask " + first);
  expect(ask(group, second, {"promote", "--force"}), 2, "pass --yes");
  BOOST_TEST(!group.serves(second));
  expect(ask(group, second, {"promote", "--force", "--yes"}), 0,
         "what only these members held is lost: " + first);
  BOOST_TEST(group.primary(1) == second);
  group.start(first);
  BOOST_TEST(group.primary(2) == second);
}

BOOST_AUTO_TEST_CASE(force_does_not_replace_the_majority) {
  mqtt_broker broker;
  group_of group({"a", "b", "w"}, cloud_at(broker));
  const auto first = group.primary(2);
  const auto second = other_than(first);
  group.kill("w");
  group.kill(first);
  expect(by_force(group, second), 1, "a majority of the voters (a b w) must answer");
  BOOST_TEST(!group.serves(second));
}

BOOST_AUTO_TEST_CASE(voters_come_and_go) {
  mqtt_broker broker;
  group_of group({"a", "b", "c"}, cloud_at(broker));
  const auto first = group.primary(3);
  const std::string gone = first == "c" ? "b" : "c";
  expect(ask(group, gone, {"members", "remove", first}), 1, gone + " is not primary: ask " + first);
  group.kill(gone);
  expect(ask_primary(group, {"members", "remove", gone}), 0, gone + " votes no more; voters: ");
  expect(ask_primary(group, {"members", "remove", gone}), 0,
         "there is nothing left to do; voters: ");
  expect(ask_primary(group, {"members", "remove", "d"}), 1, "d is not a member of the group");
  expect(ask_primary(group, {"members", "add", gone}), 1, gone + " has not asked to join");
  expect(ask_primary(group, {"members", "add", "d"}), 1,
         "write [member.d] into that of every node");
  group.start(gone);
  finished added;
  BOOST_REQUIRE(eventually([&] {
    added = ask_primary(group, {"members", "add", gone});
    return added.exit_code == 0;
  }));
  expect(added, 0, gone + " votes now; voters: ");
  expect(ask_primary(group, {"members", "add", gone}), 0, gone + " votes already");
  expect(ask_primary(group, {"members", "replace", gone}), 1, "no new " + gone + " asks to vote");
}

BOOST_AUTO_TEST_CASE(a_primary_votes_again_without_a_handover) {
  mqtt_broker broker;
  group_of group({"a", "b", "c"}, cloud_at(broker));
  const auto first = group.primary(3);
  expect(ask(group, first, {"members", "remove", first}), 0, first + " votes no more; voters: ");
  expect(ask(group, first, {"members", "add", first}), 0, first + " votes now; voters: ");
  BOOST_TEST(group.primary(3) == first);
}

// In the end the new one's vote makes a majority with the primary's.
BOOST_AUTO_TEST_CASE(a_new_machine_takes_the_place_of_one_that_is_lost) {
  mqtt_broker broker;
  group_of group({"a", "b", "c"}, cloud_at(broker));
  const auto first = group.primary(3);
  const std::string lost = first == "c" ? "b" : "c";
  const auto third = std::string(1, static_cast<char>('a' + 'b' + 'c' - first[0] - lost[0]));
  group.kill(lost);
  BOOST_TEST(group.primary(2) == first);
  group.lose_disk(lost);
  group.start(lost);
  BOOST_TEST(group.primary(3) == first);
  const auto got = ask(group, first, {"members", "replace", lost});
  BOOST_TEST_MESSAGE(got.output); // by itself, or as asked: whatever was first
  group.kill(third);
  BOOST_TEST(group.primary(2) == first);
}
