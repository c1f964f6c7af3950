#include "tests/fault/group.hpp"

#include "tools/harness/programs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::fault {

using harness::operator+;

const std::vector<std::string>& group::names() {
  static const std::vector<std::string> all{"a", "b", "c"};
  return all;
}

group::group(const options& o, const std::vector<std::string>& flags,
             const std::filesystem::path& state) {
  std::vector<std::string> members;
  for (const auto& name : names()) {
    peers_[name] = "tcp://127.0.0.1:" + std::to_string(harness::free_port());
    members = members + std::vector<std::string>{"--member." + name + ".address", peers_[name]};
  }
  for (const auto& name : names()) {
    const auto own = state / name;
    pods_.try_emplace(
        name, o,
        flags + on_disk(own) + members +
            std::vector<std::string>{"--node", name, "--group.directory", own.string()},
        pod::wait::later);
  }
  await_whole();
}

template <class Address>
std::string group::joined(Address of) const {
  std::string all;
  for (const auto& name : names())
    all += (all.empty() ? "" : ",") + of(pods_.at(name));
  return all;
}

std::string group::cameras() const {
  return joined([](const pod& p) { return p.cameras(); });
}

std::string group::applications() const {
  return joined([](const pod& p) { return p.applications(); });
}

std::string group::serving() const {
  const auto serves = [](const auto& item) {
    return item.second.metric("monopod_group_serving") > 0;
  };
  const auto at = std::ranges::find_if(pods_, serves);
  return at == pods_.end() ? "" : at->first;
}

bool group::whole(double timeout_s) const {
  return harness::eventually(
      [this] {
        return !serving().empty() && std::ranges::all_of(pods_, [](const auto& item) {
          return item.second.metric("monopod_group_in_view") > 0;
        });
      },
      std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s * 1000)));
}

void group::await_whole() const {
  if (whole())
    return;
  std::string logs;
  for (const auto& [name, p] : pods_)
    logs += "\n" + name + ":\n" + p.log();
  throw std::runtime_error("the group is not whole: " + logs);
}

void group::kill() {
  for (auto& [name, p] : pods_)
    p.kill();
}

void group::start() {
  for (auto& [name, p] : pods_)
    p.start();
  await_whole();
}

bool group::drained(double timeout_s) { return whole() && pods_.at(serving()).drained(timeout_s); }

std::string group::outbox() const {
  std::string told;
  for (const auto& [name, p] : pods_)
    told += name + ": " + p.outbox();
  return told;
}

void group::stop(outcome& result) {
  for (auto& [name, p] : pods_)
    p.stop(result);
}

} // namespace monopod::fault
