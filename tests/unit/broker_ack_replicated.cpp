// Acknowledgement `replicated`: frames are in the ledger before they are acknowledged, and whoever
// serves finishes them. (Here the ledger's node is alone; tests/e2e/failover.cpp has a group.)
#include "core/limits.hpp"
#include "tests/unit/peers.hpp"

namespace monopod {

namespace {

template <class Stages>
struct replicating : Stages {
  replicating() : Stages(config_with(ack_mode::replicated)) {}
  const taken_frames& taken() const { return this->replica.state().taken(); }
  // As where another node has served meanwhile: the broker knows what the ledger says.
  void serve_again() {
    caf::anon_send(this->broker_handle, serve_atom::value, std::uint64_t{1});
    this->rest();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_frame_in_the_ledger_is_acknowledged_and_leaves_with_its_result,
                        replicating<conversation>) {
  camera.frame(1);
  camera.frame(2);
  rest();
  BOOST_TEST(camera.last_ack() == 2u);
  BOOST_TEST(replica.state().camera("cam")->settled_seq == 0u);
  BOOST_TEST(taken().size() == 2u);
  BOOST_TEST(metrics.frames_in_ledger.Value() == 2);
  app.result("cam", 1, 1);
  rest();
  BOOST_TEST(taken().size() == 1u);
  app.result("cam", 1, 2);
  rest();
  BOOST_TEST(taken().size() == 0u);
  BOOST_TEST(taken().bytes() == 0u);
  BOOST_TEST(metrics.frames_in_ledger.Value() == 0);
  BOOST_TEST(replica.state().camera("cam")->settled_seq == 2u);
}

BOOST_FIXTURE_TEST_CASE(frames_that_nobody_owes_stay_out_of_the_ledger, replicating<fixture>) {
  camera_peer camera(*this, "cam");
  BOOST_REQUIRE(camera.welcome() != nullptr);
  camera.frame(1);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 1u);
  BOOST_TEST(taken().size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(the_next_broker_finishes_them_without_the_camera, replicating<fixture>) {
  app_peer app(*this, "app");
  app.attach();
  {
    camera_peer camera(*this, "cam");
    BOOST_REQUIRE(camera.welcome() != nullptr);
    camera.frame(1, 100);
    camera.frame(2, 200);
    camera.frame(4, 300, 1, 1); // the camera dropped one
    BOOST_TEST(camera.next_body<wire::Ack>() != nullptr);
    rest();
    app.result("cam", 1, 1);
    rest();
  }
  serve_again();
  app_peer again(*this, "app");
  again.session = app.session;
  again.attach();
  for (const auto& [seq, bytes] : {std::pair{2U, 200U}, std::pair{4U, 300U}}) {
    const auto* frame = again.next_body<wire::Frame>();
    BOOST_REQUIRE(frame != nullptr);
    BOOST_TEST(frame->seq() == seq);
    BOOST_TEST(again.body().size_bytes() == bytes);
    again.result("cam", 1, seq);
  }
  rest();
  BOOST_TEST(taken().size() == 0u);
  BOOST_TEST(replica.state().camera("cam")->settled_seq == 4u);
  BOOST_TEST(replica.state().waiting("local") == 3u); // one result each
}

BOOST_FIXTURE_TEST_CASE(a_camera_that_comes_back_goes_on_behind_them, replicating<conversation>) {
  camera.frame(1);
  camera.frame(2);
  rest();
  while (!camera.empty())
    camera.next();
  serve_again();
  rest();
  while (!camera.empty()) // it may have been told already
    camera.next();
  camera.hello(2);
  const auto* welcome = camera.next_body<wire::Welcome>();
  BOOST_REQUIRE(welcome != nullptr);
  BOOST_TEST(welcome->cursor() == 2u);
  BOOST_TEST(metrics.frames_lost.Value() == 0);
  camera.frame(3);
  BOOST_TEST(camera.next_body<wire::Ack>()->cursor() == 3u);
  BOOST_TEST(taken().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_new_stream_waits_for_what_the_earlier_one_was_promised,
                        replicating<fixture>) {
  app_peer app(*this, "app");
  app.attach();
  {
    camera_peer first(*this, "cam", 1);
    BOOST_REQUIRE(first.welcome() != nullptr);
    first.frame(1);
    BOOST_TEST(first.next_body<wire::Ack>()->cursor() == 1u);
  }
  for (int round = 0; round < 2; ++round) { // the second one knows it from the ledger only
    camera_peer second(*this, "cam", 2);
    second.hello();
    rest();
    BOOST_TEST(second.empty());
    BOOST_TEST(replica.state().camera("cam")->stream == 1u);
    serve_again();
  }
  app_peer again(*this, "app");
  again.session = app.session;
  again.attach();
  again.result("cam", 1, again.next_body<wire::Frame>()->seq());
  rest();
  camera_peer second(*this, "cam", 2);
  BOOST_REQUIRE(second.welcome() != nullptr);
  BOOST_TEST(replica.state().waiting("local") == 1u);
}

// A slow application: beyond the limit cameras are acknowledged when it answers.
BOOST_FIXTURE_TEST_CASE(what_the_ledger_holds_is_bounded, replicating<conversation>) {
  send_too_many();
  BOOST_TEST(taken().bytes() <= limits::taken_bytes);
}

} // namespace monopod
