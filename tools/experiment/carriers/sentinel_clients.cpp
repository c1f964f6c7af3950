#include "tools/experiment/carriers/sentinel_clients.hpp"

#include "core/clock.hpp"
#include "tools/experiment/carriers/redis_client.hpp"
#include "tools/experiment/comma_list.hpp"
#include "tools/harness/process.hpp"

#include <stdexcept>

namespace monopod::experiment {

namespace {

constexpr std::uint32_t command_timeout_ms = 1000;

// A connection to the master that sentinels name. They are asked again if it does not answer.
// `sentinels` are hosts.
class followed_master {
public:
  explicit followed_master(const std::string& sentinels) : sentinels_(parts_of(sentinels)) {}

  /// Calls `f` with the master and returns the result; std::runtime_error if there is no master
  /// for 30 s.
  template <class F>
  auto with(F f) {
    constexpr std::uint64_t patience_ns = 30 * ns_per_s;
    constexpr int again_ms = 20;
    const auto give_up_ns = boottime_ns() + patience_ns;
    for (;;)
      try {
        if (master_ == nullptr)
          master_ = found();
        return f(*master_);
      } catch (const std::exception&) {
        master_.reset();
        if (boottime_ns() > give_up_ns)
          throw;
        harness::pause_ms(again_ms);
      }
  }

private:
  redis_connection found() const {
    for (const auto& host : sentinels_)
      if (auto c = named_by(host))
        return c;
    throw std::runtime_error("no sentinel names a master that answers");
  }
  // The master that a sentinel names may be gone, or may still be a replica: then it returns
  // nothing.
  static redis_connection named_by(const std::string& sentinel) {
    constexpr std::uint32_t connect_ms = 200;
    try {
      const auto asked = connected_to_redis(sentinel, sentinel_port, connect_ms);
      const auto named = checked_reply(
          redisCommand(asked.get(), "SENTINEL GET-MASTER-ADDR-BY-NAME %s", master_name));
      if (named->elements != 2)
        return nullptr;
      auto c = connected_to_redis(named->element[0]->str,
                                  static_cast<std::uint16_t>(std::stoi(named->element[1]->str)),
                                  connect_ms);
      const auto role = checked_reply(redisCommand(c.get(), "ROLE"));
      if (std::string(role->element[0]->str) != "master")
        return nullptr;
      const timeval limit{command_timeout_ms / 1000, 0};
      redisSetTimeout(c.get(), limit);
      return c;
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  std::vector<std::string> sentinels_;
  redis_connection master_;
};

class following_sender final : public frame_sender {
public:
  following_sender(const std::string& sentinels, std::size_t cameras)
      : masters_(cameras, followed_master(sentinels)) {}
  void send(std::size_t camera, const payload& body) override {
    masters_[camera].with([&](redisContext& c) { add_to_stream(c, camera, body); });
  }

private:
  std::vector<followed_master> masters_;
};

} // namespace

std::unique_ptr<frame_sender> sentinel_cameras(const std::string& sentinels, std::size_t cameras) {
  return std::make_unique<following_sender>(sentinels, cameras);
}

void receive_by_sentinels(const std::string& sentinels, std::size_t cameras,
                          const std::function<void()>& subscribed,
                          const std::function<bool(const void*, std::size_t)>& take) {
  constexpr std::uint32_t block_ms = command_timeout_ms / 2; // a silent master is looked up again
  constexpr std::uint64_t silence_ns = 10 * ns_per_s;
  followed_master master(sentinels);
  stream_reader reader(cameras);
  subscribed();
  auto last_ns = boottime_ns();
  while (boottime_ns() - last_ns < silence_ns) {
    const auto got = master.with([&](redisContext& c) { return reader.read(c, block_ms, take); });
    if (got == stream_reader::outcome::ended)
      return;
    if (got == stream_reader::outcome::more)
      last_ns = boottime_ns();
  }
}

} // namespace monopod::experiment
