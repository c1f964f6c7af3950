#include "programs/sources/address.hpp"

#include <algorithm>
#include <cctype>

namespace monopod {

namespace {

// `scheme` must be in lower case.
bool has_scheme(std::string_view address, std::string_view scheme) {
  return std::ranges::equal(address.substr(0, scheme.size()), scheme, {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

} // namespace

source_kind kind_of(std::string_view address) {
  if (address == "synthetic")
    return source_kind::synthetic;
  if (has_scheme(address, "rtsp://") || has_scheme(address, "rtsps://"))
    return source_kind::rtsp;
  if (has_scheme(address, "http://"))
    return source_kind::mjpeg;
  return address.starts_with("/dev/") ? source_kind::device : source_kind::file;
}

std::string without_secrets(std::string_view address) {
  constexpr std::string_view mark = "://";
  const auto scheme = address.find(mark);
  if (scheme == std::string_view::npos)
    return std::string(address);
  const auto head = address.substr(0, scheme + mark.size());
  auto rest = address.substr(head.size());
  // The last "@" counts, wherever it is: a password may contain an "@", "/" or "?" that should
  // have been written with "%", and hiding too much does no harm.
  const auto at = rest.rfind('@');
  const bool has_user = at != std::string_view::npos;
  if (has_user)
    rest.remove_prefix(at + 1);
  const auto secret = rest.find_first_of("?=");
  std::string shown(rest.substr(0, secret));
  if (secret != std::string_view::npos) {
    if (rest[secret] == '=')
      shown.resize(std::min(shown.rfind('/') + 1, shown.size()));
    shown += "...";
  }
  return std::string(head) + (has_user ? "***@" : "") + shown;
}

} // namespace monopod
