// Acknowledgement `accepted`: as soon as a frame is in memory, as far as that is bounded, and what
// is lost then is counted.
#include "tests/unit/peers.hpp"

namespace monopod {

namespace {

template <class Stages>
struct accepting : Stages {
  accepting() : Stages(config_with(ack_mode::accepted)) {}
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_frame_is_acknowledged_before_its_result, accepting<conversation>) {
  camera.frame(1);
  const auto* ack = camera.next_body<wire::Ack>();
  BOOST_REQUIRE(ack != nullptr);
  BOOST_TEST(ack->cursor() == 1u);
  app.result("cam", 1, 1);
  rest();
  BOOST_TEST(replica.state().camera("cam")->settled_seq == 1u);
  BOOST_TEST(camera.empty()); // nothing new to say
  BOOST_TEST(metrics.frames_lost.Value() == 0);
}

// An application that never answers fills the memory that frames may take, and no more.
BOOST_FIXTURE_TEST_CASE(a_slow_application_holds_cameras_back_at_the_limit,
                        accepting<conversation>) {
  const auto frames = send_too_many();
  for (std::uint64_t seq = 1; seq <= 8; ++seq) // they were delivered: the credit of attach()
    app.result("cam", 1, seq);
  rest();
  BOOST_TEST(camera.last_ack() == frames);
}

BOOST_FIXTURE_TEST_CASE(what_an_earlier_life_had_acknowledged_is_counted_as_lost,
                        accepting<fixture>) {
  camera_peer camera(*this, "cam");
  app_peer app(*this, "app");
  app.attach();
  camera.hello(10); // another node had said so, and nothing of it is in the ledger
  const auto* welcome = camera.next_body<wire::Welcome>();
  BOOST_REQUIRE(welcome != nullptr);
  BOOST_TEST(welcome->cursor() == 0u);
  BOOST_TEST(metrics.frames_lost.Value() == 10);
  camera.frame(11, 100, 1, 10);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 11u);
  const auto* delivered = app.next_body<wire::Frame>();
  BOOST_REQUIRE(delivered != nullptr);
  BOOST_TEST(delivered->dropped_before() == 10u); // the application sees the gap
  camera.hello(11);
  BOOST_TEST(camera.next_body<wire::Welcome>()->cursor() == 11u); // it is in flight, not lost
  BOOST_TEST(metrics.frames_lost.Value() == 10);
}

BOOST_FIXTURE_TEST_CASE(a_claim_that_nobody_can_have_made_is_not_believed, accepting<fixture>) {
  camera_peer camera(*this, "cam");
  camera.hello(UINT64_MAX);
  BOOST_TEST(camera.next_body<wire::Welcome>()->cursor() == 0u);
  BOOST_TEST(metrics.frames_lost.Value() == 0);
  BOOST_TEST(metrics.malformed_messages.Value() == 1);
}

} // namespace monopod
