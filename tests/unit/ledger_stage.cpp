// The ledger stage beside broker and cloud: what a restarted one is told, what goes to a cloud
// again, and a disk that stands still.
#include "core/limits.hpp"
#include "tests/unit/full_disk.hpp"
#include "tests/unit/peers.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace monopod {

namespace {

struct disk_stages : temporary_folder, stages {
  disk_stages() : stages(on_disk(path)) {}

  static monopod::config on_disk(const std::filesystem::path& folder) {
    auto c = make_config();
    c.ledger.durability = ledger_durability::disk;
    c.ledger.directory = folder.string();
    return c;
  }
};

} // namespace

// The op that says so was on its way when the ledger stage died.
BOOST_FIXTURE_TEST_CASE(a_restarted_ledger_stage_is_told_the_subscriptions, stages) {
  caf::anon_send_exit(ledger_handle, caf::exit_reason::kill);
  while (host.run_once(0)) {
  }
  app_peer app(*this, "app");
  app.attach("cam*");
  while (host.run_once(0)) {
  }
  BOOST_TEST(replica.state().subscriptions().empty());
  ledger_handle = spawn_stage<ledger_stage>(host, std::ref(context), std::cref(conf),
                                            std::ref(metrics), std::ref(replica));
  caf::anon_send(broker_handle, attach_atom::value, ledger_handle);
  BOOST_TEST(until([&] { return !replica.state().subscriptions().empty(); }));
  BOOST_TEST(replica.state().subscriptions().at("app").patterns.front() == "cam*");
  const auto ops = replica.next_index();
  caf::anon_send(broker_handle, attach_atom::value, ledger_handle);
  while (host.run_once(0)) {
  }
  BOOST_TEST(replica.next_index() == ops); // it knew
}

// The cloud stage forgets what was unconfirmed when its connection broke. Word of that may be lost
// while the new one is made.
BOOST_FIXTURE_TEST_CASE(what_was_sent_on_a_connection_before_goes_again, conversation) {
  camera.frame(1);
  BOOST_REQUIRE(app.next_body<wire::Frame>() != nullptr);
  app.result("cam", 1, 1);
  rest();
  cloud_peer cloud(*this);
  cloud.attach(true, 4, 1);
  BOOST_TEST(cloud.entries.size() == 1u);
  cloud.attach(true, 4, 1);
  BOOST_TEST(cloud.entries.size() == 1u);
  cloud.attach(true, 4, 2);
  BOOST_TEST(cloud.entries.size() == 2u);
  BOOST_TEST(cloud.entries.front() == cloud.entries.back());
}

// However often a camera opens streams meanwhile, one op waits for the disk.
BOOST_FIXTURE_TEST_CASE(a_camera_that_says_hello_for_ever_fills_nothing, disk_stages) {
  camera_peer camera(*this, "cam", 1);
  BOOST_REQUIRE(until([&] {
    camera.hello();
    const auto* m = camera.next();
    return m != nullptr && m->body_type() == wire::CameraBody::Welcome;
  }));
  {
    const full_disk full;
    for (int n = 0; n < 500; ++n) {
      ++camera.stream;
      camera.hello();
      while (host.run_once(0)) {
      }
    }
    BOOST_TEST(replica.pending() == 1u);
  }
  BOOST_TEST(until([&] { return replica.state().camera("cam")->stream == camera.stream; }));
  const auto* m = camera.next_body<wire::Welcome>();
  BOOST_TEST_REQUIRE(m != nullptr);
  BOOST_TEST(m->stream() == camera.stream);
}

// Names that do not wait for their answer are refused while the disk is slow.
BOOST_FIXTURE_TEST_CASE(an_application_that_takes_name_after_name_fills_nothing, disk_stages) {
  app_peer app(*this, "app");
  app.attach("nothing");
  {
    const full_disk full;
    for (std::size_t n = 0; n < 4 * limits::app_changes; ++n) {
      app.name = "app-" + std::to_string(n);
      app.subscribe("nothing");
      while (host.run_once(0)) {
      }
    }
    BOOST_TEST(replica.pending() <= limits::app_changes + 1);
    BOOST_TEST(metrics.results_refused("NotReady").Value() > 0.0);
  }
  BOOST_TEST(until([&] { return replica.pending() == 0; }));
  BOOST_TEST(replica.state().subscriptions().size() == limits::apps);
}

// Each failure answers those that wait, so that their number does not grow with it.
BOOST_FIXTURE_TEST_CASE(subscriptions_that_a_failed_stage_owed_are_not_counted_for_ever,
                        disk_stages) {
  app_peer app(*this, "app");
  app.attach("nothing");
  {
    const full_disk full;
    for (std::size_t n = 0; n < 2 * limits::app_changes; ++n) {
      app.name = "app-" + std::to_string(n % 8);
      app.subscribe(n % 16 < 8 ? "nothing" : "something");
      while (host.run_once(0)) {
      }
      if (n % 16 != 15)
        continue;
      caf::anon_send_exit(ledger_handle, caf::exit_reason::kill);
      while (host.run_once(0)) {
      }
      ledger_handle = spawn_stage<ledger_stage>(host, std::ref(context), std::cref(conf),
                                                std::ref(metrics), std::ref(replica));
      caf::anon_send(broker_handle, attach_atom::value, ledger_handle);
      while (host.run_once(0)) {
      }
    }
  }
  BOOST_TEST(until([&] { return replica.pending() == 0; }));
  BOOST_TEST(metrics.results_refused("NotReady").Value() == 0.0);
}

} // namespace monopod
