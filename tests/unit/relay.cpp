// The relay of the harness: bytes stay as they are, arrive late enough and not too fast, and ends
// are passed on.
#include "tools/harness/relay.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace monopod::harness {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

std::string some_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

tcp::endpoint local(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

// A target, which listens, and a relay towards it.
struct line {
  explicit line(relay_options o = {}) : relayed(to(acceptor, std::move(o))) {}
  static relay_options to(const tcp::acceptor& a, relay_options o) {
    o.target = "127.0.0.1:" + std::to_string(a.local_endpoint().port());
    return o;
  }
  tcp::socket connected() {
    tcp::socket s(io);
    s.connect(local(relayed.port()));
    return s;
  }
  std::pair<tcp::socket, tcp::socket> both_ends() {
    auto client = connected();
    return {std::move(client), acceptor.accept()};
  }

  asio::io_context io;
  tcp::acceptor acceptor{io, local(0)};
  relay relayed;
};

void send(tcp::socket& s, const std::string& bytes) { asio::write(s, asio::buffer(bytes)); }

std::string receive(tcp::socket& s, std::size_t count) {
  std::string bytes(count, '\0');
  asio::read(s, asio::buffer(bytes));
  return bytes;
}

std::string receive_to_end(tcp::socket& s) {
  std::string bytes;
  boost::system::error_code error;
  asio::read(s, asio::dynamic_buffer(bytes), error);
  BOOST_TEST(error == asio::error::eof, error.message());
  return bytes;
}

} // namespace

BOOST_AUTO_TEST_CASE(bytes_and_ends_pass_unchanged) {
  line l;
  auto [client, target] = l.both_ends();
  // Far more than what waits: the relay stops reading until its reader reads.
  const auto there = some_bytes(8 * 1024 * 1024);
  std::thread sender([&] {
    send(client, there);
    client.shutdown(tcp::socket::shutdown_send);
  });
  BOOST_TEST((receive_to_end(target) == there));
  sender.join();
  const auto back = some_bytes(100'000); // the other direction is still open
  send(target, back);
  target.shutdown(tcp::socket::shutdown_send);
  BOOST_TEST((receive_to_end(client) == back));
}

BOOST_AUTO_TEST_CASE(each_direction_has_its_delay) {
  line l({.there_ms = 60, .back_ms = 30});
  auto [client, target] = l.both_ends();
  for (int i = 0; i < 3; ++i) {
    const auto begin = clock::now();
    send(client, "ping");
    BOOST_TEST(receive(target, 4) == "ping");
    BOOST_TEST(seconds_since(begin) >= 0.060);
    const auto turn = clock::now();
    send(target, "pong");
    BOOST_TEST(receive(client, 4) == "pong");
    BOOST_TEST(seconds_since(turn) >= 0.030);
  }
}

BOOST_AUTO_TEST_CASE(connections_relays_and_directions_share_the_link) {
  constexpr std::uint64_t bits_per_s = 8'000'000;
  constexpr std::size_t each_bytes = 100'000;
  const auto link = std::make_shared<shared_link>(bits_per_s);
  line first({.link = link});
  line second({.link = link});
  const auto bytes = some_bytes(each_bytes);
  const auto begin = clock::now();
  std::vector<std::thread> pairs;
  std::vector<std::string> got(8);
  for (std::size_t i = 0; i < got.size(); ++i) {
    auto ends = (i < 4 ? first : second).both_ends();
    if (i % 2 == 0)
      std::swap(ends.first, ends.second); // the target sends
    pairs.emplace_back([&bytes, &mine = got[i], ends = std::move(ends)]() mutable {
      send(ends.first, bytes);
      mine = receive(ends.second, each_bytes);
    });
  }
  for (auto& p : pairs)
    p.join();
  const auto least_s = static_cast<double>(got.size() * each_bytes * 8) / bits_per_s;
  BOOST_TEST(seconds_since(begin) >= least_s * 0.9);
  for (const auto& g : got)
    BOOST_TEST((g == bytes));
}

BOOST_AUTO_TEST_CASE(a_broken_connection_is_passed_on) {
  line l;
  auto [client, target] = l.both_ends();
  send(client, "a");
  BOOST_TEST(receive(target, 1) == "a");
  client.set_option(tcp::socket::linger(true, 0));
  client.close(); // a reset
  boost::system::error_code error;
  char byte = 0;
  target.read_some(asio::buffer(&byte, 1), error);
  BOOST_TEST(error == asio::error::connection_reset, error.message());
}

BOOST_AUTO_TEST_CASE(without_a_target_the_client_is_closed) {
  line l;
  l.acceptor.close();
  auto client = l.connected();
  boost::system::error_code error;
  char byte = 0;
  client.read_some(asio::buffer(&byte, 1), error);
  BOOST_TEST((error == asio::error::eof || error == asio::error::connection_reset),
             error.message());
}

BOOST_AUTO_TEST_CASE(a_relay_that_ends_closes_its_connections) {
  asio::io_context io;
  tcp::acceptor acceptor(io, local(0));
  auto relayed = std::make_unique<relay>(line::to(acceptor, {.there_ms = 60'000}));
  tcp::socket client(io);
  client.connect(local(relayed->port()));
  const auto target = acceptor.accept();
  send(client, "never arrives");
  relayed.reset();
  boost::system::error_code error;
  char byte = 0;
  client.read_some(asio::buffer(&byte, 1), error);
  BOOST_TEST(error.failed());
}

BOOST_AUTO_TEST_CASE(wrong_addresses_are_refused) {
  for (const auto* target : {"", "nonsense", "localhost:1", "127.0.0.1", "127.0.0.1:x"})
    BOOST_CHECK_THROW(relay({.target = target}), std::runtime_error);
  BOOST_CHECK_THROW(relay({.listen = "192.0.2.1:0", .target = "127.0.0.1:1"}), std::runtime_error);
  BOOST_CHECK_THROW(shared_link(0), std::invalid_argument);
}

} // namespace monopod::harness
