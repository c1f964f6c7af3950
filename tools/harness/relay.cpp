#include "tools/harness/relay.hpp"

#include "core/host_port.hpp"
#include "tools/harness/relay_pipe.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <stdexcept>
#include <thread>

namespace monopod::harness {

namespace {

using boost::asio::ip::tcp;

tcp::endpoint endpoint_of(const std::string& text) {
  const auto at = split_host_port(text);
  boost::system::error_code error = boost::asio::error::invalid_argument;
  boost::asio::ip::address address;
  if (at && at->number())
    address = boost::asio::ip::make_address(std::string(at->host), error);
  if (error)
    throw std::runtime_error("'" + text + "' is no address for a relay: use ADDRESS:PORT");
  return {address, *at->number()};
}

// Exists as long as operations are under way.
class relayed_connection : public std::enable_shared_from_this<relayed_connection> {
public:
  relayed_connection(tcp::socket client, const relay_options& o, std::size_t& connections)
      : client_(std::move(client)), target_(client_.get_executor()), connections_(connections),
        there_(client_, target_, options_of(o, o.there_ms)),
        back_(target_, client_, options_of(o, o.back_ms)) {
    ++connections_;
  }
  ~relayed_connection() { --connections_; }
  relayed_connection(const relayed_connection&) = delete;
  relayed_connection& operator=(const relayed_connection&) = delete;

  void start(const tcp::endpoint& target) {
    target_.async_connect(target, [this, keep = shared_from_this()](const auto& error) {
      if (error)
        return; // the client is closed with this object
      boost::system::error_code ignored;
      client_.set_option(tcp::no_delay(true), ignored);
      target_.set_option(tcp::no_delay(true), ignored);
      there_.start(keep);
      back_.start(keep);
    });
  }

private:
  relay_pipe::options options_of(const relay_options& o, std::uint32_t delay_ms) {
    return {.delay = std::chrono::milliseconds(delay_ms),
            .link = o.link,
            .waiting_bytes = o.waiting_bytes,
            .on_end = [this](bool broken) { ended(broken); }};
  }

  // The callers are operations, which hold this object.
  void ended(bool broken) {
    if (!broken && --open_directions_ > 0)
      return;
    there_.stop();
    back_.stop();
    boost::system::error_code ignored;
    for (auto* s : {&client_, &target_}) {
      if (broken) // so the other end learns that it is no regular end
        s->set_option(tcp::socket::linger(true, 0), ignored);
      s->close(ignored);
    }
  }

  tcp::socket client_;
  tcp::socket target_;
  std::size_t& connections_;
  int open_directions_ = 2;
  relay_pipe there_;
  relay_pipe back_;
};

} // namespace

class relay::server {
public:
  explicit server(const relay_options& o)
      : options_(o), target_(endpoint_of(o.target)), acceptor_(io_), pause_(io_) {
    const auto listen = endpoint_of(o.listen);
    boost::system::error_code error;
    acceptor_.open(listen.protocol(), error);
    if (!error)
      acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error)
      acceptor_.bind(listen, error);
    if (!error)
      acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (error)
      throw std::runtime_error("a relay can't listen at " + o.listen + " (" + error.message() +
                               "): name a free ADDRESS:PORT");
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~server() {
    io_.stop();
    thread_.join();
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t port() const { return port_; }

private:
  void accept() {
    acceptor_.async_accept([this](const auto& error, tcp::socket client) {
      if (error) {
        accept_later(); // there are no descriptors, for instance
        return;
      }
      if (connections_ < connections_at_most)
        std::make_shared<relayed_connection>(std::move(client), options_, connections_)
            ->start(target_);
      accept();
    });
  }

  void accept_later() {
    constexpr std::chrono::milliseconds patience{100};
    pause_.expires_after(patience);
    pause_.async_wait([this](const auto&) { accept(); });
  }

  const relay_options options_;
  const tcp::endpoint target_;
  std::size_t connections_ = 0; // on the thread, and outlives the connections
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

relay::relay(const relay_options& o) : server_(std::make_unique<server>(o)) {}

relay::~relay() = default;

std::uint16_t relay::port() const { return server_->port(); }

} // namespace monopod::harness
