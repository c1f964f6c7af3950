// The addresses of one endpoint. A host's name is looked up without blocking.
#pragma once

#include "core/zmtp/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::zmtp {

/// The addresses that were found last stay in use while the name server is away. Not thread-safe. A
/// look-up (core/zmtp/resolver.hpp) may outlive the book.
class address_book {
public:
  /// Throws std::invalid_argument if `endpoint` is not one.
  explicit address_book(std::string endpoint);

  /// The address to try now: if there are several, another one at each call; nothing while none is
  /// known. Looks a name up again, at most once a second.
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
