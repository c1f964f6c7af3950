#include "core/zmtp/address_book.hpp"

#include "core/clock.hpp"
#include "core/zmtp/resolver.hpp"

#include <mutex>
#include <utility>

namespace monopod::zmtp {

struct address_book::lookup {
  std::mutex mutex;
  bool done = false;
  std::vector<socket_address> found;
};

address_book::address_book(std::string endpoint) : endpoint_(std::move(endpoint)) {
  if (const auto at = numeric_address(endpoint_))
    known_.push_back(*at);
  else
    by_name_ = true;
}

std::optional<socket_address> address_book::next(std::uint64_t now_ns) {
  if (under_way_ != nullptr) {
    std::unique_lock lock(under_way_->mutex);
    if (!under_way_->found.empty())
      known_ = std::exchange(under_way_->found, {});
    const bool done = under_way_->done;
    lock.unlock();
    if (done)
      under_way_.reset();
  }
  if (by_name_ && under_way_ == nullptr &&
      (looked_up_ns_ == 0 || now_ns - looked_up_ns_ >= ns_per_s)) {
    looked_up_ns_ = now_ns;
    under_way_ = std::make_shared<lookup>();
    auto [host, port] = named_in(endpoint_);
    resolve_apart(std::move(host), port, [work = under_way_](resolved_name name) {
      const std::scoped_lock lock(work->mutex);
      work->found = std::move(name.addresses);
      work->done = true;
    });
  }
  if (known_.empty())
    return std::nullopt;
  return known_[turn_++ % known_.size()];
}

} // namespace monopod::zmtp
