// The camera library against a ROUTER of our own: each connection hears of a camera once.
#include "clients/camera_client.hpp"
#include "core/aligned.hpp"
#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <zmq.hpp>

#include <memory>

using namespace monopod;

namespace {

class gateway_socket {
public:
  gateway_socket() {
    BOOST_REQUIRE(open());
    endpoint_ = socket_.get(zmq::sockopt::last_endpoint);
  }

  const std::string& endpoint() const { return endpoint_; }
  void close() { socket_.close(); }
  /// False while the closed socket still holds the port.
  bool open() {
    socket_ = {context_, zmq::socket_type::router};
    socket_.set(zmq::sockopt::linger, 0);
    try {
      socket_.bind(endpoint_);
    } catch (const zmq::error_t&) {
      return false;
    }
    return true;
  }
  /// Hellos that have come since last asked.
  int hellos() {
    int count = 0;
    std::vector<std::uint64_t> aligned;
    for (zmq::message_t part; socket_.recv(part, zmq::recv_flags::dontwait);) {
      const auto* message =
          decode_camera(copy_aligned({part.data<std::byte>(), part.size()}, aligned));
      count += message != nullptr && message->body_as_Hello() != nullptr ? 1 : 0;
    }
    return count;
  }

private:
  zmq::context_t context_;
  zmq::socket_t socket_;
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
