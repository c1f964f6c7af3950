#include "actors/platform/http_request.hpp"

#include "core/limits.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <utility>

namespace monopod {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

// "GET /path?query HTTP/1.1"
bool parse_first_line(std::string_view line, http_request& to) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last == first)
    return false;
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if ((version != "HTTP/1.1" && version != "HTTP/1.0") || !target.starts_with('/') ||
      !is_printable(line.substr(0, first)) || !is_printable(target))
    return false;
  const auto question = target.find('?');
  to.method = line.substr(0, first);
  to.path = target.substr(0, question);
  if (question != std::string_view::npos)
    to.query = target.substr(question + 1);
  return true;
}

bool parse_header(std::string_view line, http_request& to) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_printable(line.substr(0, colon)))
    return false;
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  to.from_a_page = to.from_a_page || same_name(name, "Origin");
  if (!same_name(name, "Host"))
    return true;
  if (!to.host.empty() || value.empty() || !is_printable(value)) // RFC 9112, section 3.2
    return false;
  to.host = value;
  return true;
}

const char* phrase(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 409:
    return "Conflict";
  case 431:
    return "Request Header Fields Too Large";
  case 503:
    return "Service Unavailable";
  default:
    return "Internal Server Error";
  }
}

} // namespace

std::optional<std::size_t> head_size(std::string_view bytes) {
  const auto at = bytes.find(head_end);
  return at == std::string_view::npos ? std::nullopt : std::optional(at + head_end.size());
}

std::optional<http_request> parse_head(std::string_view head) {
  http_request request;
  if (!head.ends_with(head_end) || head.find('\0') != std::string_view::npos)
    return std::nullopt;
  head.remove_suffix(line_end.size());
  for (bool first = true; !head.empty(); first = false) {
    const auto end = head.find(line_end);
    const auto line = head.substr(0, end);
    head.remove_prefix(end + line_end.size());
    if (first ? !parse_first_line(line, request) : !parse_header(line, request))
      return std::nullopt;
  }
  return request.method.empty() ? std::nullopt : std::optional(std::move(request));
}

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (!part.starts_with(key) || part.size() == key.size() || part[key.size()] != '=')
      continue;
    const auto value = part.substr(key.size() + 1);
    return value.size() < limits::name_bytes + 16 ? std::optional(std::string(value))
                                                  : std::nullopt;
  }
  return std::string();
}

bool host_is_ours(std::string_view host, std::span<const std::string> names) {
  std::array<char, sizeof(in6_addr)> address{};
  if (host.empty())
    return true;
  if (host.front() == '[') {
    const auto end = host.find(']');
    return end != std::string_view::npos &&
           inet_pton(AF_INET6, std::string(host.substr(1, end - 1)).c_str(), address.data()) == 1;
  }
  const std::string name(host.substr(0, host.rfind(':')));
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1 || same_name(name, "localhost") ||
         std::ranges::any_of(names, [&](const auto& n) { return same_name(name, n); });
}

std::string to_bytes(const http_reply& reply, bool head_only) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " " + phrase(reply.status) +
                     "\r\nContent-Type: " + reply.type +
                     "\r\nContent-Length: " + std::to_string(reply.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
                     "\r\nConnection: close\r\n\r\n";
  return head_only ? text : text + reply.body;
}

} // namespace monopod
