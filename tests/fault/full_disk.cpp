// The primary's disk is full, then all disks are: the group goes on with a member that has room,
// or says what to do, and loses nothing that it has acknowledged.
#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/good_camera.hpp"
#include "tests/fault/group.hpp"
#include "tools/harness/small_disk.hpp"

#include <map>
#include <nlohmann/json.hpp>

namespace monopod::fault {

using harness::operator+;

namespace {

using disks = std::map<std::string, harness::small_disk>;

// SQLite's log, which has its place from the start, and room for some minutes of results.
constexpr unsigned disk_mib = 64;
constexpr double failover_bound_ms = 1000;

disks some_disks(const std::filesystem::path& state) {
  disks all;
  for (const auto& name : group::names())
    all.try_emplace(name, state / name, disk_mib);
  return all;
}

// The problems that `monopod status` shows for the node.
std::string problems(pod& node) {
  const auto status = node.process().get("/api/v1/status");
  return status.empty() ? ""
                        : harness::parse_json(status).value("problems", nlohmann::json()).dump();
}

// While the primary's disk is full, another node takes its place; once it has room, it is in sync
// again by itself.
void fill_primarys(outcome& result, group& nodes, disks& all, good_camera& good, samples& gaps_ms) {
  const auto first = nodes.serving();
  all.at(first).fill();
  good.begin();
  const bool handed_over = harness::eventually(
      [&] {
        const auto now = nodes.serving();
        return !now.empty() && now != first;
      },
      std::chrono::seconds(60));
  result.expect(handed_over, "no other node serves while the disk of " + first +
                                 " is full: " + nodes.at(first).log());
  result.expect(good.publishes(20), "no frame is acknowledged after the handover");
  gaps_ms.add(good.gap_ms_max());
  result.expect(harness::eventually([&] { return !nodes.at(first).process().ready(); }),
                first + " is ready with a full disk");
  const auto told = problems(nodes.at(first));
  result.expect(told.find("can't write the ledger to disk") != std::string::npos,
                first + " does not say that its disk is full: " + told);
  all.at(first).empty();
  result.expect(nodes.whole(30), first + " is not in sync again once it has room");
}

// With all disks full nothing is acknowledged, and the node that serves says what to do.
void fill_all(outcome& result, group& nodes, disks& all, good_camera& good) {
  for (auto& [name, disk] : all)
    disk.fill();
  const auto says = [&] {
    const auto primary = nodes.serving();
    return !primary.empty() && !nodes.at(primary).process().ready() &&
           problems(nodes.at(primary)).find("no other member in sync has room") !=
               std::string::npos;
  };
  result.expect(harness::eventually(says, std::chrono::seconds(60)),
                "the primary does not say that no disk has room");
  for (auto& [name, disk] : all)
    disk.empty();
  result.expect(good.publishes(20), "no frame is acknowledged once there is room");
  result.expect(nodes.whole(30), "the group is not whole once there is room");
}

} // namespace

outcome full_disk(const options& o) {
  outcome result;
  const harness::temporary_directory folder;
  auto all = some_disks(folder.path());
  cloud there(o, "monopod/+/results/+/+");
  group nodes(o, there.flags() + std::vector<std::string>{"--cloud.local.outbox_entries", "100000"},
              folder.path());
  good_camera good(nodes.cameras());
  result.expect(good.publishes(20), "no frame is acknowledged");
  there.leave(); // so that the ledger grows
  camera_load many({.endpoint = nodes.cameras(), .cameras = alike("many", 2, 50)});
  samples gaps_ms;
  for (int i = 0; i < (o.quick ? 1 : 10); ++i) {
    ++result.runs;
    fill_primarys(result, nodes, all, good, gaps_ms);
  }
  ++result.runs;
  fill_all(result, nodes, all, good);
  there.come_back();

  auto accounts = good.stop();
  for (auto& account : many.stop())
    accounts.push_back(std::move(account));
  finish(result, there, nodes, accounts, 60);
  result.add("handover_gap_p50_ms", gaps_ms.percentile(50));
  result.add("handover_gap_max_ms", gaps_ms.percentile(100));
  if (o.judges_times())
    result.at_most("handover_gap_max_ms", gaps_ms.percentile(100), failover_bound_ms);
  return result;
}

} // namespace monopod::fault
