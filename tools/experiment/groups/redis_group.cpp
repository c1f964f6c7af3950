#include "tools/experiment/carriers/redis_client.hpp"
#include "tools/experiment/carriers/sentinel_clients.hpp"
#include "tools/experiment/comma_list.hpp"
#include "tools/experiment/groups/group.hpp"
#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <fstream>
#include <map>
#include <stdexcept>

namespace monopod::experiment {

namespace {

constexpr std::uint16_t redis_port = 6379;

// A master with two replicas, and a sentinel on each node.
class redis_sentinels final : public server_group {
public:
  explicit redis_sentinels(const harness::network& net);

  std::string camera_address() const override {
    return comma_list(group_nodes, [this](const auto& node) { return net_.address(node); });
  }
  std::string app_address() const override { return camera_address(); }
  std::string in_use() override { return "a"; } // the first master, before any failover
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

  const harness::network& net_;
  harness::temporary_directory directory_;
  std::map<std::string, std::vector<std::unique_ptr<harness::process>>> processes_;
};

redis_sentinels::redis_sentinels(const harness::network& net) : net_(net) {
  for (const auto& node : group_nodes)
    start_redis(node);
  for (const auto& node : group_nodes)
    start_sentinel(node);
  constexpr std::chrono::seconds patience(30); // a sentinel looks for others every ten seconds
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
  processes_[node].push_back(harness::on_host(
      &net_, node, [&] { return std::make_unique<harness::process>(command, log); }));
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

// The default of down-after-milliseconds is 30 s.
void redis_sentinels::start_sentinel(const std::string& node) {
  const auto file = directory_.path() / (node + ".conf"); // the sentinel changes it
  std::ofstream(file) << fmt::format("port {0}\nbind {1}\nprotected-mode no\ndir {2}\n"
                                     "sentinel monitor {3} {4} {5} 2\n"
                                     "sentinel down-after-milliseconds {3} 1000\n"
                                     "sentinel failover-timeout {3} 5000\n",
                                     sentinel_port, net_.address(node), directory_.path().string(),
                                     master_name, net_.address(in_use()), redis_port);
  start(node, "sentinel", {file.string(), "--sentinel"});
}

// Whether the sentinel knows both replicas, connected, and both other sentinels.
bool redis_sentinels::whole(const std::string& node) const {
  return harness::on_host(&net_, node, [&] {
    constexpr std::uint32_t answers_ms = 1000;
    try {
      const auto c = connected_to_redis(net_.address(node), sentinel_port, answers_ms);
      checked_reply(redisCommand(c.get(), "SENTINEL CKQUORUM %s", master_name)); // or it throws
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

} // namespace

group redis_group() {
  return {{"redis-sentinel", "a master and two replicas, which sentinels give up after a second",
           sentinel_cameras, receive_by_sentinels},
          [](const std::string&, const harness::network& net) {
            return std::make_unique<redis_sentinels>(net);
          }};
}

} // namespace monopod::experiment
