// A web server of the test's own on loopback.
#pragma once

#include <boost/test/unit_test.hpp>
#include <civetweb.h>

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

namespace monopod {

/// Answers every request by the handler that it was given last. Its end takes up to two seconds, so
/// a test program should have one only.
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
  }
  ~web_server() {
    mg_stop(server_);
    mg_exit_library();
  }
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;

  std::uint16_t port() const {
    mg_server_port port{};
    BOOST_REQUIRE(mg_get_server_ports(server_, 1, &port) == 1);
    return static_cast<std::uint16_t>(port.port);
  }
  /// Called on a thread of the server's, for one request at a time.
  void answer_by(handler h) {
    const std::lock_guard guard{mutex_};
    handler_ = std::move(h);
  }

private:
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
};

} // namespace monopod
