#include "clients/servers.hpp"

#include "core/limits.hpp"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>

namespace monopod {

namespace {

void release_payload(void*, void* hint) { delete static_cast<payload*>(hint); }

template <class F>
bool sent(F f) {
  int result = f();
  while (result < 0 && zmq_errno() == EINTR)
    result = f();
  return result >= 0;
}

} // namespace

servers::servers(std::shared_ptr<void>& context, const std::string& endpoints, int hwm) {
  std::istringstream list(endpoints);
  try {
    for (std::string endpoint; std::getline(list, endpoint, ',');) {
      if (all_.size() == limits::client_servers)
        throw std::runtime_error("too many servers: at most " +
                                 std::to_string(limits::client_servers));
      auto* socket = open_client_socket(context, endpoint, hwm);
      all_.push_back({socket, std::make_unique<connection_watch>(context.get(), socket)});
    }
  } catch (...) {
    close();
    throw;
  }
  if (all_.empty())
    throw std::runtime_error("no server: give an endpoint like tcp://127.0.0.1:5570");
}

servers::~servers() { close(); }

void servers::close() {
  for (auto& s : all_) {
    s.watch.reset();
    zmq_close(s.socket);
  }
}

bool servers::send(std::size_t to, std::span<const std::uint8_t> envelope, const payload* body) {
  auto& s = all_[to];
  const int more = body != nullptr ? ZMQ_SNDMORE : 0;
  s.blocked = !sent(
      [&] { return zmq_send(s.socket, envelope.data(), envelope.size(), more | ZMQ_DONTWAIT); });
  if (s.blocked || body == nullptr)
    return !s.blocked;
  auto* hold = new payload(*body);
  zmq_msg_t msg;
  auto* data = const_cast<std::byte*>(hold->bytes().data()); // libzmq only reads
  zmq_msg_init_data(&msg, data, hold->size_bytes(), release_payload, hold);
  if (sent([&] { return zmq_msg_send(&msg, s.socket, ZMQ_DONTWAIT); }))
    return true;
  zmq_msg_close(&msg); // the connection went between the parts: libzmq drops the first one, too
  return false;
}

bool servers::all_blocked() const { return std::ranges::all_of(all_, &server::blocked); }

void servers::wait(long timeout_ms, int also) {
  std::array<zmq_pollitem_t, 2 * limits::client_servers + 1> items{};
  std::size_t count = 0;
  for (const auto& s : all_) {
    items[count++] = {s.socket, 0,
                      static_cast<short>(s.blocked ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN), 0};
    items[count++] = {s.watch->monitor(), 0, ZMQ_POLLIN, 0};
  }
  if (also >= 0)
    items[count++] = {nullptr, also, ZMQ_POLLIN, 0};
  zmq_poll(items.data(), static_cast<int>(count), timeout_ms);
  for (std::size_t i = 0; i < all_.size(); ++i)
    if ((items[2 * i].revents & ZMQ_POLLOUT) != 0)
      all_[i].blocked = false;
}

bool servers::receive(std::size_t from, std::vector<std::uint64_t>& scratch,
                      std::span<const std::byte>& envelope, payload& body) {
  return receive_message(all_[from].socket, scratch, envelope, body);
}

} // namespace monopod
