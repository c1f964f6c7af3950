// The emulated application's times and detections; the seeds are fixed, so nothing here is random.
#include "actors/vision/emulated_worker.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace monopod {

namespace {

struct moments {
  double mean_ms = 0;
  double deviation_ms = 0;
  double least_ms = 0;
};

constexpr int rounds = 20'000;

moments measure(const vision_config& conf) {
  emulated_worker e(conf);
  double sum = 0;
  double squares = 0;
  double least = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto ms = static_cast<double>(e.service_time_ns()) * 1e-6;
    sum += ms;
    squares += ms * ms;
    least = std::min(least, ms);
  }
  const auto mean = sum / rounds;
  return {mean, std::sqrt(squares / rounds - mean * mean), least};
}

// The emulator's next detections as a buffer.
std::vector<std::uint8_t> packed(emulated_worker& e) {
  flatbuffers::FlatBufferBuilder b;
  b.Finish(e.answer(b, 1));
  return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

vision_config with(service_distribution d, double service_ms, double deviation_ms) {
  vision_config conf;
  conf.distribution = d;
  conf.service_ms = service_ms;
  conf.deviation_ms = deviation_ms;
  conf.seed = 7;
  return conf;
}

} // namespace

// Five standard errors of a mean of 20,000 are 3.5 % of the deviation.
BOOST_AUTO_TEST_CASE(times_have_the_configured_mean_and_deviation) {
  for (const auto d : {service_distribution::normal, service_distribution::lognormal}) {
    const auto m = measure(with(d, 24, 4));
    BOOST_TEST(std::abs(m.mean_ms - 24) < 0.15);
    BOOST_TEST(std::abs(m.deviation_ms - 4) < 0.15);
  }
}

BOOST_AUTO_TEST_CASE(a_constant_time_has_no_deviation) {
  emulated_worker e(with(service_distribution::constant, 24, 4));
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(e.service_time_ns() == 24'000'000u);
}

BOOST_AUTO_TEST_CASE(a_normal_time_is_cut_at_nothing) {
  const auto m = measure(with(service_distribution::normal, 1, 4));
  BOOST_TEST(m.least_ms == 0.0);
  BOOST_TEST(m.mean_ms > 1.0); // what was cut lay below
}

BOOST_AUTO_TEST_CASE(a_lognormal_time_is_never_nothing) {
  BOOST_TEST(measure(with(service_distribution::lognormal, 1, 4)).least_ms > 0.0);
}

BOOST_AUTO_TEST_CASE(no_service_time_and_no_deviation_are_exact) {
  for (const auto d : {service_distribution::normal, service_distribution::lognormal}) {
    emulated_worker none(with(d, 0, 4));
    emulated_worker exact(with(d, 5, 0));
    for (int i = 0; i < 10; ++i) {
      BOOST_TEST(none.service_time_ns() == 0u);
      BOOST_TEST(std::abs(static_cast<double>(exact.service_time_ns()) - 5e6) < 10);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_sequence) {
  auto conf = with(service_distribution::lognormal, 24, 4);
  emulated_worker a(conf);
  emulated_worker b(conf);
  conf.seed = 8;
  emulated_worker c(conf);
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    const auto time_ns = a.service_time_ns();
    BOOST_TEST(b.service_time_ns() == time_ns);
    differs = c.service_time_ns() != time_ns || differs;
    BOOST_TEST((packed(a) == packed(b)));
    packed(c);
  }
  BOOST_TEST(differs);
}

BOOST_AUTO_TEST_CASE(detections_lie_inside_the_picture) {
  vision_config conf;
  conf.detections = 5;
  emulated_worker e(conf);
  for (int i = 0; i < 1000; ++i) {
    const auto bytes = packed(e);
    const std::unique_ptr<wire::InferenceT> found(
        flatbuffers::GetRoot<wire::Inference>(bytes.data())->UnPack());
    BOOST_REQUIRE(found->detections.size() == 5u);
    for (const auto& d : found->detections) {
      BOOST_REQUIRE(!d->label.empty());
      BOOST_REQUIRE((d->confidence >= 0.5f && d->confidence <= 1));
      BOOST_REQUIRE((d->box->x() >= 0 && d->box->x() + d->box->width() <= 1));
      BOOST_REQUIRE((d->box->y() >= 0 && d->box->y() + d->box->height() <= 1));
    }
  }
}

} // namespace monopod
