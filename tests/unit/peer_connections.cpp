// Connections to members whose addresses are found under a name: which member is at which address,
// and was.
#include "actors/group/peer_connections.hpp"

#include "core/limits.hpp"
#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

namespace {

config group_with(const std::string& address_of_c) {
  config c;
  c.node = "a";
  c.group.discover = "peers:5580";
  for (const auto* name : {"a", "b", "c"})
    c.member[name] = {};
  c.member["c"].address = address_of_c;
  return c;
}

// Node a of three; nobody listens where it connects to.
struct node : rig {
  link* open(const std::string& endpoint) {
    links.push_back(std::make_unique<link>(
        host, context, link_options{.profile = link_profile::peer, .endpoints = {endpoint}},
        [](link&) { return false; }));
    return links.back().get();
  }
  void close(const link& l) {
    std::erase_if(links, [&l](const auto& known) { return known.get() == &l; });
  }
  std::string endpoint_of(const std::string& name) {
    const auto* c = peers.to(name);
    return c == nullptr ? "" : c->endpoint;
  }

  std::vector<std::unique_ptr<link>> links;
  monopod::config conf = group_with("tcp://127.0.0.9:5580");
  peer_connections peers{conf, [this](const auto& endpoint) { return open(endpoint); },
                         [this](const link& l) { close(l); }};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(configured_members_are_connected_to_at_once, node) {
  BOOST_TEST(endpoint_of("c") == "tcp://127.0.0.9:5580");
  BOOST_TEST(endpoint_of("b").empty());
  BOOST_TEST(links.size() == 2u);
  BOOST_TEST((peers.is_at("c", "127.0.0.3") == nullptr)); // its address is for good
  BOOST_TEST(endpoint_of("c") == "tcp://127.0.0.9:5580");
}

BOOST_FIXTURE_TEST_CASE(a_member_is_where_it_greets_from, node) {
  peers.found({"127.0.0.2", "127.0.0.3"});
  BOOST_TEST(links.size() == 6u);
  BOOST_TEST(endpoint_of("b").empty());
  BOOST_TEST((peers.is_at("b", "127.0.0.3") != nullptr));
  BOOST_TEST(endpoint_of("b") == "tcp://127.0.0.3:5580");
  BOOST_TEST((peers.is_at("a", "127.0.0.2") == nullptr)); // that is this node itself
  BOOST_TEST((peers.is_at("stranger", "127.0.0.2") == nullptr));
  BOOST_TEST((peers.to("") == nullptr));
}

// Its new life may be heard before the name's server knows of it.
BOOST_FIXTURE_TEST_CASE(a_member_that_moved_leaves_nothing_behind, node) {
  peers.found({"127.0.0.2"});
  peers.is_at("b", "127.0.0.2");
  peers.is_at("b", "127.0.0.4");
  BOOST_TEST(endpoint_of("b") == "tcp://127.0.0.4:5580");
  BOOST_TEST(links.size() == 6u); // the earlier address is still listed
  peers.found({"127.0.0.4"});
  BOOST_TEST(endpoint_of("b") == "tcp://127.0.0.4:5580");
  BOOST_TEST(links.size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_member_stays_connected_while_the_name_is_empty, node) {
  peers.found({"127.0.0.2"});
  peers.is_at("b", "127.0.0.2");
  peers.found({});
  BOOST_TEST(endpoint_of("b") == "tcp://127.0.0.2:5580");
}

BOOST_FIXTURE_TEST_CASE(an_address_changes_hands, node) {
  conf.member["c"].address.clear();
  peers.found({"127.0.0.2"});
  peers.is_at("b", "127.0.0.2");
  peers.is_at("d", "127.0.0.2"); // no member
  BOOST_TEST(endpoint_of("b") == "tcp://127.0.0.2:5580");
  conf.member["d"] = {};
  peers.is_at("d", "127.0.0.2");
  BOOST_TEST(endpoint_of("d") == "tcp://127.0.0.2:5580");
  BOOST_TEST(endpoint_of("b").empty());
}

BOOST_FIXTURE_TEST_CASE(too_many_addresses_are_left_out, node) {
  std::vector<std::string> many;
  for (int i = 1; i <= 100; ++i)
    many.push_back("127.0.1." + std::to_string(i));
  peers.found(many);
  BOOST_TEST(links.size() == 2 * limits::group_addresses);
  BOOST_TEST((peers.is_at("b", "127.0.2.1") == nullptr));
  peers.found({});
  BOOST_TEST((peers.is_at("b", "127.0.2.1") != nullptr));
}

} // namespace monopod
