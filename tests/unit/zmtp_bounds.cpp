// The memory, time, connections and turns that strangers may take of a serving end.
#include "core/clock.hpp"
#include "core/zmtp/frames.hpp"
#include "core/zmtp/server.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace monopod;
using namespace monopod::zmtp;

namespace {

constexpr tcp_patience patience{.probe_ms = 1000, .silence_ms = 3000, .unacknowledged_ms = 3000};

std::string text(std::span<const std::byte> b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

std::string hello() { return text(opening(role::dealer)); }

std::string header(std::size_t bytes, bool more = false) {
  std::vector<std::byte> out;
  append_header(out, bytes, more ? flag::more : 0);
  return text(out);
}

std::string message_of(const std::string& content) { return header(content.size()) + content; }

/// A connection of a stranger's, which says bytes.
struct stranger {
  explicit stranger(const std::string& endpoint)
      : fd(begin_connect(*numeric_address(endpoint), patience)) {}
  ~stranger() { close(fd); }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  bool ended() const {
    char got[4096];
    ssize_t n = 0;
    while ((n = recv(fd, got, sizeof got, MSG_DONTWAIT)) > 0) {
    }
    return n == 0 || (errno != EAGAIN && errno != EINTR);
  }

  int fd;
};

/// A server that the test turns, on a clock that the test sets.
struct scene {
  scene() {
    options.refused = [this](std::string_view why) { ++refused[std::string(why)]; };
  }

  server& serves() {
    if (!running)
      running = std::make_unique<server>(options);
    return *running;
  }
  std::shared_ptr<stranger> connect() {
    return std::make_shared<stranger>(serves().endpoints().front());
  }
  /// A connection that has said READY.
  std::shared_ptr<stranger> open() {
    auto one = connect();
    say(*one, hello());
    return one;
  }
  /// Sends the text as the kernel takes it, until the server has read it.
  void say(const stranger& who, std::string what) {
    BOOST_REQUIRE(until([&] {
      const auto n = send(who.fd, what.data(), what.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      what.erase(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      return what.empty();
    }));
    for (int turns = 0; turns < 20; ++turns)
      turn();
  }
  void turn() {
    ++now_ns; // another turn
    serves().tick(now_ns);
    for (server::received r; serves().receive(r, now_ns);) {
      got.push_back(text(r.what.envelope()));
      if (take)
        take(r.from);
    }
  }
  // False after ten seconds, which fails the test and never decides one.
  bool until(const std::function<bool()>& done) {
    for (const auto give_up_ns = boottime_ns() + 10 * ns_per_s; !done(); turn())
      if (boottime_ns() > give_up_ns)
        return false;
    return true;
  }

  server::options options{.endpoints = {"tcp://127.0.0.1:0"},
                          .backlog = 64,
                          .patience = patience,
                          .limits = {.envelope_bytes = 1000, .part_bytes = 10'000'000},
                          .waiting_messages = 8,
                          .opening_ns = 1000 * ns_per_s,
                          .first_word_ns = 5 * ns_per_s,
                          .message_ns = 30 * ns_per_s,
                          .unfinished_bytes = 100'000'000,
                          .connections = 8,
                          .connections_per_address = 1, // of which nobody is here
                          .connections_of_this_host = 8,
                          .malformed_messages = 10,
                          .first_id = 100};
  std::unique_ptr<server> running;
  std::uint64_t now_ns = ns_per_s;
  std::vector<std::string> got;
  std::function<void(std::uint64_t from)> take; // a message
  std::map<std::string, int, std::less<>> refused;
};

struct scene_of_good : scene {
  scene_of_good() {
    take = [this](std::uint64_t from) { serves().heard(from); };
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(who_opens_and_says_nothing_is_closed, scene_of_good) {
  const auto silent = open();
  const auto good = open();
  say(*good, message_of("hello"));
  BOOST_TEST(got.size() == 1u);
  now_ns += options.first_word_ns - ns_per_ms;
  turn();
  BOOST_TEST(!silent->ended());
  BOOST_TEST(serves().due_ns() <= now_ns + ns_per_ms);
  now_ns += ns_per_ms;
  BOOST_TEST(until([&] { return silent->ended(); }));
  BOOST_TEST(refused["silent"] == 1);
  now_ns += 1000 * ns_per_s;
  turn();
  BOOST_TEST(!good->ended());
  BOOST_TEST(serves().due_ns() == UINT64_MAX);
}

BOOST_FIXTURE_TEST_CASE(junk_is_not_a_word, scene) {
  take = [this](std::uint64_t from) { serves().blame(from); };
  const auto one = open();
  say(*one, message_of("junk"));
  BOOST_TEST(got.size() == 1u);
  now_ns += options.first_word_ns;
  BOOST_TEST(until([&] { return one->ended(); }));
  BOOST_TEST(refused["silent"] == 1);
}

BOOST_FIXTURE_TEST_CASE(a_message_that_has_begun_must_end, scene_of_good) {
  const auto slow = open();
  say(*slow, message_of("hello") + header(5, true) + "frame" + header(1000) + "begun");
  for (int i = 0; i < 3; ++i) { // a trickle is not an end
    now_ns += options.message_ns / 4;
    say(*slow, "x");
    BOOST_TEST(!slow->ended());
  }
  now_ns += options.message_ns / 4;
  BOOST_TEST(until([&] { return slow->ended(); }));
  BOOST_TEST(refused["unfinished"] == 1);
}

BOOST_FIXTURE_TEST_CASE(each_message_has_its_own_time, scene_of_good) {
  const auto busy = open();
  const auto half = header(4) + "ha";
  say(*busy, message_of("hello") + half);
  for (int i = 0; i < 10; ++i) {
    now_ns += options.message_ns - ns_per_ms;
    say(*busy, "lf" + half);
  }
  BOOST_TEST(!busy->ended());
  BOOST_TEST(got.size() == 11u);
}

// A node whose pipeline is full reads nothing.
BOOST_FIXTURE_TEST_CASE(time_in_which_nothing_is_read_does_not_count, scene_of_good) {
  const auto one = open();
  say(*one, message_of("hello") + header(4) + "ha");
  BOOST_REQUIRE(send(one->fd, "l", 1, 0) == 1);
  for (int i = 0; i < 3; ++i) {
    now_ns += options.message_ns;
    serves().tick(now_ns);
  }
  BOOST_TEST(!one->ended());
  say(*one, "f");
  BOOST_TEST(got.back() == "half");
}

BOOST_FIXTURE_TEST_CASE(unfinished_messages_share_a_budget, scene_of_good) {
  options.unfinished_bytes = 1'500'000; // bodies have up to twice what has arrived
  const auto begin = header(5, true) + "frame" + header(9'000'000) + std::string(400'000, 'b');
  const auto first = open();
  say(*first, message_of("hello") + begin);
  const auto second = open();
  say(*second, begin); // has not said who it is
  BOOST_TEST(!second->ended());
  const auto good = open();
  say(*good, message_of("hello") + header(5, true) + "frame" + header(500'000));
  say(*good, std::string(499'999, 'g')); // the youngest, and it takes more than anybody
  BOOST_TEST(until([&] { return second->ended(); }));
  BOOST_TEST(refused["memory"] >= 1);
  BOOST_TEST(!good->ended());
  say(*good, "g");
  BOOST_TEST(got.back() == "frame");
  BOOST_TEST(!good->ended());
}

BOOST_FIXTURE_TEST_CASE(bytes_that_wait_to_be_decoded_count_too, scene) {
  options.unfinished_bytes = 100'000;
  options.malformed_messages = 1'000'000;
  options.first_word_ns = 0;
  std::vector<std::shared_ptr<stranger>> crowd(4);
  std::ranges::generate(crowd, [this] { return open(); });
  const std::string tiny(60'000, '\0');
  for (const auto& one : crowd)
    BOOST_REQUIRE(send(one->fd, tiny.data(), tiny.size(), MSG_DONTWAIT) == 60'000);
  BOOST_TEST(until([&] { return refused["memory"] >= 2; }));
}

BOOST_FIXTURE_TEST_CASE(who_says_nothing_makes_room_for_others, scene_of_good) {
  options.connections = 3;
  const auto good = open();
  say(*good, message_of("hello"));
  const auto older = open();
  now_ns += ns_per_ms;
  const auto younger = connect();
  const auto late = open();
  BOOST_TEST(until([&] { return older->ended(); }));
  BOOST_TEST(refused["too_many"] == 1);
  BOOST_TEST(!good->ended());
  BOOST_TEST(!younger->ended());
  say(*late, message_of("hello"));
  say(*younger, hello() + message_of("hello"));
  BOOST_TEST(got.size() == 3u);
  const auto too_late = connect(); // all are good
  BOOST_TEST(until([&] { return too_late->ended(); }));
  BOOST_TEST(refused["too_many"] == 2);
  BOOST_TEST((!good->ended() && !late->ended() && !younger->ended()));
}

BOOST_FIXTURE_TEST_CASE(an_address_has_so_many_connections, scene_of_good) {
  options.connections_of_this_host = 2;
  auto first = open();
  const auto second = open();
  const auto third = connect();
  BOOST_TEST(until([&] { return third->ended(); }));
  BOOST_TEST(refused["address"] == 1);
  first.reset();
  for (int turns = 0; turns < 20; ++turns)
    turn();
  const auto again = open();
  say(*again, message_of("hello"));
  BOOST_TEST(got.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(who_sends_junk_is_closed_at_the_tenth, scene) {
  take = [this](std::uint64_t from) {
    if (got.back().empty())
      serves().blame(from);
    else
      serves().heard(from);
  };
  const auto rude = open();
  const std::string tiny(2000, '\0');
  BOOST_REQUIRE(send(rude->fd, tiny.data(), tiny.size(), MSG_DONTWAIT) == 2000);
  BOOST_TEST(until([&] { return rude->ended(); }));
  BOOST_TEST(got.size() == 10u);
  BOOST_TEST(refused["malformed"] == 1);
  // One that was heard, and whose messages arrive many at a time: nothing of it is taken after the
  // tenth.
  const auto former = open();
  say(*former, message_of("hello"));
  const auto before = got.size();
  BOOST_REQUIRE(send(former->fd, tiny.data(), tiny.size(), MSG_DONTWAIT) == 2000);
  BOOST_TEST(until([&] { return former->ended(); }));
  BOOST_TEST(got.size() == before + 10);
  BOOST_TEST(refused["malformed"] == 2);
}

// Tiny messages of some, as many as one read gives, hold up neither another's message nor a new
// connection.
BOOST_FIXTURE_TEST_CASE(tiny_messages_hold_up_nobody, scene) {
  options.malformed_messages = 1'000'000; // they are not found out
  options.first_word_ns = 0;
  const std::string tiny(64 * 1024 - 2, '\0');
  std::vector<std::shared_ptr<stranger>> crowd(4);
  std::ranges::generate(crowd, [this] { return open(); });
  const auto good = open();
  for (const auto& one : crowd)
    BOOST_REQUIRE(send(one->fd, tiny.data(), tiny.size(), MSG_DONTWAIT) > 60'000);
  // Each has something left.
  BOOST_REQUIRE(until([&] { return got.size() > 1000; }));
  const auto say_now = [](const stranger& who, const std::string& what) {
    BOOST_REQUIRE(send(who.fd, what.data(), what.size(), MSG_DONTWAIT) ==
                  static_cast<ssize_t>(what.size()));
  };
  const auto served = [&](const std::string& what) {
    return until([&] { return std::ranges::find(got, what) != got.end(); });
  };
  got.clear();
  say_now(*good, message_of("good"));
  server::received r;
  for (bool there = false; !there && got.size() < 10'000;) {
    if (!serves().receive(r, now_ns)) {
      ++now_ns; // the turn is over
      continue;
    }
    got.push_back(text(r.what.envelope()));
    there = got.back() == "good";
  }
  BOOST_TEST(got.size() < 100u); // of some 130,000
  const auto late = connect();
  BOOST_REQUIRE(until([&] {
    return send(late->fd, hello().data(), hello().size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
  }));
  got.clear();
  say_now(*late, message_of("late"));
  BOOST_TEST(served("late"));
  BOOST_TEST(got.size() < 1000u);
}

// However much there is, the loop goes on after a while.
BOOST_FIXTURE_TEST_CASE(a_turn_ends_also_without_a_message, scene_of_good) {
  options.connections = options.connections_of_this_host = 300;
  options.backlog = 300;
  std::vector<std::shared_ptr<stranger>> crowd(300);
  std::ranges::generate(crowd, [this] { return open(); });
  for (const auto& one : crowd)
    BOOST_REQUIRE(send(one->fd, "\1", 1, MSG_DONTWAIT) == 1); // begins a message
  const auto some_are_left = [&] {
    pollfd p{serves().fd(), POLLIN, 0};
    return poll(&p, 1, 0) > 0;
  };
  ++now_ns;
  server::received r;
  for (int calls = 0; calls < 10; ++calls) // in the same turn
    BOOST_TEST(!serves().receive(r, now_ns));
  BOOST_TEST(some_are_left());
  for (int turns = 0; turns < 20; ++turns)
    turn();
  BOOST_TEST(!some_are_left());
}

BOOST_FIXTURE_TEST_CASE(who_does_not_read_holds_up_nobody, scene_of_good) {
  std::vector<std::uint64_t> ids;
  take = [&](std::uint64_t from) {
    serves().heard(from);
    ids.push_back(from);
  };
  const auto deaf = open();
  say(*deaf, message_of("deaf"));
  const auto good = open();
  say(*good, message_of("good"));
  BOOST_REQUIRE(ids.size() == 2u);
  const std::vector<std::uint8_t> much(100'000);
  while (serves().send(ids[0], much, nullptr) == send_status::sent) {
  }
  BOOST_TEST((serves().send(ids[0], much, nullptr) == send_status::full));
  BOOST_TEST((serves().send(ids[1], much, nullptr) == send_status::sent));
  say(*good, message_of("and again"));
  BOOST_TEST(got.back() == "and again");
}
