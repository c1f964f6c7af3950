// Half an hour of 16 cameras, three applications and two clouds, of which some are always failing.
#include "core/clock.hpp"
#include "tests/fault/app.hpp"
#include "tests/fault/cloud.hpp"

#include <array>
#include <optional>
#include <random>

namespace monopod::fault {

namespace {

/// Random faults, each at its time. `first_s`: until then every kind comes once, at its worst, so
/// that what the pod needs for it is not taken for growth later.
class weather {
public:
  weather(std::uint64_t seed, double first_s, std::array<application*, 2> apps,
          std::array<cloud*, 2> clouds)
      : random_(seed), apps_(apps), clouds_(clouds) {
    for (std::size_t i = 0; i < clouds_.size(); ++i)
      cloud_turn_[i] = boottime_ns() + in_ns(first_s * 0.1);
    for (std::size_t i = 0; i < apps_.size(); ++i)
      app_turn_[i] = boottime_ns() + in_ns(first_s * 0.2);
    outage_s_ = first_s < 30 ? 2 : longest_s;
    calm_s_ = first_s < 30 ? 3 : 25;
  }

  void turn() {
    const auto now_ns = boottime_ns();
    for (std::size_t i = 0; i < apps_.size(); ++i)
      if (now_ns >= app_turn_[i])
        turn_app(i);
    for (std::size_t i = 0; i < clouds_.size(); ++i)
      if (now_ns >= cloud_turn_[i])
        turn_cloud(i);
  }
  void clear_up() {
    for (std::size_t i = 0; i < apps_.size(); ++i)
      if (app_down_[i])
        turn_app(i);
    for (auto* c : clouds_)
      if (!c->there())
        c->come_back();
  }
  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t outages() const { return outages_; }

private:
  static constexpr double longest_s = 5;

  static std::uint64_t in_ns(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }
  std::uint64_t between_ns(double low_s, double high_s) {
    return in_ns(std::uniform_real_distribution<double>(low_s, high_s)(random_));
  }

  void turn_app(std::size_t i) {
    app_down_[i] = !app_down_[i];
    if (app_down_[i]) {
      apps_[i]->crash();
      ++crashes_;
      app_turn_[i] = boottime_ns() + between_ns(0.1, 1);
    } else {
      apps_[i]->come_back();
      app_turn_[i] = boottime_ns() + between_ns(calm_s_ / 5, calm_s_);
    }
  }

  // The first outage is the longest and of both clouds.
  void turn_cloud(std::size_t i) {
    if (clouds_[i]->there()) {
      clouds_[i]->leave();
      const bool first = outages_++ < clouds_.size();
      cloud_turn_[i] = boottime_ns() + (first ? in_ns(outage_s_) : between_ns(0.5, outage_s_));
    } else {
      clouds_[i]->come_back();
      cloud_turn_[i] = boottime_ns() + between_ns(calm_s_, 2 * calm_s_);
    }
  }

  std::mt19937_64 random_;
  std::array<application*, 2> apps_;
  std::array<cloud*, 2> clouds_;
  std::array<std::uint64_t, 2> app_turn_{};
  std::array<std::uint64_t, 2> cloud_turn_{};
  std::array<bool, 2> app_down_{};
  double outage_s_ = 0;
  double calm_s_ = 0; // at least, between two outages of a cloud
  std::uint64_t crashes_ = 0;
  std::uint64_t outages_ = 0;
};

// Memory in the first part and afterwards.
struct growth {
  double first_most_mb = 0;
  double first_end_mb = 0;
  double most_mb = 0;
  double end_mb = 0;
};

growth run_through(const pod& node, weather& faults, const camera_load& load, double first_s,
                   double total_s) {
  growth g;
  const auto start_ns = boottime_ns();
  double told_s = 0;
  for (double passed_s = 0; passed_s < total_s;
       passed_s = static_cast<double>(boottime_ns() - start_ns) * 1e-9) {
    faults.turn();
    g.end_mb = anonymous_mb(node.pid());
    if (passed_s < first_s) {
      g.first_most_mb = std::max(g.first_most_mb, g.end_mb);
      g.first_end_mb = g.end_mb;
    } else {
      g.most_mb = std::max(g.most_mb, g.end_mb);
    }
    if (passed_s - told_s >= 60) {
      told_s = passed_s;
      say("soak: " + std::to_string(load.acknowledged()) + " frames, " +
          std::to_string(faults.crashes()) + " crashes, " + std::to_string(faults.outages()) +
          " outages, " + std::to_string(g.end_mb) + " MB");
    }
    rest(100);
  }
  return g;
}

} // namespace

outcome soak(const options& o) {
  const double first_s = o.quick ? 8 : 60;
  const double total_s = o.quick ? 20 : o.soak_minutes * 60;
  outcome result;
  cloud here(o);
  cloud far(o);
  auto flags = here.flags("here");
  for (const auto& f : far.flags("far"))
    flags.push_back(f);
  pod node(o, flags);
  application motion(o, node, "motion", "every");
  application other(o, node, "other", "every");
  result.expect(attached(node, 3), "the applications do not attach");
  camera_load load({.endpoint = node.cameras(), .cameras = alike("cam", 16, 10)});
  weather faults(o.seed, first_s, {&motion, &other}, {&here, &far});
  const auto g = run_through(node, faults, load, first_s, total_s);
  faults.clear_up();

  const auto accounts = load.stop();
  result.expect(node.drained(60), "results stay in the outbox");
  const std::vector<std::string> every{"emulator", "motion", "other"};
  auto account = here.judge(accounts, every);
  account += far.judge(accounts, every);
  add(result, account);
  add(result, accounts);
  result.runs = faults.crashes() + faults.outages();
  result.growth_mb = g.most_mb - g.first_most_mb;
  result.add("seed", static_cast<double>(o.seed));
  result.add("app_crashes", static_cast<double>(faults.crashes()));
  result.add("cloud_outages", static_cast<double>(faults.outages()));
  result.add("anonymous_first_most_mb", g.first_most_mb);
  result.add("anonymous_first_end_mb", g.first_end_mb);
  result.add("anonymous_most_mb", g.most_mb);
  result.add("anonymous_end_mb", g.end_mb);
  result.expect_delivered();
  if (measures)
    result.at_most("growth_mb", result.growth_mb, 2);
  node.stop(result);
  return result;
}

} // namespace monopod::fault
