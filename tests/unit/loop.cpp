#include "actors/runtime/loop.hpp"

#include "actors/runtime/link.hpp"
#include "actors/runtime/stage.hpp"
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace monopod {

namespace {

using echo_actor = caf::typed_actor<caf::replies_to<int>::with<int>, caf::reacts_to<std::string>>;

// Answers numbers, dies of words, and has a link and a timer.
class echo final : public stage<echo_actor> {
public:
  echo(caf::actor_config& cfg, loop& host, zmq::context_t& context, int& ticks)
      : stage(cfg, host), ticks_(ticks) {
    serving =
        &open_link(context, {.serve = true, .endpoints = {"inproc://echo"}}, [this](inbound& in) {
          if (in.envelope.empty())
            throw std::runtime_error("empty");
          serving->send(in.peer, text);
        });
  }
  const char* name() const override { return "echo"; }
  behavior_type make_behavior() override {
    every(ns_per_ms, [this] { ++ticks_; });
    return {[](int x) { return x + 1; },
            [](const std::string& word) {
              MONOPOD_ENSURE(word != "invariant", "words are not invariants");
              throw std::runtime_error(word);
            }};
  }
  std::vector<std::uint8_t> text{1, 2, 3};
  link* serving = nullptr;

private:
  int& ticks_;
};

struct fixture : rig {
  int ticks = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(timers_fire_in_order_and_can_be_cancelled, fixture) {
  std::string order;
  host.after(2 * ns_per_ms, [&] { order += "b"; });
  host.after(1 * ns_per_ms, [&] { order += "a"; });
  const auto cancelled = host.after(1'500'000, [&] { order += "x"; });
  host.cancel(cancelled);
  host.cancel(cancelled);
  BOOST_TEST(until([&] { return order.size() == 2; }));
  BOOST_TEST(order == "ab");
}

BOOST_FIXTURE_TEST_CASE(other_threads_post_and_a_full_inbox_refuses, fixture) {
  int done = 0;
  std::thread([&] {
    for (std::size_t i = 0; i < limits::loop_inbox; ++i)
      BOOST_REQUIRE(host.remote()->post([&done] { ++done; }));
    BOOST_REQUIRE(!host.remote()->post([] {}));
  }).join();
  BOOST_TEST(host.run_once(0));
  BOOST_TEST(done == static_cast<int>(limits::loop_inbox));
}

BOOST_AUTO_TEST_CASE(an_inbox_outlives_its_loop) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  auto host = std::make_unique<loop>(system, loop::options{});
  const auto inbox = host->remote();
  host.reset();
  BOOST_TEST(!inbox->post([] {}));
}

BOOST_FIXTURE_TEST_CASE(descriptors_are_polled, fixture) {
  int fds[2];
  BOOST_REQUIRE(pipe(fds) == 0);
  char got = 0;
  auto watch =
      host.watch_fd(fds[0], POLLIN, [&](short) { BOOST_REQUIRE(read(fds[0], &got, 1) == 1); });
  host.run_once(0);
  BOOST_TEST(got == 0);
  BOOST_REQUIRE(write(fds[1], "x", 1) == 1);
  BOOST_TEST(until([&] { return got != 0; }));
  watch.reset();
  BOOST_REQUIRE(write(fds[1], "y", 1) == 1);
  host.run_once(0);
  BOOST_TEST(got == 'x');
  close(fds[0]);
  close(fds[1]);
}

BOOST_FIXTURE_TEST_CASE(actors_links_and_timers_share_the_thread, fixture) {
  const auto actor = spawn_stage<echo>(host, std::ref(context), std::ref(ticks));
  std::vector<std::vector<std::byte>> answers;
  link client(host, context, {.endpoints = {"inproc://echo"}}, [&](link& l) {
    return l.receive_some(
        [&](inbound& in) { answers.emplace_back(in.envelope.begin(), in.envelope.end()); });
  });
  const std::vector<std::uint8_t> hello{9};
  BOOST_TEST((client.send(0, hello) == send_result::sent));
  BOOST_TEST(until([&] { return answers.size() == 1 && ticks >= 3; }));
  BOOST_TEST(answers[0].size() == 3u);

  // A message from another thread comes through the inbox.
  int sum = 0;
  std::thread asker([&] {
    caf::scoped_actor self{system};
    self->request(actor, std::chrono::seconds(10), 41)
        .receive([&](int x) { sum = x; }, [](const caf::error&) {});
    host.stop();
  });
  host.run();
  asker.join();
  BOOST_TEST(sum == 42);
  caf::anon_send_exit(actor, caf::exit_reason::kill);
}

BOOST_FIXTURE_TEST_CASE(an_exception_ends_the_stage_and_not_the_loop, fixture) {
  for (const bool by_link : {true, false}) {
    auto actor = spawn_stage<echo>(host, std::ref(context), std::ref(ticks));
    bool down = false;
    caf::actor_cast<caf::abstract_actor*>(actor)->attach_functor(
        [&](const caf::error&) { down = true; });
    host.run_once(0);
    link client(host, context, {.endpoints = {"inproc://echo"}}, [](link&) { return false; });
    if (by_link)
      client.send(0, {});
    else
      caf::anon_send(actor, std::string("boom"));
    BOOST_TEST(until([&] { return down; }));
    const auto seen = ticks;
    host.after(3 * ns_per_ms, [&] { down = false; });
    BOOST_TEST(until([&] { return !down; }));
    BOOST_TEST(ticks == seen); // its timers went with it
  }
}

BOOST_FIXTURE_TEST_CASE(a_broken_invariant_ends_the_stage_that_it_is_in, fixture) {
  auto actor = spawn_stage<echo>(host, std::ref(context), std::ref(ticks));
  caf::actor_cast<caf::abstract_actor*>(actor)->attach_functor(
      [&](const caf::error&) { host.stop(); });
  caf::anon_send(actor, std::string("invariant"));
  std::thread([this] { host.run(); }).join(); // a thread of its own: it stays so for its life
}

BOOST_FIXTURE_TEST_CASE(a_turn_takes_a_bounded_number_of_messages, fixture) {
  int taken = 0;
  link server(host, context, {.serve = true, .endpoints = {"inproc://many"}},
              [&](link& l) { return l.receive_some([&](inbound&) { ++taken; }); });
  link client(host, context, {.endpoints = {"inproc://many"}}, [](link&) { return false; });
  host.run_once(0);
  const std::vector<std::uint8_t> m{1};
  int sent = 0;
  while (sent < 100 && client.send(0, m) == send_result::sent)
    ++sent;
  BOOST_TEST(sent == 100);
  host.run_once(0);
  BOOST_TEST(taken <= limits::messages_per_turn);
  BOOST_TEST(taken > 0);
  BOOST_TEST(until([&] { return taken == sent; }));
}

BOOST_FIXTURE_TEST_CASE(a_paused_link_holds_its_sender_back, fixture) {
  int taken = 0;
  link server(host, context, {.serve = true, .endpoints = {"inproc://paused"}},
              [&](link& l) { return l.receive_some([&](inbound&) { ++taken; }); });
  link client(host, context, {.endpoints = {"inproc://paused"}}, [](link&) { return false; });
  server.set_reading(false);
  const std::vector<std::uint8_t> m{1};
  int sent = 0;
  while (sent < 10'000 && client.send(0, m) == send_result::sent) {
    ++sent;
    host.run_once(0);
  }
  BOOST_TEST(sent <= 2 * limits::link_hwm);
  BOOST_TEST(taken == 0);
  server.set_reading(true);
  BOOST_TEST(until([&] { return taken == sent; }));
  BOOST_TEST(until([&] { return client.send(0, m) == send_result::sent; }));
}

BOOST_FIXTURE_TEST_CASE(a_link_finds_the_successor_of_its_server_on_the_same_loop, fixture) {
  const std::vector<std::uint8_t> m{1};
  const link_options serving{.serve = true, .endpoints = {"inproc://server"}};
  std::vector<peer_id> peers;
  const auto take = [&](link& l) {
    return l.receive_some([&](inbound& in) { peers.push_back(in.peer); });
  };
  int answers = 0;
  auto server = std::make_unique<link>(host, context, serving, take);
  link client(host, context, {.endpoints = {"inproc://server"}},
              [&](link& l) { return l.receive_some([&](inbound&) { ++answers; }); });
  auto other =
      std::make_unique<link>(host, context, link_options{.endpoints = {"inproc://server"}}, take);
  BOOST_TEST((client.send(0, m) == send_result::sent));
  BOOST_TEST((other->send(0, m) == send_result::sent));
  BOOST_TEST(until([&] { return peers.size() == 2; }));
  BOOST_TEST(peers[0] != peers[1]);
  other.reset();
  BOOST_TEST((server->send(peers[1], m) == send_result::unreachable));
  BOOST_TEST((server->send(peers[0], m) == send_result::sent));
  BOOST_TEST(until([&] { return answers == 1; }));
  server = nullptr;
  server = std::make_unique<link>(host, context, serving, take);
  BOOST_TEST((client.send(0, m) == send_result::sent));
  BOOST_TEST(until([&] { return peers.size() == 3; }));
  BOOST_TEST((server->send(peers[2], m) == send_result::sent));
  BOOST_TEST(until([&] { return answers == 2; }));
}

BOOST_FIXTURE_TEST_CASE(unknown_peers_and_bad_endpoints_are_errors, fixture) {
  link server(host, context, {.serve = true, .endpoints = {"inproc://server"}},
              [](link&) { return false; });
  const std::vector<std::uint8_t> m{1};
  BOOST_TEST((server.send(12345, m) == send_result::unreachable));
  BOOST_CHECK_THROW(link(host, context, {.serve = true, .endpoints = {"inproc://server"}},
                         [](link&) { return false; }),
                    std::runtime_error);
  BOOST_CHECK_THROW(
      link(host, context, {.endpoints = {"carrier-pigeon://x"}}, [](link&) { return false; }),
      std::runtime_error);
}

} // namespace monopod
