#include "programs/http.hpp"

#include "programs/limits.hpp"

#include <civetweb.h>

#include <array>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace monopod {

namespace {

constexpr int patience_ms = 5000; // even a stopped process accepts connections

struct library {
  library() { mg_init_library(0); }
  ~library() { mg_exit_library(); }
  library(const library&) = delete;
  library& operator=(const library&) = delete;
};

} // namespace

http_address http_address::parse(const std::string& text) {
  const auto colon = text.rfind(':');
  http_address a;
  a.host = text.substr(0, colon);
  const auto* end = text.data() + text.size();
  if (colon == std::string::npos || a.host.empty() ||
      std::from_chars(text.data() + colon + 1, end, a.port).ptr != end || a.port == 0)
    throw std::runtime_error("'" + text + "' is not an address: write HOST:PORT");
  return a;
}

http_answer ask_http(const http_address& address, const std::string& method,
                     const std::string& target) {
  static const library in_use; // for as long as the process lives
  std::array<char, 256> error{};
  const std::unique_ptr<mg_connection, decltype(&mg_close_connection)> connection(
      mg_connect_client(address.host.c_str(), address.port, 0, error.data(), error.size()),
      &mg_close_connection);
  auto* c = connection.get();
  if (c == nullptr)
    return {0, error.data()};
  mg_printf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            method.c_str(), target.c_str(), address.text().c_str());
  if (mg_get_response(c, error.data(), error.size(), patience_ms) < 0)
    return {0, error.data()};
  http_answer answer{mg_get_response_info(c)->status_code, {}};
  std::array<char, 8192> part{};
  for (int got = 0; answer.body.size() < limits::http_answer_bytes &&
                    (got = mg_read(c, part.data(), part.size())) > 0;)
    answer.body.append(part.data(), static_cast<std::size_t>(got));
  return answer;
}

} // namespace monopod
