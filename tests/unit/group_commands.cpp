// An operator's commands to a group of three real replicas, on a clock that the test sets.
#include "actors/group/group_commands.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "tests/unit/replica_group.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

namespace {

using answer = group_commands::answer;

config of_three(const std::string& node) {
  config c;
  c.node = node;
  for (const auto* name : {"a", "b", "c"})
    c.member[name] = {};
  return c;
}

// Three replicas in sync; `a` is primary and takes frames.
struct scene : replica_group {
  // A node's commands, looked at with each millisecond that passes.
  struct operated {
    operated(scene& s, const std::string& name)
        : conf(of_three(name)),
          commands(conf, s.at(name), [&s, name](const replica_input& in) { s.step(name, in); }) {}

    config conf;
    group_commands commands;
    std::vector<answer> answers;
  };

  scene() {
    start_all();
    on_receive = [this](const letter& m) {
      if (const auto at = operators.find(m.to); at != operators.end())
        at->second.commands.heard(m.sender, m.body, now_ns);
    };
    BOOST_REQUIRE(run(3000, [&] {
      return at("a").accepting(now_ns) && at("a").known()->in_sync.size() == 3 &&
             at("c").known() == at("a").known();
    }));
  }

  operated& operate(const std::string& name) {
    return operators.try_emplace(name, *this, name).first->second;
  }
  void ask(const std::string& node, group_verb verb, const std::string& name = "") {
    auto& o = operate(node);
    o.commands.start(
        verb, name, [&o](const answer& a) { o.answers.push_back(a); }, now_ns);
  }
  // The node's next answer.
  answer answered(const std::string& node, std::uint64_t within_ms = limits::group_command_ms + 1) {
    auto& o = operate(node);
    const auto before = o.answers.size();
    run(within_ms, [&] {
      o.commands.look(now_ns);
      return o.answers.size() > before || !o.commands.busy();
    });
    BOOST_REQUIRE(!o.answers.empty());
    return o.answers.back();
  }
  answer of(const std::string& node, group_verb verb, const std::string& name = "") {
    ask(node, verb, name);
    return answered(node);
  }
  void lose_all_of(const std::string& name) {
    lost = [name](const letter& m) { return m.from == name || m.to == name; };
  }

  std::map<std::string, operated> operators;
};

bool says(const answer& a, const std::string& words) {
  return a.text.find(words) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(verbs_are_their_words) {
  for (const auto verb : {group_verb::handover, group_verb::promote, group_verb::add,
                          group_verb::remove, group_verb::replace})
    BOOST_TEST((parse_group_verb(word_of(verb)) == verb));
  for (const auto* word : {"", "Add", "voter", "replace "})
    BOOST_TEST(!parse_group_verb(word));
}

BOOST_FIXTURE_TEST_CASE(a_handover_is_done_when_the_heir_is_decided, scene) {
  const auto before_ns = now_ns;
  const auto a = of("a", group_verb::handover, "c");
  BOOST_TEST(a.done, a.text);
  BOOST_TEST(says(a, "c is primary now"));
  BOOST_TEST(now_ns - before_ns < 50 * ms);
  BOOST_TEST(run(100, [&] { return at("c").accepting(now_ns); }));
}

BOOST_FIXTURE_TEST_CASE(a_handover_to_nobody_fit_is_refused_at_once, scene) {
  operate("a").conf.member["w"].role = member_role::witness;
  const auto before_ns = now_ns;
  BOOST_TEST(says(of("a", group_verb::handover, "x"), "member of the group"));
  BOOST_TEST(says(of("a", group_verb::handover, "a"), "a is primary already"));
  BOOST_TEST(says(of("a", group_verb::handover, "w"), "holds no ledger"));
  BOOST_TEST(says(of("b", group_verb::handover), "b is not primary: ask a"));
  lose_all_of("c");
  BOOST_REQUIRE(run(1000, [&] { return at("a").known()->in_sync.size() == 2; }));
  BOOST_TEST(says(of("a", group_verb::handover, "c"), "c is not in sync"));
  BOOST_TEST((at("a").what() == replica::role::primary));
  for (const auto* node : {"a", "b"})
    for (const auto& a : operate(node).answers)
      BOOST_TEST(!a.done, a.text);
  BOOST_TEST(now_ns > before_ns);
}

// The heir was in sync when it was asked for, and is cut off then.
BOOST_FIXTURE_TEST_CASE(a_handover_that_does_not_happen_says_so, scene) {
  lose_all_of("b");
  append("a", "cam"); // which b does not get
  const auto a = of("a", group_verb::handover, "b");
  BOOST_TEST(!a.done);
  BOOST_TEST(says(a, "a serves on"));
}

BOOST_FIXTURE_TEST_CASE(one_command_at_a_time, scene) {
  lost = [](const letter&) { return true; };
  ask("a", group_verb::handover, "b");
  ask("a", group_verb::handover, "c");
  BOOST_REQUIRE(operate("a").answers.size() == 1u);
  BOOST_TEST(says(operate("a").answers[0], "another command is under way"));
}

BOOST_FIXTURE_TEST_CASE(time_is_up_in_the_end, scene) {
  // The voters' answers are lost, and all else is heard: nothing is decided.
  lost = [](const letter& m) { return is<peer::accepted>(m) || is<peer::promised>(m); };
  const auto asked_ns = now_ns;
  const auto a = of("a", group_verb::remove, "c");
  BOOST_TEST(!a.done);
  BOOST_TEST(says(a, "it is not decided yet"));
  BOOST_TEST((now_ns - asked_ns) / ms == limits::group_command_ms);
}

BOOST_FIXTURE_TEST_CASE(the_replicators_end_answers_whoever_waits, scene) {
  lost = [](const letter&) { return true; };
  ask("a", group_verb::remove, "c");
  auto& o = operate("a");
  o.commands.end();
  BOOST_REQUIRE(o.answers.size() == 1u);
  BOOST_TEST(says(o.answers[0], "the replicator ended"));
  o.commands.end(); // nobody waits
  BOOST_TEST(o.answers.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(force_does_not_replace_a_primary_that_is_heard, scene) {
  operate("b");
  BOOST_REQUIRE(run(100, [] { return false; }) == false); // b hears beats
  BOOST_TEST(says(of("b", group_verb::promote), "a is primary and alive"));
  BOOST_TEST(says(of("a", group_verb::promote), "a is primary and serves"));
  BOOST_TEST(operate("a").answers.back().done);
}

// C3 is what force overrides, not the majority of the voters.
BOOST_FIXTURE_TEST_CASE(force_needs_a_majority_of_voters, scene) {
  lost = [](const letter&) { return true; };
  BOOST_REQUIRE(run(1000, [&] { return !at("a").may_act(now_ns); }));
  const auto a = of("c", group_verb::promote);
  BOOST_TEST(!a.done);
  BOOST_TEST(says(a, "a majority of the voters (a b c) must answer"));
}

// Nobody knows whether the old primary has ended, so nobody claims (C3), until an operator says so.
BOOST_FIXTURE_TEST_CASE(force_promotes_a_member_that_was_not_in_sync, scene) {
  lose_all_of("c");
  BOOST_REQUIRE(run(1000, [&] { return at("a").known()->in_sync.size() == 2; }));
  all.erase("a");
  start("b", 2);
  network.clear();
  lost = [](const letter&) { return false; };
  BOOST_REQUIRE(!run(2000, [&] { return at("c").accepting(now_ns); }));
  const auto a = of("c", group_verb::promote);
  BOOST_TEST(a.done, a.text);
  BOOST_TEST(says(a, "what only these members held is lost: a b"), a.text);
  BOOST_TEST(at("c").accepting(now_ns));
}

BOOST_FIXTURE_TEST_CASE(a_voter_leaves_and_comes_back, scene) {
  const auto gone = of("a", group_verb::remove, "c");
  BOOST_TEST(gone.done, gone.text);
  BOOST_TEST(says(gone, "voters: a b"));
  const auto repeated = of("a", group_verb::remove, "c");
  BOOST_TEST(repeated.done, repeated.text);
  BOOST_TEST(says(repeated, "nothing left to do"));
  // Its next question whether it may join tells its id.
  BOOST_REQUIRE(run(200, [] { return false; }) == false);
  const auto back = of("a", group_verb::add, "c");
  BOOST_TEST(back.done, back.text);
  BOOST_TEST(says(of("a", group_verb::add, "c"), "c votes already"));
}

// It asks nobody whether it may join, so nobody has told its id.
BOOST_FIXTURE_TEST_CASE(a_primary_votes_again_without_a_handover, scene) {
  BOOST_REQUIRE(of("a", group_verb::remove, "a").done);
  BOOST_TEST(!at("a").known()->lists("a"));
  const auto epoch = at("a").epoch();
  const auto back = of("a", group_verb::add, "a");
  BOOST_TEST(back.done, back.text);
  BOOST_TEST(says(back, "a votes now"));
  BOOST_TEST(at("a").known()->lists("a"));
  BOOST_TEST(at("a").accepting(now_ns));
  BOOST_TEST(at("a").epoch() == epoch);
  // Its vote counts: with it, two of three are a majority.
  lose_all_of("c");
  BOOST_TEST(run(1000, [&] { return at("a").known()->in_sync.size() == 2; }));
}

BOOST_FIXTURE_TEST_CASE(a_voter_must_be_configured_vote_and_have_asked, scene) {
  operate("a").conf.member["mute"].votes = false;
  operate("a").conf.member["d"] = {};
  BOOST_TEST(says(of("a", group_verb::add, "x"), "not in this node's configuration"));
  BOOST_TEST(says(of("a", group_verb::add, "mute"), "votes is false"));
  BOOST_TEST(says(of("a", group_verb::add, "d"), "has not asked to join"));
  BOOST_TEST(says(of("a", group_verb::remove, "x"), "x is not a member"));
  BOOST_TEST(!operate("a").answers.back().done);
  BOOST_TEST(says(of("a", group_verb::replace, "b"), "no new b asks to vote"));
  BOOST_TEST(at("a").known()->voters.size() == 3u);
}

} // namespace monopod
