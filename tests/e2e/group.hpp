// A group of real pods on one machine.
#pragma once

#include "tests/e2e/kit.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace monopod::harness {

/// Members by name: replicas, and witnesses where the name begins with 'w'. They talk over ipc
/// endpoints in a folder of their own.
class group_of {
public:
  group_of(std::vector<std::string> names, std::vector<std::string> flags)
      : names_(std::move(names)), flags_(std::move(flags)) {
    for (const auto& name : names_)
      start(name);
  }

  void start(const std::string& name, const std::vector<std::string>& further = {}) {
    const auto at = [this](const std::string& file) { return (folder_.path() / file).string(); };
    // The slowest profile: these tests run on machines whose turns may take a tenth of a second.
    std::vector<std::string> all{"--node",          name,  "--group.directory", at(name),
                                 "--group.profile", "wifi"};
    for (const auto& member : names_) {
      all = all + std::vector<std::string>{"--member." + member + ".address",
                                           "ipc://" + at(member + ".ipc")};
      if (member.starts_with("w"))
        all = all + std::vector<std::string>{"--member." + member + ".role", "witness"};
    }
    // Where cameras and applications find it, also when it is started again.
    if (!name.starts_with("w"))
      all = all + std::vector<std::string>{"--gateway.listen", "ipc://" + at(name + ".cameras"),
                                           "--broker.listen", "ipc://" + at(name + ".apps")};
    pods_[name] = std::make_unique<pod_process>(program(), all + flags_ + further,
                                                name.starts_with("w") ? "witness" : "run");
  }
  void kill(const std::string& name) {
    pods_.at(name)->child().signal(SIGKILL);
    pods_.at(name)->child().wait(seconds(5));
    pods_.erase(name);
  }
  /// Deletes everything that a killed member had kept.
  void lose_disk(const std::string& name) { std::filesystem::remove_all(folder_.path() / name); }
  /// Its exit code.
  int terminate(const std::string& name) {
    const int code = pods_.at(name)->child().terminate();
    pods_.erase(name);
    return code;
  }

  pod_process& at(const std::string& name) { return *pods_.at(name); }
  nlohmann::ordered_json status(const std::string& name) {
    return parse_json(at(name).get("/api/v1/status"));
  }
  bool serves(const std::string& name) {
    return at(name).metric("monopod_group_serving").value_or(0) > 0;
  }
  /// The one that serves; waits for it, and until `in_sync` replicas are in the view.
  std::string primary(std::size_t in_sync) {
    std::string who;
    BOOST_REQUIRE(eventually([&] {
      for (const auto& [name, pod] : pods_)
        if (!name.starts_with("w") && serves(name) && members_in_sync(name) == in_sync)
          who = name;
      return !who.empty();
    }));
    return who;
  }

  /// The one that serves at the moment; empty if none does.
  std::string serving() {
    for (const auto& [name, pod] : pods_)
      if (!name.starts_with("w") && serves(name))
        return name;
    return {};
  }

  /// For --server of cameras and applications.
  std::string servers(const std::string& kind) const {
    std::string all;
    for (const auto& name : names_)
      if (!name.starts_with("w"))
        all +=
            (all.empty() ? "ipc://" : ",ipc://") + (folder_.path() / (name + "." + kind)).string();
    return all;
  }

private:
  std::size_t members_in_sync(const std::string& name) {
    const auto now = status(name);
    const auto& members = now.at("group").at("members");
    return static_cast<std::size_t>(
        std::ranges::count_if(members, [](const auto& m) { return m.at("incarnation") != 0; }));
  }

  temporary_directory folder_;
  std::vector<std::string> names_;
  std::vector<std::string> flags_;
  std::map<std::string, std::unique_ptr<pod_process>> pods_;
};

} // namespace monopod::harness
