// The MQTT client on a real connection, against the least of a broker.
#include "actors/cloud/mqtt_client.hpp"

#include "tests/unit/rig.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace monopod {

namespace {

// Lets one client in.
class rude_broker {
public:
  rude_broker() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(bind(listener_, any, size) == 0);
    BOOST_REQUIRE(listen(listener_, 1) == 0);
    BOOST_REQUIRE(getsockname(listener_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~rude_broker() {
    close(client_);
    close(listener_);
  }
  rude_broker(const rude_broker&) = delete;
  rude_broker& operator=(const rude_broker&) = delete;

  std::uint16_t port() const { return port_; }
  void welcome() {
    client_ = accept(listener_, nullptr, nullptr); // waits for the client's thread
    BOOST_REQUIRE(client_ >= 0);
    constexpr std::array<std::uint8_t, 4> connack{0x20, 2, 0, 0}; // MQTT 3.1.1, section 3.2
    BOOST_REQUIRE(send(client_, connack.data(), connack.size(), MSG_NOSIGNAL) == 4);
  }
  void break_off() {
    const linger at_once{1, 0}; // RST: the client's next write fails
    setsockopt(client_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(std::exchange(client_, -1));
  }

private:
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int client_ = -1;
  std::uint16_t port_ = 0;
};

struct fixture : rig {
  rude_broker broker;
  int connects = 0;
  int disconnects = 0;
  mqtt_client client{host,
                     options(),
                     {[this] { ++connects; }, [this](const std::string&) { ++disconnects; },
                      [](int, const std::optional<std::string>&) {}}};

  mqtt_client::options options() const {
    mqtt_client::options o;
    o.host = "127.0.0.1";
    o.client_id = "test";
    o.port = broker.port();
    o.version = mqtt_version::v311;
    return o;
  }
  std::optional<int> publish(std::size_t bytes = 4) {
    const std::vector<std::byte> message(bytes);
    return client.publish("topic", message, 1, false);
  }
  void become_connected() {
    client.connect();
    broker.welcome();
    BOOST_REQUIRE(until([this] { return connects == 1; }));
  }
};

} // namespace

// The connection breaks, and before the loop has read of it, messages are published: they are not
// to be taken for ones that no connection would take.
BOOST_FIXTURE_TEST_CASE(a_write_that_fails_is_the_connections_end, fixture) {
  become_connected();
  BOOST_TEST(publish().has_value());
  broker.break_off();
  for (int i = 0; i < 3 && client.connected(); ++i)
    publish();
  BOOST_TEST(!client.connected());
  BOOST_TEST(!publish().has_value());
  BOOST_TEST(disconnects == 0); // in the next turn: the caller is in the middle of its work
  BOOST_TEST(until([this] { return disconnects > 0; }));
  BOOST_TEST(disconnects == 1);
}

BOOST_FIXTURE_TEST_CASE(a_message_that_is_too_large_breaks_nothing, fixture) {
  become_connected();
  BOOST_TEST(!publish(268'435'456).has_value()); // MQTT's largest is a byte less
  BOOST_TEST(client.connected());
  BOOST_TEST(publish().has_value());
}

} // namespace monopod
