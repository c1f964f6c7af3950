#include "core/config/setting_checks.hpp"

#include "core/config/secrets.hpp"
#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>
#include <unistd.h>

namespace monopod {

namespace {

using problem = std::optional<setting_problem>;

// ADDRESS:PORT; with port 0 or '*' the system chooses one.
bool address_and_port(std::string_view text) {
  const auto parts = split_host_port(text);
  return parts && (parts->port == "*" || parts->number());
}

problem check_placeholders(std::string_view text, std::span<const std::string_view> known) {
  const auto remedy = [&] { return fmt::format("known are {{{}}}", fmt::join(known, "} {")); };
  for (std::size_t at = text.find_first_of("{}"); at != std::string_view::npos;
       at = text.find_first_of("{}", at)) {
    const auto end = text.find_first_of("{}", at + 1);
    if (text[at] == '}' || end == std::string_view::npos || text[end] == '{')
      return setting_problem{fmt::format("braces do not match in {}", printable(text)), remedy()};
    const auto name = text.substr(at + 1, end - at - 1);
    if (std::ranges::find(known, name) == known.end())
      return setting_problem{fmt::format("placeholder {} is not known", printable(name)), remedy()};
    at = end + 1;
  }
  return std::nullopt;
}

problem check_topic_of(std::string_view text, std::span<const std::string_view> placeholders) {
  if (text.empty())
    return setting_problem{"the topic is empty", "name one"};
  if (text.find_first_of("+#") != std::string_view::npos)
    return setting_problem{fmt::format("{} holds a wildcard", printable(text)),
                           "remove + and #: results are published, not subscribed to"};
  if (text.front() == '$')
    return setting_problem{fmt::format("{} begins with $", printable(text)),
                           "choose another: brokers keep such topics for themselves"};
  return check_placeholders(text, placeholders);
}

std::string name_remedy(std::string_view more = "") {
  return fmt::format("use 1 to {} characters of A-Z a-z 0-9 . _ -{}", limits::name_bytes, more);
}

} // namespace

problem check_name(const std::string& text) {
  if (valid_name(text))
    return std::nullopt;
  return setting_problem{fmt::format("{} is not a name", printable(text)), name_remedy()};
}

problem check_name_or_empty(const std::string& text) {
  return text.empty() ? std::nullopt : check_name(text);
}

problem check_pattern(const std::string& text) {
  if (valid_pattern(text))
    return std::nullopt;
  return setting_problem{fmt::format("{} is not a pattern of names", printable(text)),
                         name_remedy(", and the wildcards * ?")};
}

problem check_plugin(const std::string& text) {
  if (valid_name(text) || text.find('/') != std::string::npos)
    return std::nullopt;
  return setting_problem{fmt::format("{} is no plug-in's name", printable(text)),
                         name_remedy(", or a file with its folder")};
}

problem check_option(const std::string& text) {
  if (text.find('=', 1) != std::string::npos)
    return std::nullopt;
  return setting_problem{fmt::format("{} is not an option", printable(text)),
                         "use KEY=VALUE, with a key that the plug-in knows"};
}

problem check_endpoint(const std::string& text) {
  const std::string_view view = text;
  const auto rest = [&](std::string_view scheme) -> std::optional<std::string_view> {
    return view.starts_with(scheme) ? std::optional(view.substr(scheme.size())) : std::nullopt;
  };
  if (const auto name = rest("inproc://"); name && !name->empty())
    return std::nullopt;
  // sun_path holds 108 bytes with its terminator (unix(7))
  if (const auto path = rest("ipc://"); path && !path->empty() && path->size() < 108)
    return std::nullopt;
  if (const auto address = rest("tcp://"); address && address_and_port(*address))
    return std::nullopt;
  return setting_problem{fmt::format("{} is not an endpoint", printable(text)),
                         "use inproc://NAME, ipc://PATH (under 108 bytes) or tcp://ADDRESS:PORT"};
}

problem check_link_endpoint(const std::string& text) {
  constexpr std::string_view libzmq = "libzmq+";
  const bool by_libzmq = text.starts_with("libzmq+ipc://") || text.starts_with("libzmq+tcp://");
  return check_endpoint(by_libzmq ? text.substr(libzmq.size()) : text);
}

problem check_endpoint_or_empty(const std::string& text) {
  return text.empty() ? std::nullopt : check_endpoint(text);
}

problem check_peer_address(const std::string& text) {
  const std::string_view view = text;
  const bool anywhere = view.starts_with("tcp://*") || view.starts_with("tcp://0.0.0.0:") ||
                        view.ends_with(":0") || view.ends_with(":*");
  if (!view.starts_with("inproc:") && !(view.starts_with("tcp:") && anywhere))
    return check_endpoint_or_empty(text);
  return setting_problem{fmt::format("{} is not an address to connect to", printable(text)),
                         "use tcp://HOST:PORT as the others see it; `listen` may differ"};
}

problem check_name_and_port(const std::string& text) {
  const bool any_port = text.ends_with(":0") || text.ends_with(":*");
  if (text.empty() || (address_and_port(text) && !any_port && text.find('/') == std::string::npos))
    return std::nullopt;
  return setting_problem{fmt::format("{} is not a name with a port", printable(text)),
                         "use NAME:PORT as in monopod-peers:5580, or \"\" if all members have "
                         "addresses"};
}

problem check_http_listen(const std::string& text) {
  if (text.empty() || (address_and_port(text) && text.find("//") == std::string::npos))
    return std::nullopt;
  return setting_problem{fmt::format("{} is not an address", printable(text)),
                         "use ADDRESS:PORT as in 127.0.0.1:9570, or \"\" for no HTTP"};
}

problem check_host(const std::string& text) {
  const auto bad = [](char c) { return c == '/' || c == ' ' || c == '@'; };
  if (!text.empty() && std::ranges::none_of(text, bad))
    return std::nullopt;
  return setting_problem{fmt::format("{} is not a host", printable(text)),
                         "use a name or an address, without scheme and port"};
}

problem check_host_or_empty(const std::string& text) {
  return text.empty() ? std::nullopt : check_host(text);
}

problem check_file_or_empty(const std::string& text) {
  if (text.empty() || access(credential_path(text).c_str(), R_OK) == 0)
    return std::nullopt;
  return setting_problem{fmt::format("{} can't be read", printable(text)),
                         "name a file that exists and that this user may read"};
}

problem check_topic(const std::string& text) {
  static constexpr std::string_view known[] = {"site", "node", "camera", "app", "cloud"};
  return check_topic_of(text, known);
}

problem check_status_topic(const std::string& text) {
  static constexpr std::string_view known[] = {"site", "node", "cloud"};
  return check_topic_of(text, known);
}

} // namespace monopod
