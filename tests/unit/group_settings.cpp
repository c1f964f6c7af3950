// The configuration of a group, and what replication takes from it.
#include "actors/ledger/group_settings.hpp"

#include "core/config/config_loader.hpp"
#include "core/config/cross_checks.hpp"
#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

namespace {

std::string mistakes(const std::string& text) {
  const auto loaded = load_config_text(text, "test.toml");
  return loaded ? "" : describe(loaded.error());
}

bool loads(const std::string& text) { return mistakes(text).empty(); }

config must_load(const std::string& text) {
  BOOST_TEST_REQUIRE(mistakes(text) == "");
  return *load_config_text(text, "test.toml");
}

void expect_mistake(const std::string& text, const std::string& whole_line) {
  BOOST_TEST(mistakes(text) == whole_line + "\n", text);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_group_has_members_and_this_node_is_one) {
  const auto conf = must_load("node = \"b\"\n[group]\nname = \"street\"\nprofile = \"wifi\"\n"
                              "[member.a]\naddress = \"tcp://10.0.0.1:5580\"\n"
                              "[member.b]\naddress = \"tcp://10.0.0.2:5580\"\n"
                              "listen = \"tcp://*:5580\"\n"
                              "[member.w]\naddress = \"ipc:///run/w\"\nrole = \"witness\"\n");
  BOOST_TEST(conf.group.name == "street");
  BOOST_TEST((conf.group.profile == lease_profile::wifi));
  BOOST_TEST(conf.member.size() == 3u);
  BOOST_TEST(conf.member.at("b").listen == "tcp://*:5580");
  BOOST_TEST((conf.member.at("w").role == member_role::witness));
  BOOST_TEST(config_warnings(conf).empty());
  BOOST_TEST(config_warnings(must_load("")).empty()); // a node on its own
}

BOOST_AUTO_TEST_CASE(members_may_be_found_under_a_name) {
  const auto conf = must_load("node = \"b\"\n[group]\nmembers = [\"a\", \"b\"]\n"
                              "discover = \"monopod-peers:5580\"\n"
                              "[member.w]\nrole = \"witness\"\n");
  BOOST_TEST(conf.member.size() == 3u);
  BOOST_TEST(conf.member.at("a").address.empty());
  BOOST_TEST((conf.member.at("w").role == member_role::witness));
  BOOST_TEST(!loads("node = \"a\"\n[group]\nmembers = [\"a\", \"b\"]\n")); // where are they?
  expect_mistake("node = \"a\"\n[group]\nmembers = [\"a\"]\ndiscover = \"peers:1\"\n"
                 "[member.w]\nrole = \"witness\"\nvotes = false\n",
                 "test.toml:7:9: member.w.votes: a witness that does not vote does nothing; set "
                 "votes = true, or remove the member");
  BOOST_TEST(!loads("node = \"c\"\n[group]\nmembers = [\"a\"]\ndiscover = \"peers:1\"\n"));
  for (const std::string bad : {"peers", "peers:0", "tcp://peers:5580", ":5580", "peers:*"})
    expect_mistake("node = \"a\"\n[member.a]\naddress = \"tcp://a:1\"\n[group]\ndiscover = \"" +
                       bad + "\"\n",
                   "test.toml:5:12: group.discover: \"" + bad +
                       "\" is not a name with a port; use NAME:PORT as in monopod-peers:5580, or "
                       "\"\" if all members have addresses");
}

BOOST_AUTO_TEST_CASE(members_that_make_no_group_are_refused) {
  const std::string a = "[member.a]\naddress = \"tcp://a:1\"\n";
  const std::string node = "node = \"a\"\n";
  expect_mistake("node = \"c\"\n" + a,
                 "test.toml:1:8: node: \"c\" is not a member of the group; set "
                 "node to one of a, or write [member.c]");
  expect_mistake(node + a + "[member.b]\n", "member.b: member.b.address: it is missing; write for "
                                            "example \"tcp://10.0.0.1:5580\", or set "
                                            "group.discover to a name that has all addresses");
  expect_mistake(node + a + "[member.b]\naddress = \"tcp://a:1\"\n",
                 "test.toml:5:11: member.b.address: it is the address of a, too; give each member "
                 "its own");
  expect_mistake(node + a + "role = \"witness\"\n",
                 "member: member: the group has no replica; give a member role = \"replica\"");
  expect_mistake(node + a + "votes = false\n",
                 "member: member: nobody votes; give a member votes = true");
  expect_mistake(node + a +
                     "[member.b]\naddress = \"tcp://b:1\"\nrole = \"witness\"\nvotes = false\n",
                 "test.toml:7:9: member.b.votes: a witness that does not vote does nothing; set "
                 "votes = true, or remove the member");
  for (const std::string bad :
       {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://a:0", "tcp://a:*", "inproc://a"})
    expect_mistake(
        node + "[member.a]\naddress = \"" + bad + "\"\n",
        "test.toml:3:11: member.a.address: \"" + bad +
            "\" is not an address to connect to; use tcp://HOST:PORT as the others see it; "
            "`listen` may differ");
  BOOST_TEST(!loads(node + "[member.a]\naddress = \"a:1\"\n"));
  BOOST_TEST(!loads(node + a + "listen = \"a:1\"\n"));
  BOOST_TEST(!loads(node + a + "[member.\"a/b\"]\n"));
  std::string many;
  for (std::size_t i = 0; i <= limits::group_members; ++i)
    many +=
        "[member.m" + std::to_string(i) + "]\naddress = \"tcp://m" + std::to_string(i) + ":1\"\n";
  expect_mistake("node = \"m0\"\n" + many,
                 "test.toml:18:1: too many sections of this kind; use at most 8");
}

BOOST_AUTO_TEST_CASE(every_profile_has_a_sound_lease) {
  for (const auto profile : {lease_profile::lan, lease_profile::fast, lease_profile::wifi})
    BOOST_TEST(times_of(profile).sound());
  BOOST_TEST(times_of(lease_profile::lan).promise_ns == 145'000'000u);
  BOOST_TEST(times_of(lease_profile::fast).beat_ns == 5'000'000u);
  BOOST_TEST(times_of(lease_profile::wifi).lease_ns == 300'000'000u);
}

BOOST_AUTO_TEST_CASE(places_are_the_members) {
  config conf;
  BOOST_TEST(places_of(conf).empty());
  conf.member["w"].role = member_role::witness;
  conf.member["a"].votes = false;
  const auto places = places_of(conf);
  BOOST_TEST_REQUIRE(places.size() == 2u);
  BOOST_TEST(places[0].name == "a");
  BOOST_TEST(places[0].holds_ledger);
  BOOST_TEST(!places[0].votes);
  BOOST_TEST(!places[1].holds_ledger);
  BOOST_TEST(places[1].votes);
}

} // namespace monopod
