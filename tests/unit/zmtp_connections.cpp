// The two ends of ZMTP connections: with each other, and with libzmq's.
#include "core/clock.hpp"
#include "core/zmtp/connector.hpp"
#include "core/zmtp/server.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>
#include <zmq.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

using namespace monopod;
using namespace monopod::zmtp;

namespace {

constexpr tcp_patience patience{.probe_ms = 1000, .silence_ms = 3000, .unacknowledged_ms = 3000};
constexpr message_limits small{.envelope_bytes = 1000, .part_bytes = 1'000'000};

server::options serving(const std::string& endpoint) {
  return {.endpoints = {endpoint},
          .backlog = 16,
          .patience = patience,
          .limits = small,
          .waiting_messages = 8,
          .opening_ns = 5 * ns_per_s,
          .message_ns = 30 * ns_per_s,
          .unfinished_bytes = 10'000'000,
          .connections = 4,
          .connections_per_address = 4,
          .connections_of_this_host = 100,
          .malformed_messages = 10,
          .first_id = 100};
}

connector::options connecting(const std::string& endpoint, bool keeps_unsent = false) {
  return {.endpoint = endpoint,
          .patience = patience,
          .limits = small,
          .waiting_messages = 8,
          .keeps_unsent = keeps_unsent,
          .opening_ns = 5 * ns_per_s,
          .retry_ns = ns_per_ms,
          .retry_max_ns = 4 * ns_per_ms};
}

std::span<const std::uint8_t> raw(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text(std::span<const std::byte> b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

payload body_of(std::size_t bytes, char with) {
  const auto owner = std::make_shared<std::vector<std::byte>>(bytes, static_cast<std::byte>(with));
  return {owner, *owner};
}

// A server with those that connect, turned until something is the case.
struct scene {
  explicit scene(const server::options& o) : serves(std::in_place, o) {}

  connector& connect(bool keeps_unsent = false) {
    ends.push_back(
        std::make_unique<connector>(connecting(serves->endpoints().front(), keeps_unsent)));
    ends.back()->tick(boottime_ns());
    return *ends.back();
  }

  void turn() {
    const auto now_ns = boottime_ns();
    if (serves) {
      serves->tick(now_ns);
      for (server::received r; serves->receive(r, now_ns);)
        got.push_back(std::move(r));
    }
    for (const auto& e : ends) {
      pollfd p{e->fd(), e->events(), 0};
      if (poll(&p, 1, 0) > 0)
        e->on_event(p.revents, now_ns);
      e->tick(now_ns);
      for (message m; e->receive(m, now_ns);)
        answers.push_back(text(m.envelope()) + "|" + text(m.body.bytes()));
    }
  }

  // False after ten seconds, which fails the test and never decides one.
  bool until(const std::function<bool()>& done) {
    for (const auto give_up_ns = boottime_ns() + 10 * ns_per_s; !done(); turn())
      if (boottime_ns() > give_up_ns)
        return false;
    return true;
  }

  std::optional<server> serves;
  std::vector<std::unique_ptr<connector>> ends;
  std::vector<server::received> got;
  std::vector<std::string> answers;
};

} // namespace

BOOST_AUTO_TEST_CASE(over_tcp_and_ipc_messages_go_both_ways) {
  const temporary_folder folder;
  for (const auto& endpoint : {std::string("tcp://127.0.0.1:0"), std::string("tcp://*:*"),
                               "ipc://" + (folder.path / "s").string(),
                               std::string("ipc://@monopod-test-") + std::to_string(getpid())}) {
    scene s(serving(endpoint));
    auto& c = s.connect();
    BOOST_TEST((c.send(raw("too early"), nullptr) == send_status::failed));
    BOOST_REQUIRE(s.until([&] { return c.ready(); }));
    BOOST_TEST(c.happened().connected);
    const auto body = body_of(24'000, 'x');
    BOOST_TEST((c.send(raw("frame"), &body) == send_status::sent));
    BOOST_REQUIRE(s.until([&] { return s.got.size() == 1; }));
    BOOST_TEST(text(s.got[0].what.envelope()) == "frame");
    BOOST_TEST(s.got[0].what.body.size_bytes() == 24'000u);
    BOOST_TEST(s.serves->address(s.got[0].from) ==
               (endpoint.starts_with("tcp") ? "127.0.0.1" : ""));
    BOOST_TEST((s.serves->send(s.got[0].from, raw("ack"), nullptr) == send_status::sent));
    BOOST_REQUIRE(s.until([&] { return s.answers.size() == 1; }));
    BOOST_TEST(s.answers[0] == "ack|");
    BOOST_TEST((s.serves->send(s.got[0].from + 1, raw("ack"), nullptr) == send_status::failed));
  }
}

BOOST_AUTO_TEST_CASE(what_the_kernel_does_not_take_waits_up_to_a_limit) {
  scene s(serving("tcp://127.0.0.1:0"));
  auto& c = s.connect();
  BOOST_REQUIRE(s.until([&] { return c.ready(); }));
  const auto body = body_of(900'000, 'b');
  std::size_t sent = 0;
  while (c.send(raw(std::to_string(sent)), &body) == send_status::sent)
    ++sent;
  BOOST_TEST(sent > 8u); // what the kernel has, and eight
  BOOST_TEST(sent < 100u);
  BOOST_TEST(!c.has_room());
  BOOST_TEST((c.events() & POLLOUT) != 0);
  BOOST_REQUIRE(s.until([&] { return s.got.size() == sent; }));
  for (std::size_t i = 0; i < sent; ++i) {
    BOOST_TEST(text(s.got[i].what.envelope()) == std::to_string(i));
    BOOST_TEST(text(s.got[i].what.body.bytes()) == std::string(900'000, 'b'));
  }
  BOOST_TEST(c.has_room());
  // The other way, to a peer that does not read.
  sent = 0;
  while (s.serves->send(s.got[0].from, raw("x"), &body) == send_status::sent)
    ++sent;
  BOOST_REQUIRE(s.until([&] { return s.answers.size() == sent; }));
}

BOOST_AUTO_TEST_CASE(a_connection_is_made_again_and_says_so) {
  const temporary_folder folder;
  auto options = serving("ipc://" + (folder.path / "s").string());
  scene s(options);
  auto& eager = s.connect();
  auto& keeps = s.connect(true);
  BOOST_TEST((keeps.send(raw("before"), nullptr) == send_status::sent));
  BOOST_REQUIRE(s.until([&] { return eager.ready() && s.got.size() == 1; }));
  BOOST_TEST(text(s.got[0].what.envelope()) == "before");
  const auto first = s.got[0].from;
  eager.happened();
  s.serves.reset();
  BOOST_REQUIRE(s.until([&] { return !eager.ready() && !keeps.ready(); }));
  auto seen = eager.happened();
  BOOST_TEST((seen.disconnected && seen.interrupted && !seen.connected));
  for (int i = 0; i < 8; ++i)
    BOOST_TEST((keeps.send(raw("meanwhile"), nullptr) == send_status::sent));
  BOOST_TEST((keeps.send(raw("too many"), nullptr) == send_status::full));
  BOOST_TEST((eager.send(raw("nobody is there"), nullptr) == send_status::failed));
  options.first_id = first + 10;
  s.serves.emplace(options);
  BOOST_REQUIRE(s.until([&] { return eager.ready() && s.got.size() == 9; }));
  seen = eager.happened();
  BOOST_TEST((seen.connected && !seen.disconnected));
  BOOST_TEST(s.got[8].from > first);
}

BOOST_AUTO_TEST_CASE(each_connection_begins_with_the_first_word) {
  const temporary_folder folder;
  auto options = serving("ipc://" + (folder.path / "s").string());
  scene s(options);
  auto mine = connecting(s.serves->endpoints().front(), true);
  mine.first_word = {'m', 'e'};
  s.ends.push_back(std::make_unique<connector>(mine));
  auto& c = *s.ends[0];
  BOOST_TEST((c.send(raw("before"), nullptr) == send_status::sent));
  const auto said = [&] {
    std::string all;
    for (const auto& g : s.got)
      all += text(g.what.envelope()) + " ";
    return all;
  };
  BOOST_REQUIRE(s.until([&] { return s.got.size() == 2; }));
  BOOST_TEST(said() == "me before ");
  s.serves.reset();
  BOOST_REQUIRE(s.until([&] { return !c.ready(); }));
  BOOST_TEST((c.send(raw("meanwhile"), nullptr) == send_status::sent));
  s.serves.emplace(options);
  BOOST_REQUIRE(s.until([&] { return s.got.size() == 4; }));
  BOOST_TEST(said() == "me before me meanwhile ");
}

BOOST_AUTO_TEST_CASE(those_who_say_nothing_or_nonsense_or_are_too_many_are_closed) {
  auto options = serving("tcp://127.0.0.1:0");
  options.opening_ns = 1; // a connection that has not opened when it is looked at
  std::map<std::string, int, std::less<>> refused;
  options.refused = [&refused](std::string_view why) { ++refused[std::string(why)]; };
  scene s(options);
  const auto at = *numeric_address(s.serves->endpoints().front());
  const auto stranger = [&] { return begin_connect(at, patience); };
  const auto closed = [&](int fd) {
    const bool ended = s.until([fd] {
      char c = 0;
      const auto n = read(fd, &c, 1);
      return n == 0 || (n < 0 && errno != EAGAIN);
    });
    close(fd);
    return ended;
  };
  BOOST_TEST(closed(stranger())); // greets never
  BOOST_TEST(refused["unopened"] == 1);
  options.opening_ns = 100 * ns_per_s;
  s.serves.reset();
  s.serves.emplace(options);
  const auto again = *numeric_address(s.serves->endpoints().front());
  const int rude = begin_connect(again, patience);
  // It may not be connected yet.
  BOOST_REQUIRE(s.until([rude] { return write(rude, "GET / HTTP/1.1\r\n", 16) == 16; }));
  BOOST_TEST(s.until([&] { return refused["protocol"] == 1; }));
  close(rude);
  std::vector<int> silent;
  silent.reserve(6);
  for (int i = 0; i < 6; ++i)
    silent.push_back(begin_connect(again, patience));
  BOOST_TEST(s.until([&] { return refused["too_many"] == 2; })); // of six
  for (const int fd : silent)
    close(fd);
}

BOOST_AUTO_TEST_CASE(connections_take_turns) {
  scene s(serving("tcp://127.0.0.1:0"));
  auto& loud = s.connect();
  auto& quiet = s.connect();
  BOOST_REQUIRE(s.until([&] { return loud.ready() && quiet.ready(); }));
  for (int i = 0; i < 2000; ++i)
    BOOST_REQUIRE(s.until([&] { return loud.send(raw("l"), nullptr) == send_status::sent; }));
  BOOST_REQUIRE((quiet.send(raw("q"), nullptr) == send_status::sent));
  BOOST_REQUIRE(s.until([&] { return s.got.size() == 2001; }));
}

BOOST_AUTO_TEST_CASE(names_are_looked_up_and_nonsense_is_refused) {
  scene s(serving("tcp://127.0.0.1:0"));
  const auto endpoint = s.serves->endpoints().front();
  s.ends.push_back(std::make_unique<connector>(
      connecting("tcp://localhost" + endpoint.substr(endpoint.rfind(':')))));
  BOOST_TEST(s.until([&] { return s.ends[0]->ready(); }));
  for (const char* bad : {"tcp://x", "tcp://x:y", "udp://1.2.3.4:5", "ipc://", "hello"})
    BOOST_CHECK_THROW(connector(connecting(bad)), std::invalid_argument);
  for (const char* bad : {"tcp://no.such.interface:0", "tcp://192.0.2.1:1", "ipc:///no/such/dir/x"})
    BOOST_CHECK_THROW(server(serving(bad)), std::system_error);
  BOOST_CHECK_THROW(server(serving(endpoint)), std::system_error); // taken
}

namespace {

// A DEALER or ROUTER of libzmq's.
struct libzmq_socket {
  explicit libzmq_socket(zmq::socket_type type) : socket(context, type) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::heartbeat_ivl, 10);       // ms
    socket.set(zmq::sockopt::heartbeat_timeout, 2000); // ms
  }
  std::string receive() {
    zmq::message_t part;
    return socket.recv(part, zmq::recv_flags::dontwait) ? part.to_string() : "";
  }
  void send(const std::string& part, bool more = false) {
    socket.send(zmq::buffer(part), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  zmq::context_t context;
  zmq::socket_t socket;
};

} // namespace

BOOST_AUTO_TEST_CASE(libzmq_connects_beats_and_is_answered) {
  scene s(serving("tcp://127.0.0.1:0"));
  libzmq_socket dealer(zmq::socket_type::dealer);
  dealer.socket.set(zmq::sockopt::routing_id, "itself"); // we number by ourselves
  dealer.socket.connect(s.serves->endpoints().front());
  const std::string body(70'000, 'b');
  dealer.send("envelope", true);
  dealer.send(body);
  BOOST_REQUIRE(s.until([&] { return s.got.size() == 1; }));
  BOOST_TEST(text(s.got[0].what.envelope()) == "envelope");
  BOOST_TEST(text(s.got[0].what.body.bytes()) == body);
  const auto answer = body_of(300, 'a');
  BOOST_TEST((s.serves->send(s.got[0].from, raw("ack"), &answer) == send_status::sent));
  std::string got;
  BOOST_REQUIRE(s.until([&] { return !(got = dealer.receive()).empty(); }));
  BOOST_TEST(got == "ack");
  BOOST_TEST(dealer.receive() == std::string(300, 'a'));
  // It beats every 10 ms, and would leave without our answers.
  const auto until_ns = boottime_ns() + 100 * ns_per_ms;
  s.until([&] { return boottime_ns() > until_ns; });
  dealer.send("still");
  BOOST_REQUIRE(s.until([&] { return s.got.size() == 2; }));
  BOOST_TEST(s.got[1].from == s.got[0].from);
}

BOOST_AUTO_TEST_CASE(libzmq_serves) {
  libzmq_socket router(zmq::socket_type::router);
  router.socket.bind("tcp://127.0.0.1:*");
  const auto endpoint = router.socket.get(zmq::sockopt::last_endpoint);
  scene s(serving("tcp://127.0.0.1:0"));
  s.ends.push_back(std::make_unique<connector>(connecting(endpoint)));
  auto& c = *s.ends[0];
  BOOST_REQUIRE(s.until([&] { return c.ready(); }));
  const auto body = body_of(24'000, 'x');
  BOOST_TEST((c.send(raw("frame"), &body) == send_status::sent));
  std::string id;
  BOOST_REQUIRE(s.until([&] { return !(id = router.receive()).empty(); }));
  BOOST_TEST(router.receive() == "frame");
  BOOST_TEST(router.receive() == std::string(24'000, 'x'));
  router.send(id, true);
  router.send("ack");
  BOOST_REQUIRE(s.until([&] { return s.answers.size() == 1; }));
  BOOST_TEST(s.answers[0] == "ack|");
}
