// The addresses of one endpoint; a host's name is looked up without waiting for it.
#pragma once

#include "core/zmtp/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::zmtp {

/// The addresses that were found last stay in use while the name's server is away. Not thread-safe;
/// a look-up (core/zmtp/resolver.hpp) may outlive the book.
class address_book {
public:
  /// Throws std::invalid_argument if it is not an endpoint.
  explicit address_book(std::string endpoint);

  /// The address to try now, another one at each call if there are several; nothing while none
  /// is known. Looks names up again, at most once a second.
  std::optional<socket_address> next(std::uint64_t now_ns);

private:
  struct lookup;
  std::string endpoint_;
  bool by_name_ = false;
  std::vector<socket_address> known_;
  std::size_t turn_ = 0;
  std::uint64_t looked_up_ns_ = 0;
  std::shared_ptr<lookup> under_way_;
};

} // namespace monopod::zmtp
