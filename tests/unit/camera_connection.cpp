// The camera library against a ROUTER of our own: each connection hears of a camera once.
#include "clients/camera_client.hpp"
#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <zmq.h>

#include <memory>

using namespace monopod;

namespace {

class gateway_socket {
public:
  gateway_socket() {
    BOOST_REQUIRE(open());
    std::string bound(128, '\0');
    auto size = bound.size();
    BOOST_REQUIRE(zmq_getsockopt(socket_.get(), ZMQ_LAST_ENDPOINT, bound.data(), &size) == 0);
    endpoint_ = bound.substr(0, size - 1);
  }

  const std::string& endpoint() const { return endpoint_; }
  void close() { socket_.reset(); }
  /// False while the closed socket still holds the port.
  bool open() {
    socket_ = {zmq_socket(context_.get(), ZMQ_ROUTER), zmq_close};
    const int linger_ms = 0;
    zmq_setsockopt(socket_.get(), ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    return zmq_bind(socket_.get(), endpoint_.c_str()) == 0;
  }
  /// Hellos that have come since last asked.
  int hellos() {
    int count = 0;
    std::vector<std::uint64_t> buffer(512);
    for (int size = 0;
         (size = zmq_recv(socket_.get(), buffer.data(), buffer.size() * 8, ZMQ_DONTWAIT)) >= 0;) {
      const auto* message =
          decode_camera(std::as_bytes(std::span(buffer)).first(static_cast<std::size_t>(size)));
      count += message != nullptr && message->body_as_Hello() != nullptr ? 1 : 0;
    }
    return count;
  }

private:
  std::unique_ptr<void, int (*)(void*)> context_{zmq_ctx_new(), zmq_ctx_term};
  std::unique_ptr<void, int (*)(void*)> socket_{nullptr, zmq_close};
  std::string endpoint_ = "tcp://127.0.0.1:*";
};

/// Polls until the gateway has heard a Hello, and then as often as a second one could take.
int heard(camera_connection& camera, gateway_socket& gateway) {
  int hellos = 0;
  for (int polls = 0; polls < 10'000 && hellos == 0; ++polls) {
    camera.poll(1);
    hellos += gateway.hellos();
  }
  for (int i = 0; i < 3; ++i) {
    camera.poll(1);
    hellos += gateway.hellos();
  }
  return hellos;
}

} // namespace

BOOST_AUTO_TEST_CASE(says_hello_once_a_connection) {
  gateway_socket gateway;
  for (int i = 0; i < 100; ++i) {
    camera_connection connection({.server = gateway.endpoint()});
    connection.open("gate-3");
    BOOST_TEST(heard(connection, gateway) == 1);
  }
}

BOOST_AUTO_TEST_CASE(says_hello_again_on_the_next_connection) {
  gateway_socket gateway;
  camera_connection connection({.server = gateway.endpoint()});
  connection.open("gate-3");
  BOOST_TEST(heard(connection, gateway) == 1);
  for (int i = 0; i < 3; ++i) {
    gateway.close();
    for (int polls = 0; polls < 10'000 && !gateway.open(); ++polls)
      connection.poll(1);
    BOOST_TEST(heard(connection, gateway) == 1);
  }
}
