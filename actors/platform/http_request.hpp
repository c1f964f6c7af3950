// The head of an HTTP request: as much of RFC 9112 as probes, scrapers, browsers and our own tools
// need.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace monopod {

/// A request without its body; no command has a body.
struct http_request {
  std::string method;
  std::string path;         // as it was sent; none of our paths needs an escape
  std::string query;        // the part after '?'
  std::string host;         // the header, with its port; empty: there was none
  bool from_a_page = false; // a browser sends it for a page (header Origin)
  std::string peer;         // the address that it came from
};

/// An answer.
struct http_reply {
  int status = 200;
  std::string type = "text/plain";
  std::string body;
};

/// The size of a request's head in the bytes that arrived, up to and with its empty line; nothing
/// if more must arrive.
std::optional<std::size_t> head_size(std::string_view bytes);

/// Reads a head of that size; nothing if it is not one.
std::optional<http_request> parse_head(std::string_view head);

/// The value of `key` in a query: empty if it is missing, nothing if it is longer than a name.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

/// Whether the header Host speaks of an address, "localhost" or one of `names`, with or without a
/// port. A web page can make a browser ask any machine under a name of the page's own (DNS
/// rebinding), but under no address. A request without that header is not from a browser.
bool host_is_ours(std::string_view host, std::span<const std::string> names);

/// The bytes of an answer, for a connection that is closed after it; `head_only`: without the body.
std::string to_bytes(const http_reply& reply, bool head_only);

} // namespace monopod
