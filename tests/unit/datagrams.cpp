// Datagrams between two nodes on one loop: that a way is proved before it carries anything, and
// that a stranger that was not told the token is not heard.
#include "actors/group/datagrams.hpp"

#include "core/limits.hpp"
#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace monopod {

namespace {

using bytes = std::vector<std::uint8_t>;
constexpr std::uint32_t group = 7;

// A node that knows one other. One of them greets over a connection; the answer is a datagram.
struct node {
  node(rig& r, const std::string& name, std::string other, std::uint64_t patience_ns = ns_per_s)
      : self(name), peer(std::move(other)),
        way(r.host, name, group, {peer}, "tcp://127.0.0.1:0", patience_ns, [this] { read(); }) {}

  void read() {
    way.receive_some([this](const std::string& from, auto message) {
      senders.push_back(from);
      const auto* data = reinterpret_cast<const std::uint8_t*>(message.data());
      received.emplace_back(data, data + message.size());
    });
  }

  std::string self;
  std::string peer;
  datagrams way;
  std::vector<bytes> received;
  std::vector<std::string> senders; // of `received`
};

std::span<const std::byte> as_read(const bytes& b) { return std::as_bytes(std::span(b)); }

// As their connection would.
bool greet(node& from, node& to) {
  const auto greeting = from.way.greeting_due(from.peer);
  const auto by = greeting ? decode_greeting(as_read(*greeting)) : std::nullopt;
  if (by)
    to.way.greeted(*by, "127.0.0.1");
  return by && by->from == from.self;
}

// Until a message from one arrives at the other; the refused ones would go by connection.
bool gets_through(rig& r, node& from, node& to, const bytes& message) {
  return r.until([&] {
    from.way.send(from.peer, message);
    from.way.flush();
    return !to.received.empty() && to.received.back() == message;
  });
}

struct two_nodes : rig {
  node a{*this, "a", "b"};
  node b{*this, "b", "a"};
  void meet() {
    BOOST_REQUIRE(greet(a, b));
    BOOST_REQUIRE(greet(b, a));
    BOOST_REQUIRE(gets_through(*this, a, b, {1}));
    BOOST_REQUIRE(gets_through(*this, b, a, {2}));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_way_is_proved_first, two_nodes) {
  const bytes message{1, 2, 3};
  BOOST_TEST(!a.way.send("b", message)); // where to?
  BOOST_REQUIRE(greet(a, b));
  BOOST_TEST(!b.way.send("a", message)); // does it arrive?
  BOOST_TEST(gets_through(*this, a, b, message));
  BOOST_TEST(gets_through(*this, b, a, message));
  BOOST_TEST(!a.way.greeting_due("b").has_value());
  BOOST_TEST(!a.way.send("somebody", message));
}

BOOST_FIXTURE_TEST_CASE(what_is_long_goes_by_the_connection, two_nodes) {
  meet();
  BOOST_TEST(gets_through(*this, a, b, bytes(limits::datagram_bytes, 7)));
  BOOST_TEST(!a.way.send("b", bytes(limits::datagram_bytes + 1, 7)));
}

// Junk may push out of the buffer what the other end says.
BOOST_AUTO_TEST_CASE(a_way_that_has_fallen_silent_is_left) {
  rig r;
  node a(r, "a", "b", 1); // a nanosecond
  node b(r, "b", "a");
  BOOST_REQUIRE(greet(a, b));
  BOOST_REQUIRE(greet(b, a));
  BOOST_REQUIRE(gets_through(r, a, b, {1}));
  const auto takes = [&](const bytes& message) {
    r.host.run_once(0); // another turn has another time
    return a.way.send("b", message);
  };
  // b is heard, and then is not.
  BOOST_REQUIRE(r.until([&] {
    b.way.send("a", bytes{2});
    b.way.flush();
    return takes({3});
  }));
  b.way.set_reading(false);
  a.way.set_reading(false);
  BOOST_TEST(!takes({4}));
  BOOST_TEST(!takes({5}));
  a.way.set_reading(true);
  b.way.set_reading(true);
  BOOST_TEST(gets_through(r, a, b, {6})); // it is proved again
}

// More than one system call takes, or gives, at a time.
BOOST_FIXTURE_TEST_CASE(many_go_at_once, two_nodes) {
  meet();
  const auto before = b.received.size();
  constexpr std::size_t many = 43;
  for (std::uint8_t i = 0; i < many; ++i)
    BOOST_TEST(a.way.send("b", bytes(1 + i, i)));
  BOOST_TEST(a.way.flush() == 0u);
  BOOST_TEST(until([&] { return b.received.size() == before + many; }));
  for (std::uint8_t i = 0; i < many; ++i)
    BOOST_TEST(b.received[before + i] == bytes(1 + i, i), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_earlier_life_is_not_heard, two_nodes) {
  meet();
  node again(*this, "b", "a"); // b was started again, at another port
  again.read();
  BOOST_REQUIRE(greet(again, a));
  BOOST_TEST(!a.way.send("b", bytes{3})); // no longer to the earlier one
  const auto before = a.received.size();
  b.way.send("a", bytes{4});
  b.way.flush();
  for (int turn = 0; turn < 20; ++turn)
    host.run_once(0);
  BOOST_TEST(a.received.size() == before);
  BOOST_TEST(gets_through(*this, a, again, {5}));
}

BOOST_FIXTURE_TEST_CASE(who_lacks_the_token_is_not_heard, two_nodes) {
  const auto greeting = a.way.greeting_due("b");
  const auto g = decode_greeting(as_read(*greeting));
  BOOST_REQUIRE(g.has_value());
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(g->port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto say = [&](const bytes& datagram) {
    sendto(fd, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to),
           sizeof to);
  };
  bytes forged(18, 0x42);
  say(forged);
  say(bytes(5, 0));
  say({});
  say(bytes(5000, 1));
  const auto token = g->token;
  std::memcpy(forged.data(), &token, sizeof token); // told to all peers, but whose is it?
  say(forged);
  std::memset(forged.data() + sizeof token, 0, sizeof token); // b's, before it has one
  say(forged);
  for (int turn = 0; turn < 20; ++turn)
    host.run_once(0);
  close(fd);
  BOOST_TEST(a.received.empty());
}

BOOST_FIXTURE_TEST_CASE(greetings_that_are_none, two_nodes) {
  BOOST_TEST(!decode_greeting(as_read(bytes(64, 0))).has_value());
  a.way.greeted({"stranger", 1, 1, group}, "127.0.0.1");
  a.way.greeted({"b", 1, 1, group}, "not an address");
  a.way.greeted({"b", 1, 1, group + 1}, "127.0.0.1");
  a.way.greeted({"b", 1, 0, group}, "127.0.0.1");
  BOOST_TEST(!a.way.send("b", bytes{1}));
  BOOST_TEST(a.way.misfits() == 0u);
}

// A third node can't have the way of another one by its token.
BOOST_AUTO_TEST_CASE(a_token_speaks_for_one_peer) {
  rig r;
  node b(r, "b", "a");
  node a(r, "a", "b");
  datagrams both(r.host, "both", group, {"b", "c"}, "tcp://127.0.0.1:0", ns_per_s, [] {});
  const auto of_b = decode_greeting(as_read(b.way.greeting()));
  BOOST_REQUIRE(of_b.has_value());
  both.greeted(*of_b, "127.0.0.1");
  auto of_c = *of_b;
  of_c.from = "c";
  both.greeted(of_c, "127.0.0.1");
  BOOST_TEST(both.misfits() == 1u);
  BOOST_REQUIRE(greet(a, b));
  BOOST_REQUIRE(greet(b, a));
  BOOST_REQUIRE(gets_through(r, b, a, {1}));
  BOOST_TEST(a.senders.back() == "b");
}

// Datagrams must not go to an address that has only been told.
BOOST_FIXTURE_TEST_CASE(a_way_to_another_address_is_proved_again, two_nodes) {
  meet();
  auto elsewhere = *decode_greeting(as_read(b.way.greeting()));
  a.way.greeted(elsewhere, "127.0.0.1"); // nothing new
  BOOST_TEST(a.way.send("b", bytes{3}));
  a.way.greeted(elsewhere, "127.0.0.2");
  BOOST_TEST(!a.way.send("b", bytes{4}));
}

BOOST_AUTO_TEST_CASE(without_an_address_there_are_none) {
  rig r;
  datagrams none(r.host, "a", group, {"b"}, "ipc:///somewhere", ns_per_s, [] {});
  BOOST_TEST(!none.send("b", bytes{1}));
  BOOST_TEST(!none.greeting_due("b").has_value());
  BOOST_TEST(!none.receive_some([](const std::string&, auto) {}));
}

} // namespace monopod
