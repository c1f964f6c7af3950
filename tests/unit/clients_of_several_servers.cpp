// Camera and application clients with several servers, which are raw ROUTER sockets here: they say
// what a primary or a backup says, or nothing.
#include "clients/app_client.hpp"
#include "clients/camera_client.hpp"
#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <zmq.hpp>

#include <array>
#include <functional>
#include <optional>

namespace monopod {

namespace {

class server {
public:
  explicit server(zmq::context_t& context) : socket_(context, zmq::socket_type::router) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.bind("tcp://127.0.0.1:*");
    endpoint = socket_.get(zmq::sockopt::last_endpoint);
  }

  // The envelope of the next message, if there is one; its sender is the peer that send() answers.
  std::optional<std::span<const std::byte>> receive() {
    zmq::message_t sender;
    zmq::message_t part;
    if (!socket_.recv(sender, zmq::recv_flags::dontwait) || !socket_.recv(part))
      return std::nullopt;
    peer_ = std::move(sender);
    const auto envelope = copy_aligned({part.data<std::byte>(), part.size()}, scratch_);
    while (part.more() && socket_.recv(part)) {
    }
    return envelope;
  }
  void send(std::span<const std::uint8_t> envelope) {
    socket_.send(zmq::buffer(peer_.data(), peer_.size()), zmq::send_flags::sndmore);
    socket_.send(zmq::buffer(envelope.data(), envelope.size()));
    builder.Clear();
  }

  std::string endpoint;
  flatbuffers::FlatBufferBuilder builder;

private:
  zmq::socket_t socket_;
  zmq::message_t peer_; // routing id of the peer that is answered
  std::vector<std::uint64_t> scratch_;
};

struct gateway : server {
  using server::server;
  // Takes what has come; counts frames and Hellos.
  void take() {
    while (const auto envelope = receive()) {
      const auto* m = decode_camera(*envelope);
      BOOST_REQUIRE(m != nullptr);
      if (const auto* hello = m->body_as_Hello()) {
        ++hellos;
        acknowledged = hello->acknowledged();
      } else if (const auto* frame = m->body_as_Frame()) {
        frames.push_back(frame->seq());
      }
    }
  }
  void welcome(std::uint64_t epoch, std::uint64_t cursor) {
    send(finish_camera(builder, epoch,
                       wire::CreateWelcomeDirect(builder, "cam", 1, cursor, 100, 1 << 20)));
  }
  void ack(std::uint64_t epoch, std::uint64_t cursor) {
    send(finish_camera(builder, epoch, wire::CreateAckDirect(builder, "cam", 1, cursor, 100)));
  }
  void not_primary(std::uint64_t epoch) {
    send(finish_camera(builder, epoch,
                       wire::CreateRefusedDirect(builder, "cam", 1, 0,
                                                 wire::RefuseReason::NotPrimary, "elsewhere")));
  }

  int hellos = 0;
  std::uint64_t acknowledged = 0;
  std::vector<std::uint64_t> frames;
};

struct two_gateways {
  zmq::context_t context;
  std::optional<gateway> a{context};
  std::optional<gateway> b{context};
  camera_connection connection{
      {.server = a->endpoint + "," + b->endpoint, .client = "test", .window = {}}};
  camera& cam = connection.open("cam", 1);

  bool until(const std::function<bool()>& done) {
    const auto give_up_ns = boottime_ns() + 10 * ns_per_s;
    while (!done()) {
      if (boottime_ns() > give_up_ns)
        return false;
      connection.poll(5);
      if (a)
        a->take();
      if (b)
        b->take();
    }
    return true;
  }
  void publish() {
    const auto jpeg = std::make_shared<std::vector<std::byte>>(10);
    cam.publish({jpeg, *jpeg}, 1, 0, 0);
  }
  void attach() {
    BOOST_REQUIRE(until([&] { return a->hellos > 0 && b->hellos > 0; }));
    b->not_primary(5);
    a->welcome(5, 0);
    BOOST_REQUIRE(until([&] { return cam.welcomed(); }));
    publish();
    publish();
    BOOST_REQUIRE(until([&] { return a->frames.size() == 2; }));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(frames_go_to_the_primary_and_all_servers_are_greeted, two_gateways) {
  attach();
  BOOST_TEST(*connection.primary() == 0u);
  a->ack(5, 2);
  BOOST_TEST(until([&] { return cam.held() == 0; }));
  BOOST_TEST(b->frames.empty());
}

BOOST_FIXTURE_TEST_CASE(a_new_primary_that_speaks_gets_the_window_at_once, two_gateways) {
  attach();
  a->ack(5, 1);
  BOOST_REQUIRE(until([&] { return cam.held() == 1; }));
  b->welcome(6, 1);
  BOOST_TEST(until([&] { return b->frames.size() == 1; }));
  BOOST_TEST(b->frames.front() == 2u); // what was not acknowledged, and nothing else
  a->ack(5, 2);                        // the old one is heard no more
  b->ack(6, 2);
  BOOST_TEST(until([&] { return cam.held() == 0; }));
  a->welcome(5, 0);
  publish();
  BOOST_TEST(until([&] { return b->frames.size() == 2; }));
  BOOST_TEST(a->frames.size() == 2u);
  BOOST_TEST(*connection.primary() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_epoch_out_of_reach_is_not_obeyed, two_gateways) {
  attach();
  b->welcome(UINT64_MAX, 0);
  b->not_primary(UINT64_MAX);
  a->ack(5, 2);
  BOOST_TEST(until([&] { return cam.held() == 0; }));
  BOOST_TEST(*connection.primary() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_broken_connection_makes_it_ask_everybody, two_gateways) {
  attach();
  const auto before = b->hellos;
  a.reset();
  BOOST_TEST(until([&] { return b->hellos > before; }));
  BOOST_TEST(!connection.primary());
  BOOST_TEST(b->acknowledged == 0u);
  b->welcome(6, 0);
  BOOST_TEST(until([&] { return b->frames.size() == 2; }));
}

BOOST_FIXTURE_TEST_CASE(a_silent_primary_makes_it_ask_the_others, two_gateways) {
  attach();
  const auto before = b->hellos;
  BOOST_TEST(until([&] { return b->hellos > before; })); // and goes on with the one it has
  BOOST_TEST(*connection.primary() == 0u);
  b->not_primary(6); // another one is, which will speak
  BOOST_TEST(until([&] { return !connection.primary(); }));
  b->welcome(7, 0);
  BOOST_TEST(until([&] { return b->frames.size() == 2; }));
}

BOOST_FIXTURE_TEST_CASE(who_steps_down_is_left, two_gateways) {
  attach();
  a->not_primary(5);
  const auto before = b->hellos;
  BOOST_TEST(until([&] { return b->hellos > before; }));
  b->welcome(6, 2);
  BOOST_TEST(until([&] { return cam.held() == 0; }));
}

BOOST_AUTO_TEST_CASE(an_application_follows_too) {
  zmq::context_t context;
  server a(context);
  server b(context);
  app_connection app({.server = a.endpoint + "," + b.endpoint, .app = "app"});
  const auto wait_for = [&](server& at, wire::AppBody what) {
    const auto give_up_ns = boottime_ns() + 10 * ns_per_s;
    while (boottime_ns() < give_up_ns) {
      app.next(5);
      while (const auto envelope = at.receive())
        if (decode_app(*envelope)->body_type() == what)
          return true;
    }
    return false;
  };
  const auto attach = [&](server& at, std::uint64_t epoch, std::uint64_t incarnation) {
    at.send(finish_app(at.builder, epoch, wire::CreateSubscribed(at.builder, incarnation)));
  };
  BOOST_REQUIRE(wait_for(a, wire::AppBody::Subscribe));
  BOOST_REQUIRE(wait_for(b, wire::AppBody::Subscribe));
  b.send(finish_app(
      b.builder, 5,
      wire::CreateAppRefusedDirect(b.builder, nullptr, 0, 0, wire::AppRefuseReason::NotPrimary)));
  attach(a, 5, 1);
  BOOST_TEST(wait_for(a, wire::AppBody::Credit));
  attach(b, 6, 2);
  BOOST_TEST(wait_for(b, wire::AppBody::Credit));
  BOOST_TEST(app.stats().attached == 2u);
  attach(a, 5, 3); // the old one comes back
  app.next(50);
  BOOST_TEST(app.stats().attached == 2u);
}

BOOST_AUTO_TEST_CASE(wrong_lists_are_told) {
  BOOST_CHECK_THROW(servers("", 1), std::runtime_error);
  BOOST_CHECK_THROW(servers("tcp://127.0.0.1:1,nonsense", 1), std::runtime_error);
}

} // namespace monopod
