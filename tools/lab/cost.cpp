#include "tools/lab/cost.hpp"

#include "core/clock.hpp"
#include "programs/program.hpp"
#include "tools/lab/keeping.hpp"
#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace monopod::lab {

namespace {

constexpr int cost_settle_ms = 2000;
constexpr std::size_t nodes = 3;

std::vector<load_camera> measured_cameras() {
  std::vector<load_camera> all;
  for (const auto* name : {"one", "two", "three"})
    all.push_back({.name = name, .fps = 10, .width = 768, .height = 576});
  return all;
}

double mean_frame_bytes() {
  const auto c = measured_cameras().front();
  const auto pictures = street_pictures(c.width, c.height);
  const auto sum =
      std::accumulate(pictures.begin(), pictures.end(), std::size_t{0},
                      [](auto bytes, const auto& p) { return bytes + p.size_bytes(); });
  return static_cast<double>(sum) / static_cast<double>(pictures.size());
}

// Sums what all members sent to others about `about`, from their metrics.
double sent_bytes(laboratory& lab, const std::string& about) {
  double sum = 0;
  for (const auto& m : lab.members())
    sum += m->metric("monopod_group_sent_bytes_total{about=\"" + about);
  return sum;
}

double acknowledged(const laboratory& lab) {
  double sum = 0;
  for (const auto& c : lab.streams().accounts())
    sum += static_cast<double>(c.acknowledged);
  return sum;
}

class cost_measurement {
public:
  explicit cost_measurement(const cost_options& o)
      : options_(o), frame_bytes_(mean_frame_bytes()), progress_(o.quiet, 10) {}

  void round(int number, std::size_t replicas);
  std::vector<harness::figure> figures() const;

private:
  using marks = std::map<std::string, std::uint64_t>;

  void rest(const std::string& doing);
  void note(const std::string& name, double value) { values_[name].add(value); }
  void note_cores(laboratory& lab, const std::string& when, const marks& before,
                  std::uint64_t since_ns);
  std::string part_of(laboratory& lab, const member& m);
  double median(const std::string& name) const { return values_.at(name).percentile(50); }

  const cost_options& options_;
  double frame_bytes_;
  kept_laboratory kept_;
  progress_line progress_;
  std::map<std::string, samples> values_;
};

void cost_measurement::rest(const std::string& doing) {
  for (int s = 0; s < options_.seconds; ++s) {
    progress_.tick([&] { return fmt::format("{:<40}{:>4} s", doing, options_.seconds - s); });
    lab::rest(1000);
  }
}

std::string cost_measurement::part_of(laboratory& lab, const member& m) {
  return !lab.options().group() ? "alone" : &lab.primary() == &m ? "primary" : "backup";
}

std::map<std::string, std::uint64_t> cpu_marks(laboratory& lab) {
  std::map<std::string, std::uint64_t> all;
  for (const auto& m : lab.members())
    all[m->name()] = harness::cpu_ns(m->pid());
  return all;
}

void cost_measurement::note_cores(laboratory& lab, const std::string& when, const marks& before,
                                  std::uint64_t since_ns) {
  const auto now = cpu_marks(lab);
  const auto elapsed_ns = boottime_ns() - since_ns;
  for (const auto& m : lab.members())
    note(when + "_cores_" + part_of(lab, *m),
         static_cast<double>(now.at(m->name()) - before.at(m->name())) /
             static_cast<double>(elapsed_ns));
}

void cost_measurement::round(int number, std::size_t replicas) {
  auto wanted = options_.lab;
  wanted.replicas = replicas;
  wanted.cameras = measured_cameras();
  wanted.at_rest = true;
  auto& lab = kept_.with(wanted);
  const std::string who = replicas == 1 ? "alone" : "group";
  const auto label = fmt::format("round {} of {}, {}", number, options_.rounds, who);

  lab::rest(cost_settle_ms);
  auto since_ns = boottime_ns();
  auto cpu = cpu_marks(lab);
  rest(label + ", at rest");
  note_cores(lab, "quiet", cpu, since_ns);

  lab.streams().start_cameras();
  lab.flows();
  lab::rest(cost_settle_ms);
  const auto ops = sent_bytes(lab, "ops");
  const auto all = sent_bytes(lab, "");
  const auto frames = acknowledged(lab);
  lab.streams().take_publish_ms();
  since_ns = boottime_ns();
  cpu = cpu_marks(lab);
  rest(label + ", streaming");
  const auto publish_ms = lab.streams().take_publish_ms();
  note_cores(lab, "streaming", cpu, since_ns);
  note("publish_ms_p50_" + who, publish_ms.percentile(50));
  note("publish_ms_p99_" + who, publish_ms.percentile(99));
  for (const auto& m : lab.members())
    note("resident_mb_" + part_of(lab, *m),
         static_cast<double>(harness::resident_bytes(m->pid())) * 1e-6);
  if (replicas == 1)
    return;
  const auto streamed = (acknowledged(lab) - frames) * frame_bytes_;
  note("ops_share", (sent_bytes(lab, "ops") - ops) / streamed);
  note("peer_share", (sent_bytes(lab, "") - all) / streamed);
}

std::vector<harness::figure> cost_measurement::figures() const {
  std::vector<harness::figure> all;
  const auto plain = [&](const std::string& name, const std::string& unit,
                         std::optional<double> bound = {}) {
    all.push_back({.name = name, .value = median(name), .unit = unit, .at_most = bound});
  };
  const auto ratio = [&](const std::string& name, std::optional<double> bound = {}) {
    all.push_back({.name = name + "_ratio",
                   .value = median(name + "_group") / median(name + "_alone"),
                   .at_most = bound});
  };
  constexpr double quiet_bound_cores = 0.01;
  plain("quiet_cores_alone", "cores");
  plain("quiet_cores_primary", "cores", quiet_bound_cores);
  plain("quiet_cores_backup", "cores", quiet_bound_cores);
  for (const auto* part : {"alone", "primary", "backup"})
    plain(std::string("streaming_cores_") + part, "cores");
  plain("publish_ms_p50_alone", "ms");
  plain("publish_ms_p50_group", "ms");
  ratio("publish_ms_p50", 1.5);
  plain("publish_ms_p99_alone", "ms");
  plain("publish_ms_p99_group", "ms");
  ratio("publish_ms_p99");
  plain("ops_share", "");
  plain("peer_share", "", 0.05);
  for (const auto* part : {"alone", "primary", "backup"})
    plain(std::string("resident_mb_") + part, "MB");
  return all;
}

} // namespace

std::vector<harness::figure> measure_cost(const cost_options& o) {
  cost_measurement m(o);
  for (int n = 1; n <= o.rounds; ++n)
    for (const auto replicas : {std::size_t{1}, nodes})
      m.round(n, replicas);
  auto all = m.figures();
  harness::save(to_json(all), o.json);
  return all;
}

} // namespace monopod::lab
