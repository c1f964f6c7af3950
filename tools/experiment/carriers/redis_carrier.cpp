#include "tools/experiment/carriers/carrier.hpp"
#include "tools/experiment/carriers/redis_client.hpp"
#include "tools/harness/process.hpp"

#include <stdexcept>

namespace monopod::experiment {

namespace {

class redis_server final : public carrier_server {
public:
  redis_server() {
    const auto log = directory_.path() / "log";
    process_ = std::make_unique<harness::process>(
        std::vector<std::string>{"redis-server", "--bind", "127.0.0.1", "--port",
                                 std::to_string(port_), "--save", "", "--appendonly", "no", "--dir",
                                 directory_.path().string()},
        log);
    if (!harness::eventually([&] {
          return harness::read_file(log).find("Ready to accept connections") != std::string::npos;
        }))
      throw std::runtime_error("redis-server does not start: " + harness::read_file(log));
  }
  std::string camera_address() const override { return std::to_string(port_); }
  std::string app_address() const override { return camera_address(); }
  std::vector<harness::named_process> parts() const override {
    return {{"redis", process_->pid()}};
  }

private:
  harness::temporary_directory directory_;
  std::uint16_t port_ = harness::free_port();
  std::unique_ptr<harness::process> process_;
};

redis_connection connected_here(const std::string& port) {
  return connected_to_redis("127.0.0.1", static_cast<std::uint16_t>(std::stoi(port)));
}

class redis_sender final : public frame_sender {
public:
  redis_sender(const std::string& port, std::size_t cameras) {
    for (std::size_t i = 0; i < cameras; ++i)
      connections_.push_back(connected_here(port));
  }
  void send(std::size_t camera, const payload& body) override {
    add_to_stream(*connections_[camera], camera, body);
  }

private:
  std::vector<redis_connection> connections_;
};

void receive_by_redis(const std::string& port, std::size_t cameras,
                      const std::function<void()>& subscribed,
                      const std::function<bool(const void*, std::size_t)>& take) {
  constexpr std::uint32_t silence_ms = 10'000;
  const auto c = connected_here(port);
  stream_reader reader(cameras); // reads from the start: nothing was sent yet
  subscribed();
  while (reader.read(*c, silence_ms, take) == stream_reader::outcome::more) {
  }
}

} // namespace

carrier redis_carrier() {
  return {{"redis", "Redis streams, in memory",
           [](const std::string& port, std::size_t cameras) {
             return std::make_unique<redis_sender>(port, cameras);
           },
           receive_by_redis},
          [](const std::string&) { return std::make_unique<redis_server>(); }};
}

} // namespace monopod::experiment
