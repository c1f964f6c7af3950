// A web server of the test's own on loopback.
#pragma once

#include <boost/test/unit_test.hpp>
#include <civetweb.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace monopod {

/// Answers every request by the handler that it was given last.
class web_server {
public:
  struct request {
    std::string method;
    std::string path;
    std::string authorization;
    std::string content_type;
    std::string body;
  };
  struct answer {
    int status = 200;
    std::string body;
  };
  using handler = std::function<answer(const request&)>;

  web_server() {
    std::array<const char*, 5> options{"num_threads", "1", "listening_ports", "127.0.0.1:0"};
    mg_init_library(0);
    const mg_callbacks callbacks{};
    server_ = mg_start(&callbacks, this, options.data());
    BOOST_REQUIRE(server_ != nullptr);
    mg_set_request_handler(server_, "/", &web_server::take, this);
    mg_server_port port{};
    BOOST_REQUIRE(mg_get_server_ports(server_, 1, &port) == 1);
    port_ = static_cast<std::uint16_t>(port.port);
  }
  ~web_server() {
    // civetweb looks at its stop flag every two seconds, and after each new connection.
    const auto stopped = std::async(std::launch::async, [this] { mg_stop(server_); });
    while (stopped.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready)
      connect_and_leave();
    mg_exit_library();
  }
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;

  std::uint16_t port() const { return port_; }
  /// Called on a thread of the server's, for one request at a time.
  void answer_by(handler h) {
    const std::lock_guard guard{mutex_};
    handler_ = std::move(h);
  }

private:
  void connect_and_leave() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    [[maybe_unused]] const int refused =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    close(fd);
  }
  static int take(mg_connection* connection, void* self) {
    const auto* info = mg_get_request_info(connection);
    const auto header = [&](const char* name) -> std::string {
      const auto* value = mg_get_header(connection, name);
      return value == nullptr ? "" : value;
    };
    request r{
        info->request_method, info->local_uri, header("Authorization"), header("Content-Type"), {}};
    std::array<char, 4096> part{};
    for (int got = 0; (got = mg_read(connection, part.data(), part.size())) > 0;)
      r.body.append(part.data(), static_cast<std::size_t>(got));
    const auto a = static_cast<web_server*>(self)->ask(r);
    mg_response_header_start(connection, a.status);
    mg_response_header_add(connection, "Content-Length", std::to_string(a.body.size()).c_str(), -1);
    mg_response_header_send(connection);
    mg_write(connection, a.body.data(), a.body.size());
    return a.status;
  }
  answer ask(const request& r) {
    const std::lock_guard guard{mutex_};
    return handler_ ? handler_(r) : answer{404, {}};
  }

  std::mutex mutex_;
  handler handler_;
  mg_context* server_ = nullptr;
  std::uint16_t port_ = 0;
};

} // namespace monopod
