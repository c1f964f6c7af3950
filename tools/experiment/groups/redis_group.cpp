#include "core/clock.hpp"
#include "tools/experiment/carriers/redis_client.hpp"
#include "tools/experiment/comma_list.hpp"
#include "tools/experiment/groups/group.hpp"
#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>

namespace monopod::experiment {

namespace {

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;
constexpr const char* master_name = "cams";
constexpr std::uint32_t command_timeout_ms = 1000;

// A master with two replicas, and a sentinel beside each.
class redis_sentinels final : public server_group {
public:
  explicit redis_sentinels(const lab::network& net);

  std::string camera_address() const override;
  std::string app_address() const override { return camera_address(); }
  std::string in_use() override { return "a"; } // the first master
  void kill(const std::string& node) override {
    for (const auto& p : processes_.at(node))
      p->signal(SIGKILL);
  }

private:
  void start(const std::string& node, const std::string& what,
             const std::vector<std::string>& flags);
  void start_redis(const std::string& node);
  void start_sentinel(const std::string& node);
  bool whole(const std::string& node) const;

  const lab::network& net_;
  harness::temporary_directory directory_;
  std::map<std::string, std::vector<std::unique_ptr<harness::process>>> processes_;
};

redis_sentinels::redis_sentinels(const lab::network& net) : net_(net) {
  for (const auto& node : group_nodes)
    start_redis(node);
  for (const auto& node : group_nodes)
    start_sentinel(node);
  constexpr std::chrono::seconds patience(30); // a sentinel looks for others each ten seconds
  for (const auto& node : group_nodes)
    if (!harness::eventually([&] { return whole(node); }, patience))
      throw std::runtime_error("the sentinels do not find each other: " +
                               harness::read_file(directory_.path() / (node + ".sentinel.log")));
}

void redis_sentinels::start(const std::string& node, const std::string& what,
                            const std::vector<std::string>& flags) {
  const auto log = directory_.path() / (node + "." + what + ".log");
  std::vector<std::string> command{"redis-server"};
  command.insert(command.end(), flags.begin(), flags.end());
  processes_[node].push_back(
      lab::on_host(&net_, node, [&] { return std::make_unique<harness::process>(command, log); }));
}

void redis_sentinels::start_redis(const std::string& node) {
  std::vector<std::string> flags{"--bind",
                                 net_.address(node),
                                 "--port",
                                 std::to_string(redis_port),
                                 "--protected-mode",
                                 "no",
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "no",
                                 "--dir",
                                 directory_.path().string(),
                                 "--dbfilename",
                                 node + ".rdb"};
  if (node != in_use())
    flags.insert(flags.end(),
                 {"--replicaof", net_.address(in_use()) + " " + std::to_string(redis_port)});
  start(node, "redis", flags);
}

// down-after: 30 s by default.
void redis_sentinels::start_sentinel(const std::string& node) {
  const auto file = directory_.path() / (node + ".conf"); // it writes there what it learns
  std::ofstream(file) << fmt::format("port {0}\nbind {1}\nprotected-mode no\ndir {2}\n"
                                     "sentinel monitor {3} {4} {5} 2\n"
                                     "sentinel down-after-milliseconds {3} 1000\n"
                                     "sentinel failover-timeout {3} 5000\n",
                                     sentinel_port, net_.address(node), directory_.path().string(),
                                     master_name, net_.address(in_use()), redis_port);
  start(node, "sentinel", {file.string(), "--sentinel"});
}

// It knows both replicas, connected, and both other sentinels.
bool redis_sentinels::whole(const std::string& node) const {
  return lab::on_host(&net_, node, [&] {
    try {
      const auto c = connected_to_redis(net_.address(node), sentinel_port, command_timeout_ms);
      const auto r = checked_reply(redisCommand(c.get(), "SENTINEL CKQUORUM %s", master_name));
      const auto master = checked_reply(redisCommand(c.get(), "SENTINEL MASTER %s", master_name));
      std::map<std::string, std::string> said;
      for (std::size_t i = 0; i + 1 < master->elements; i += 2)
        said[master->element[i]->str] = master->element[i + 1]->str;
      return said["num-slaves"] == "2" && said["num-other-sentinels"] == "2";
    } catch (const std::exception&) {
      return false; // not yet
    }
  });
}

std::string redis_sentinels::camera_address() const {
  std::string all;
  for (const auto& node : group_nodes)
    all += (all.empty() ? "" : ",") + net_.address(node);
  return all;
}

// The master that sentinels name, asked for again where it does not answer. `sentinels`: hosts.
class followed_master {
public:
  explicit followed_master(const std::string& sentinels) : sentinels_(parts_of(sentinels)) {}

  /// What `f` gives for the master; std::runtime_error where there is none for 30 s.
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
      if (const auto c = named_by(host))
        return c;
    throw std::runtime_error("no sentinel names a master that answers");
  }
  // What it names may be gone, or still a replica: then nothing.
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

void receive_from_master(const std::string& sentinels, std::size_t cameras,
                         const std::function<void()>& subscribed,
                         const std::function<bool(const void*, std::size_t)>& take) {
  constexpr std::uint32_t block_ms = command_timeout_ms / 2; // a silent master is asked again
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

} // namespace

group redis_group() {
  return {{"redis-sentinel", "a master and two replicas, which sentinels give up after a second",
           [](const std::string& sentinels, std::size_t cameras) {
             return std::make_unique<following_sender>(sentinels, cameras);
           },
           receive_from_master},
          [](const std::string&, const lab::network& net) {
            return std::make_unique<redis_sentinels>(net);
          }};
}

} // namespace monopod::experiment
