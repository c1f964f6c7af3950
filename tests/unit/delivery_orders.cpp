// Frames of several cameras in orders drawn at random: each is settled once.
#include "actors/frames/delivery.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace monopod;

namespace {

frame_info frame(std::uint64_t seq) {
  frame_info info;
  info.stream = 1;
  info.seq = seq;
  return info;
}

// Cameras and applications that do anything in any order.
class random_run {
public:
  explicit random_run(unsigned seed) : random_(seed) {
    for (const auto& app : apps)
      attach(app);
    for (const auto& [camera, seq] : sent)
      cameras[camera] = &d.open(camera, {1, 0, {}});
  }

  void step() {
    const auto& app = apps[random_() % apps.size()];
    switch (random_() % 5) {
    case 0:
    case 1: {
      const std::string camera = random_() % 2 == 0 ? "cam-1" : "cam-2";
      d.add(*cameras[camera], frame(++sent[camera]), {});
      break;
    }
    case 2:
      d.grant(app, random_() % 4);
      take_all(app);
      break;
    case 3:
      answer_one(app);
      break;
    default:
      if (random_() % 10 == 0) {
        holding_[app].clear(); // it crashes and comes back
        attach(app);
      }
    }
  }

  void finish() {
    for (const auto& app : apps)
      do {
        answer_one(app);
        d.grant(app, 100);
        take_all(app);
      } while (!holding_[app].empty());
  }

  const std::vector<std::string> apps{"a", "b", "c"};
  delivery d;
  std::map<std::string, std::uint64_t> sent{{"cam-1", 0}, {"cam-2", 0}};
  std::map<std::string, delivery::camera*> cameras;
  std::map<std::string, std::map<std::string, std::uint64_t>> passed_on; // by application, camera

private:
  void attach(const std::string& app) { d.subscribe(app, {{app == "c" ? "cam-1" : "*"}}, true); }
  void take_all(const std::string& app) {
    while (const auto next = d.next(app, 0))
      holding_[app].emplace_back(next->from->name, next->what->info.seq);
  }
  void answer_one(const std::string& app) {
    auto& held = holding_[app];
    if (held.empty())
      return;
    const auto i = random_() % held.size();
    const auto [camera, seq] = held[i];
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    const auto before = cameras[camera]->settled_seq;
    const auto done = d.complete(app, *cameras[camera], 1, seq, {});
    BOOST_REQUIRE(done.has_value());
    for (const auto& c : *done) {
      BOOST_REQUIRE(c.settled_seq >= before);
      BOOST_REQUIRE(c.info.seq == passed_on[app][camera] + 1); // in frame order, each once
      passed_on[app][camera] = c.info.seq;
    }
  }

  std::mt19937 random_;
  std::map<std::string, std::vector<std::pair<std::string, std::uint64_t>>> holding_;
};

} // namespace

// Losses and restarts: every frame is settled once all have answered, in order, and nothing is held
// for ever.
BOOST_AUTO_TEST_CASE(random_orders_settle_everything_once) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    random_run run(seed);
    for (int step = 0; step < 400; ++step)
      run.step();
    run.finish();
    BOOST_TEST(run.d.frames_in_flight() == 0u, "seed " << seed);
    for (const auto& [camera, seq] : run.sent)
      BOOST_TEST(run.cameras[camera]->settled_seq == seq, "seed " << seed);
    BOOST_TEST(run.passed_on["a"] == run.sent, "seed " << seed);
    BOOST_TEST(run.passed_on["c"]["cam-1"] == run.sent["cam-1"], "seed " << seed);
  }
}
