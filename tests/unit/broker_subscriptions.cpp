// The subscriptions that a broker begins with: those that the ledger remembers, of applications
// that have not attached yet.
#include "tests/unit/metric_series.hpp"
#include "tests/unit/peers.hpp"

namespace monopod {

namespace {

struct remembering : fixture {
  // Begins to serve, as after a failover.
  void serve_again() {
    caf::anon_send(broker_handle, serve_atom::value, std::uint64_t{1});
    rest();
  }
  bool has_metrics(const std::string& app) const { return series_with(metrics, "app", app) > 0; }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(frames_wait_for_an_application_that_is_remembered, remembering) {
  subscriptions["app"] = {{"*"}};
  serve_again();
  camera_peer camera(*this, "cam");
  BOOST_REQUIRE(camera.welcome() != nullptr);
  camera.frame(1);
  rest();
  BOOST_TEST(camera.empty());
  app_peer app(*this, "app");
  app.attach();
  BOOST_TEST(app.next_body<wire::Frame>()->seq() == 1u);
  app.result("cam", 1, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
}

// The ledger may come from a primary of a later version, which knew more policies.
BOOST_FIXTURE_TEST_CASE(a_remembered_subscription_that_is_refused_is_skipped, remembering) {
  subscriptions["a-later"] = {{"*"}, static_cast<wire::Policy>(77)};
  subscriptions["b-known"] = {{"*"}};
  subscriptions["c-later"] = {{"not a pattern"}};
  serve_again();
  BOOST_TEST(!has_metrics("a-later"));
  BOOST_TEST(has_metrics("b-known"));
  BOOST_TEST(!has_metrics("c-later"));
  camera_peer camera(*this, "cam");
  BOOST_REQUIRE(camera.welcome() != nullptr);
  camera.frame(1);
  rest();
  BOOST_TEST(camera.empty()); // the one that is known is waited for
  app_peer known(*this, "b-known");
  known.attach();
  BOOST_TEST(known.next_body<wire::Frame>()->seq() == 1u);
  known.result("cam", 1, 1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u); // and no other one

  app_peer later(*this, "a-later");
  later.attach(); // with a subscription that this version knows
  camera.frame(2);
  BOOST_TEST(later.next_body<wire::Frame>()->seq() == 2u);
}

} // namespace monopod
