#include "tools/experiment/receiver.hpp"

#include "core/clock.hpp"
#include "tools/experiment/groups/group.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace monopod::experiment {

namespace {

const clients& find_clients(const std::string& name) {
  for (const auto* some : {&all_carriers(), &carriers_for_slow()})
    if (const auto found = std::ranges::find(*some, name, &carrier::name); found != some->end())
      return *found;
  const auto& groups = all_groups();
  if (const auto found = std::ranges::find(groups, name, &group::name); found != groups.end())
    return *found;
  throw std::runtime_error("no carrier " + name);
}

struct received {
  frame_head head;
  std::uint64_t at_ns = 0;
};

sample_table to_table(std::vector<received> all) {
  sample_table t{.columns = {"camera", "number", "t_s", "to_app_ms"}, .rows = {}};
  std::ranges::sort(all, {}, [](const received& r) { return r.head.stamp_ns; });
  for (const auto& r : all)
    t.rows.push_back(
        {static_cast<double>(r.head.camera), static_cast<double>(r.head.number),
         static_cast<double>(r.head.stamp_ns - all.front().head.stamp_ns) * 1e-9,
         static_cast<double>(static_cast<std::int64_t>(r.at_ns - r.head.stamp_ns)) * 1e-6});
  return t;
}

} // namespace

receiving_app::receiving_app(const std::string& bin, const clients& c, const std::string& address,
                             const reception& what)
    : csv_((scratch_.path() / "received.csv").string()),
      process_({bin + "/monopod-experiment", "receive", c.name, address,
                std::to_string(what.cameras), std::to_string(what.frames),
                std::to_string(what.takes_ms), std::to_string(what.lasts_s), csv_},
               scratch_.path() / "log") {
  if (!harness::eventually([&] { return std::ifstream(csv_ + ".ready").good(); }))
    throw std::runtime_error("the application does not start: " +
                             harness::read_file(scratch_.path() / "log"));
}

sample_table receiving_app::finish() {
  constexpr std::chrono::seconds patience(20); // longer than the receiver's
  const auto code = process_.wait(patience);
  if (!code || *code != 0)
    throw std::runtime_error("the application failed: " +
                             harness::read_file(scratch_.path() / "log"));
  return from_csv(harness::read_file(csv_));
}

int run_receiver(const std::vector<std::string>& arguments) {
  const auto& c = find_clients(arguments.at(0));
  const auto cameras = std::stoul(arguments.at(2));
  const auto expected = cameras * std::stoull(arguments.at(3));
  const std::chrono::duration<double, std::milli> takes(std::stod(arguments.at(4)));
  const auto lasts_ns = static_cast<std::uint64_t>(std::stod(arguments.at(5)) * 1e9);
  const auto& csv = arguments.at(6);
  std::vector<received> all;
  all.reserve(expected);
  c.receive(
      arguments.at(1), cameras, [&csv] { std::ofstream(csv + ".ready") << "ready\n"; },
      [&](const void* body, std::size_t bytes) {
        received r{.head = {}, .at_ns = realtime_ns()};
        if (bytes < sizeof r.head)
          throw std::runtime_error("a frame without its head");
        std::memcpy(&r.head, body, sizeof r.head);
        all.push_back(r);
        std::this_thread::sleep_for(takes);
        const bool ends = lasts_ns > 0 && realtime_ns() - all.front().head.stamp_ns > lasts_ns;
        return all.size() < expected && !ends;
      });
  if (all.empty())
    throw std::runtime_error("no frame came");
  return (std::ofstream(csv) << to_csv(to_table(std::move(all)))).flush() ? 0 : 1;
}

} // namespace monopod::experiment
