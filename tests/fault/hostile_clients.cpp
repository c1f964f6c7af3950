#include "tests/fault/hostile_clients.hpp"

#include "clients/app_client.hpp"
#include "clients/camera_client.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "tools/harness/process.hpp"
#include "tools/load/camera_load.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <vector>

namespace monopod::fault {

namespace {

// Whether the primary has answered; other nodes of a group only say that they are not primary.
bool answered(const camera& c) {
  auto refusals = c.stats().refusals;
  refusals[static_cast<std::size_t>(wire::RefuseReason::NotPrimary)] = 0;
  return c.welcomed() || std::ranges::any_of(refusals, [](auto count) { return count > 0; });
}

// An application that answers a frame of each camera, and then no more.
struct once_each {
  once_each(const std::string& server, const std::string& name)
      : connection({.server = server,
                    .app = name,
                    .cameras = {"mass-*"},
                    .policy = wire::Policy::Bounded,
                    .bound = 1,
                    .credit = 64}) {}
  void turn() {
    while (const auto frame = connection.next(1)) {
      connection.answer(*frame, {});
      answered.insert(frame->camera);
    }
  }

  app_connection connection;
  std::set<std::string> answered;
};

} // namespace

bool is_served(const std::string& cameras, const std::string& name) {
  camera_connection connection({.server = cameras, .client = "late", .window = {}});
  auto& camera = connection.open(name);
  const auto picture = street_pictures(160, 120).front();
  return harness::eventually([&] {
    camera.publish(picture, realtime_ns(), 160, 120);
    connection.poll(20);
    return camera.stats().acknowledged > 0;
  });
}

void claim_the_last_stream(outcome& result, const std::string& cameras) {
  {
    camera_connection rude({.server = cameras, .client = "rude", .window = {}});
    auto& camera = rude.open("late", UINT64_MAX);
    result.expect(harness::eventually([&] {
                    rude.poll(20);
                    return answered(camera);
                  }),
                  "a Hello of the last stream is not answered");
  }
  result.expect(is_served(cameras, "late"), "a camera is locked out by another one's stream");
}

std::vector<std::string> forgetful_flags() { return {"--broker.app_timeout_s", "2"}; }

void answer_under_many_names(outcome& result, const options& o, const std::string& at_cameras,
                             const std::string& at_apps) {
  const std::size_t cameras = o.quick ? 16 : 250; // a pod takes 256
  const std::size_t names = o.quick ? 24 : 378;
  constexpr std::size_t at_once = 6;
  camera_load mass({.endpoint = at_cameras, .cameras = alike("mass", cameras, 2)});
  std::size_t answers = 0;
  for (std::size_t first = 0; first < names; first += at_once) {
    std::vector<std::unique_ptr<once_each>> apps;
    for (std::size_t i = first; i < std::min(names, first + at_once); ++i)
      apps.push_back(std::make_unique<once_each>(at_apps, "name-" + std::to_string(i)));
    harness::eventually(
        [&] {
          for (auto& app : apps)
            app->turn();
          return std::ranges::all_of(
              apps, [&](const auto& app) { return app->answered.size() == cameras; });
        },
        std::chrono::seconds(5));
    for (const auto& app : apps)
      answers += app->answered.size();
  }
  mass.stop();
  result.add("answers_under_names", static_cast<double>(answers));
  result.at_least("answers_under_names", static_cast<double>(answers),
                  0.9 * static_cast<double>(names * cameras));
}

void use_up_the_names(outcome& result, const std::string& cameras) {
  constexpr std::size_t at_once = 100;
  std::size_t welcomed = 0;
  for (std::size_t first = 0; first < limits::cameras + at_once; first += at_once) {
    camera_connection rude({.server = cameras, .client = "rude", .window = {}});
    std::vector<const camera*> all;
    for (std::size_t i = first; i < first + at_once; ++i)
      all.push_back(&rude.open("used-" + std::to_string(i)));
    const auto settled = [&] {
      rude.poll(5);
      return std::ranges::all_of(all, [](const auto* c) { return answered(*c); });
    };
    harness::eventually(settled, std::chrono::seconds(2));
    welcomed += static_cast<std::size_t>(std::ranges::count_if(all, &camera::welcomed));
    rude.bye();
    rude.poll(5);
  }
  result.add("names_used", static_cast<double>(welcomed));
  result.at_least("names_used", static_cast<double>(welcomed), 500);
}

} // namespace monopod::fault
