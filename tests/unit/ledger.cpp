#include "replication/ledger.hpp"

#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "schemas/frame_info.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace monopod;

namespace {

// Appends ops the way the ledger stage does.
struct rig {
  explicit rig(const std::map<std::string, std::size_t>& clouds) : state(clouds) {}

  template <class Make>
  apply_result apply(Make make) {
    flatbuffers::FlatBufferBuilder b;
    const auto encoded = finish_op(b, state.next_index(), 1, make(b));
    auto bytes = std::make_shared<const std::vector<std::uint8_t>>(encoded.begin(), encoded.end());
    const auto* op = decode_op(std::as_bytes(std::span(*bytes)));
    BOOST_REQUIRE(op != nullptr);
    return state.apply(*op, bytes);
  }
  apply_result open(const char* camera, std::uint64_t stream) {
    return apply([&](auto& b) { return wire::CreateStreamOpenedDirect(b, camera, stream); });
  }
  apply_result finish(const char* camera, std::uint64_t stream, std::uint64_t seq,
                      std::uint64_t settled, const char* app = "app") {
    return apply([&](auto& b) {
      const auto inference = app == nullptr ? flatbuffers::Offset<wire::Inference>()
                                            : wire::CreateInferenceDirect(b, "model");
      return wire::CreateFinishedDirect(b, camera, stream, seq, app, settled, 0, 0, 0, 0, 0,
                                        inference);
    });
  }
  apply_result acked(const char* cloud, std::uint64_t entry) {
    return apply([&](auto& b) { return wire::CreateCloudAckedDirect(b, cloud, entry); });
  }
  std::uint64_t last() const { return state.next_index() - 1; }

  ledger state;
};

} // namespace

BOOST_AUTO_TEST_CASE(one_result_per_key) {
  rig r({{"c", 10}});
  BOOST_TEST((r.finish("cam", 1, 1, 1) == apply_result::unknown_camera));
  BOOST_TEST((r.open("cam", 7) == apply_result::applied));
  BOOST_TEST((r.finish("cam", 7, 1, 1) == apply_result::applied));
  BOOST_TEST((r.finish("cam", 7, 1, 1) == apply_result::stale));
  BOOST_TEST((r.finish("cam", 6, 2, 2) == apply_result::stale));
  BOOST_TEST(r.state.waiting("c") == 1u);
  BOOST_TEST(r.state.camera("cam")->settled_seq == 1u);
}

// Names with a pod's hash: 378 of them for 256 cameras made a snapshot that could not be read.
BOOST_AUTO_TEST_CASE(applications_that_are_gone_are_forgotten) {
  rig r({{"c", 10}});
  r.open("cam", 1);
  std::size_t snapshot_bytes = 0;
  for (std::uint64_t n = 1; n <= 5000; ++n) {
    const auto app = "app-" + std::to_string(100'000 + n);
    r.apply([&](auto& b) { return wire::CreateSubscriptionDirect(b, app.c_str()); });
    BOOST_REQUIRE((r.finish("cam", 1, n, n, app.c_str()) == apply_result::applied));
    r.apply([&](auto& b) { return wire::CreateUnsubscribedDirect(b, app.c_str()); });
    if (n == 100)
      snapshot_bytes = r.state.snapshot().size();
  }
  BOOST_TEST(r.state.camera("cam")->apps.empty());
  BOOST_TEST(r.state.snapshot().size() == snapshot_bytes);
}

BOOST_AUTO_TEST_CASE(a_place_above_what_is_settled_is_remembered_within_a_bound) {
  rig r({{"c", 10}});
  r.open("cam", 1);
  r.apply([&](auto& b) { return wire::CreateSubscriptionDirect(b, "stays"); });
  r.finish("cam", 1, 1, 0, "stays");
  r.apply([&](auto& b) { return wire::CreateSubscriptionDirect(b, "leaves"); });
  r.finish("cam", 1, 2, 0, "leaves");
  r.apply([&](auto& b) { return wire::CreateUnsubscribedDirect(b, "leaves"); });
  BOOST_TEST((r.finish("cam", 1, 2, 0, "leaves") == apply_result::stale)); // no second result
  for (std::uint64_t n = 3; n < 5000; ++n)
    r.finish("cam", 1, n, 0, ("app-" + std::to_string(n)).c_str());
  const auto& apps = r.state.camera("cam")->apps;
  BOOST_TEST(apps.size() == limits::apps_per_camera);
  BOOST_TEST(apps.contains("stays"));
  BOOST_TEST(apps.contains("app-4999"));
  BOOST_TEST(!apps.contains("leaves"));
  r.finish("cam", 1, 5000, 5000, "stays");
  r.apply([&](auto& b) { return wire::CreateSubscriptionDirect(b, "late"); });
  r.apply([&](auto& b) { return wire::CreateUnsubscribedDirect(b, "late"); });
  BOOST_TEST(apps.size() == 1u);
}

// The bound of the writer is the reader's: the largest state of cameras and applications.
BOOST_AUTO_TEST_CASE(the_largest_state_can_be_read_again) {
  rig r({{"c", 10}});
  const std::string filler(limits::name_bytes - 8, 'n');
  const auto name = [&](std::size_t n) { return std::to_string(10'000'000 + n) + filler; };
  for (std::size_t a = 0; a < limits::apps; ++a)
    r.apply([&](auto& b) { return wire::CreateSubscriptionDirect(b, name(a).c_str()); });
  for (std::size_t c = 0; c < limits::cameras; ++c) {
    r.open(name(c).c_str(), 1);
    for (std::size_t a = 0; a < limits::apps_per_camera; ++a)
      r.finish(name(c).c_str(), 1, a + 1, 0, name(a).c_str());
  }
  BOOST_TEST(r.state.camera(name(0))->apps.size() == limits::apps_per_camera);
  const auto bytes = r.state.snapshot();
  BOOST_TEST(bytes.size() <= limits::ledger_state_bytes);
  const auto* read = decode_snapshot(std::as_bytes(std::span(bytes)));
  BOOST_REQUIRE(read != nullptr);
  ledger again({{"c", 10}});
  BOOST_REQUIRE(again.restore(*read, r.state.held()));
  BOOST_TEST((again.snapshot() == bytes));
}

BOOST_AUTO_TEST_CASE(a_lower_stream_changes_nothing_and_a_higher_one_starts_again) {
  rig r({});
  r.open("cam", 7);
  r.finish("cam", 7, 5, 5);
  BOOST_TEST((r.open("cam", 7) == apply_result::stale));
  BOOST_TEST((r.open("cam", 6) == apply_result::stale));
  BOOST_TEST(r.state.camera("cam")->settled_seq == 5u);
  BOOST_TEST((r.open("cam", 8) == apply_result::applied));
  BOOST_TEST(r.state.camera("cam")->settled_seq == 0u);
  BOOST_TEST(r.state.camera("cam")->apps.empty());
}

BOOST_AUTO_TEST_CASE(applications_advance_on_their_own) {
  rig r({{"c", 10}});
  r.open("cam", 1);
  r.finish("cam", 1, 1, 0, "fast");
  r.finish("cam", 1, 2, 0, "fast");
  BOOST_TEST(r.state.camera("cam")->settled_seq == 0u);
  r.finish("cam", 1, 1, 1, "slow");
  BOOST_TEST(r.state.camera("cam")->settled_seq == 1u);
  BOOST_TEST(r.state.camera("cam")->apps.at("fast") == 2u);
  BOOST_TEST(r.state.camera("cam")->apps.at("slow") == 1u);
  BOOST_TEST(r.state.waiting("c") == 3u);
}

BOOST_AUTO_TEST_CASE(a_frame_without_subscribers_moves_the_cursor_and_leaves_no_result) {
  rig r({{"c", 10}});
  r.open("cam", 1);
  BOOST_TEST((r.finish("cam", 1, 1, 1, nullptr) == apply_result::applied));
  BOOST_TEST((r.finish("cam", 1, 1, 1, nullptr) == apply_result::stale));
  BOOST_TEST(r.state.camera("cam")->settled_seq == 1u);
  BOOST_TEST(r.state.waiting("c") == 0u);
}

BOOST_AUTO_TEST_CASE(an_entry_leaves_when_every_cloud_has_confirmed_it) {
  rig r({{"a", 10}, {"b", 10}});
  r.open("cam", 1);
  r.finish("cam", 1, 1, 1);
  const auto first = r.last();
  r.finish("cam", 1, 2, 2);
  const auto second = r.last();
  BOOST_TEST((r.acked("a", second) == apply_result::applied)); // out of order, as PUBACKs may be
  BOOST_TEST(r.state.next_entry("a", 0)->index == first);
  BOOST_TEST(r.state.next_entry("b", first)->index == second);
  BOOST_TEST((r.acked("a", second) == apply_result::stale));
  BOOST_TEST((r.acked("a", first) == apply_result::applied));
  BOOST_TEST((r.acked("nobody", first) == apply_result::stale));
  BOOST_TEST((r.acked("a", 0) == apply_result::stale));
  BOOST_TEST((r.acked("a", 999) == apply_result::stale));
  BOOST_TEST(r.state.outbox_size() == 2u);
  r.acked("b", first);
  BOOST_TEST(r.state.outbox_size() == 1u);
  r.acked("b", second);
  BOOST_TEST(r.state.outbox_size() == 0u);
  BOOST_TEST(r.state.next_entry("a", 0) == nullptr);
}

BOOST_AUTO_TEST_CASE(at_the_limit_the_oldest_is_dropped_and_counted) {
  rig r({{"away", 3}, {"here", 100}});
  r.open("cam", 1);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    r.finish("cam", 1, seq, seq);
    r.acked("here", r.last());
  }
  BOOST_TEST(r.state.waiting("away") == 3u);
  BOOST_TEST(r.state.dropped("away") == 7u);
  BOOST_TEST(r.state.dropped("here") == 0u);
  BOOST_TEST(r.state.outbox_size() == 3u);
  const auto* entry = r.state.next_entry("away", 0);
  BOOST_REQUIRE(entry != nullptr);
  BOOST_TEST(wire::GetOp(entry->bytes->data())->body_as_Finished()->seq() == 8u);
}

// Random confirmations against a plain set of what is unconfirmed.
BOOST_AUTO_TEST_CASE(the_outbox_agrees_with_a_plain_model) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    rig r({{"a", 8}, {"b", 1000}});
    r.open("cam", 1);
    std::map<std::string, std::set<std::uint64_t>> model;
    std::uint64_t seq = 0;
    for (int step = 0; step < 300; ++step) {
      if (random() % 3 != 0) {
        ++seq;
        r.finish("cam", 1, seq, seq);
        for (const auto* cloud : {"a", "b"})
          model[cloud].insert(r.last());
        if (model["a"].size() > 8)
          model["a"].erase(model["a"].begin());
      } else {
        const std::string cloud = random() % 2 == 0 ? "a" : "b";
        const auto entry = random() % (r.last() + 2);
        const bool expected = model[cloud].erase(entry) > 0;
        BOOST_TEST((r.acked(cloud.c_str(), entry) == apply_result::applied) == expected,
                   "seed " << seed);
      }
      for (const auto& [cloud, unconfirmed] : model) {
        BOOST_REQUIRE_MESSAGE(r.state.waiting(cloud) == unconfirmed.size(),
                              "seed " << seed << " step " << step);
        std::uint64_t after = 0;
        for (const auto index : unconfirmed) {
          const auto* entry = r.state.next_entry(cloud, after);
          BOOST_REQUIRE_MESSAGE(entry != nullptr && entry->index == index,
                                "seed " << seed << " step " << step);
          after = index;
        }
        BOOST_REQUIRE(r.state.next_entry(cloud, after) == nullptr);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_camera_is_forgotten_once_its_frames_are_finished) {
  rig r({{"c", 10}});
  const auto forget = [&](const char* camera) {
    return r.apply([&](auto& b) { return wire::CreateCameraForgottenDirect(b, camera); });
  };
  BOOST_TEST((forget("cam") == apply_result::stale));
  r.open("cam", 1);
  r.apply([](auto& b) {
    const std::uint8_t picture[] = {1};
    const auto bytes = b.CreateVector(picture, 1);
    return wire::CreateFrameTaken(b, write_frame(b, "cam", {.stream = 1, .seq = 1}), bytes);
  });
  BOOST_TEST(!r.state.holds_nothing_of("cam"));
  BOOST_TEST((forget("cam") == apply_result::stale));
  r.finish("cam", 1, 1, 1);
  BOOST_TEST(!r.state.holds_nothing_of("cam")); // a result waits
  r.acked("c", r.last());
  BOOST_TEST(r.state.holds_nothing_of("cam"));
  BOOST_TEST((forget("cam") == apply_result::applied));
  BOOST_TEST(r.state.cameras() == 0u);
  BOOST_TEST((r.finish("cam", 1, 2, 2) == apply_result::unknown_camera));
}

BOOST_AUTO_TEST_CASE(the_order_of_use_outlives_a_restart) {
  rig r({{"c", 10}});
  for (const char* camera : {"a", "b", "c"})
    r.open(camera, 1);
  r.finish("a", 1, 1, 1, nullptr);
  r.finish("b", 1, 1, 1); // its result waits
  const auto all = [](std::string_view) { return true; };
  ledger again({{"c", 10}});
  const auto bytes = r.state.snapshot();
  const auto* from = decode_snapshot(std::as_bytes(std::span(bytes)));
  BOOST_TEST_REQUIRE(from != nullptr);
  BOOST_TEST_REQUIRE(again.restore(*from, r.state.held()));
  for (const auto* state : {&r.state, &again}) {
    BOOST_TEST(*state->least_recently_used(all) == "c");
    BOOST_TEST(*state->least_recently_used([](auto name) { return name != "c"; }) == "a");
    BOOST_TEST(!state->holds_nothing_of("b"));
  }
}

BOOST_AUTO_TEST_CASE(a_restored_ledger_with_frames_is_the_same) {
  rig r({{"c", 10}});
  r.open("cam", 1);
  for (const std::uint64_t seq : {1, 2})
    r.apply([seq](auto& b) {
      const std::uint8_t picture[] = {1};
      const auto bytes = b.CreateVector(picture, 1);
      return wire::CreateFrameTaken(b, write_frame(b, "cam", {.stream = 1, .seq = seq}), bytes);
    });
  r.finish("cam", 1, 1, 1); // after the frame that is still held
  ledger again({{"c", 10}});
  const auto bytes = r.state.snapshot();
  BOOST_TEST_REQUIRE(
      again.restore(*decode_snapshot(std::as_bytes(std::span(bytes))), r.state.held()));
  BOOST_TEST(again.snapshot() == bytes);
}

BOOST_AUTO_TEST_CASE(subscriptions_are_remembered_until_they_end) {
  rig r({});
  const subscription wants{{"cam-*", "door"}, wire::Policy::Latest, 2, 3, 4};
  BOOST_TEST((r.apply([&](auto& b) { return write_subscription(b, "app", wants); }) ==
              apply_result::applied));
  BOOST_TEST((r.state.subscriptions().at("app") == wants));
  const auto bytes = r.state.snapshot();
  ledger copy(std::map<std::string, std::size_t>{});
  BOOST_TEST(copy.restore(*decode_snapshot(std::as_bytes(std::span(bytes))), {}));
  BOOST_TEST((copy.subscriptions() == r.state.subscriptions()));
  const auto end = [](auto& b) { return wire::CreateUnsubscribedDirect(b, "app"); };
  BOOST_TEST((r.apply(end) == apply_result::applied));
  BOOST_TEST(r.state.subscriptions().empty());
  BOOST_TEST((r.apply(end) == apply_result::stale));
}

BOOST_AUTO_TEST_CASE(subscriptions_have_a_limit) {
  rig r({});
  for (std::size_t n = 0; n <= limits::apps; ++n)
    r.apply([&](auto& b) { return write_subscription(b, "app-" + std::to_string(n), {}); });
  BOOST_TEST(r.state.subscriptions().size() == limits::apps);
}
