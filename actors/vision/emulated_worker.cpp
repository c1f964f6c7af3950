#include "actors/vision/emulated_worker.hpp"

#include "actors/vision/emulated_work.hpp"
#include "core/version.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace monopod {

namespace {

std::normal_distribution<double> make_distribution(const vision_config& c) {
  if (c.distribution != service_distribution::lognormal || c.service_ms <= 0)
    return std::normal_distribution<double>(c.service_ms, std::max(c.deviation_ms, 1e-12));
  // Mean m and deviation s of a lognormal follow from sigma^2 = ln(1 + s^2/m^2), mu = ln(m) -
  // sigma^2 / 2.
  const auto ratio = c.deviation_ms / c.service_ms;
  const auto sigma_squared = std::log(1 + ratio * ratio);
  return std::normal_distribution<double>(std::log(c.service_ms) - sigma_squared / 2,
                                          std::max(std::sqrt(sigma_squared), 1e-12));
}

constexpr std::array<const char*, 5> labels{"person", "bicycle", "car", "dog", "bag"};

} // namespace

emulated_worker::emulated_worker(const vision_config& conf)
    : conf_(conf), random_(conf.seed), normal_(make_distribution(conf)) {}

std::uint64_t emulated_worker::look(const vision_frame& f) {
  if (conf_.decode)
    decode_jpeg(f.body.bytes(), pixels_);
  const auto service_ns = service_time_ns();
  if (conf_.work == service_kind::wait)
    return service_ns;
  if (service_ns > 0)
    burn_cpu(service_ns);
  return 0;
}

void emulated_worker::reload(const vision_config& conf) {
  conf_ = conf;
  random_.seed(conf.seed);
  normal_ = make_distribution(conf);
}

std::uint64_t emulated_worker::service_time_ns() {
  double ms = conf_.service_ms;
  if (ms > 0 && conf_.distribution == service_distribution::normal)
    ms = std::max(0.0, normal_(random_));
  else if (ms > 0 && conf_.distribution == service_distribution::lognormal)
    ms = std::exp(normal_(random_));
  return static_cast<std::uint64_t>(ms * 1e6);
}

flatbuffers::Offset<wire::Inference> emulated_worker::answer(flatbuffers::FlatBufferBuilder& b,
                                                             std::uint64_t processing_ns) {
  const auto unit = [this] { // [0, 1)
    return static_cast<float>(random_() >> 40) * 0x1p-24f;
  };
  const auto one = [&](std::size_t i) {
    const auto label = b.CreateString(labels[random_() % labels.size()]);
    const auto confidence = 0.5f + unit() / 2;
    const auto width = 0.02f + unit() * 0.2f;
    const auto height = 0.05f + unit() * 0.4f;
    const auto left = unit() * (1 - width);
    const wire::Box box(left, unit() * (1 - height), width, height);
    return wire::CreateDetection(b, label, confidence, &box, i + 1);
  };
  const auto detections =
      b.CreateVector<flatbuffers::Offset<wire::Detection>>(conf_.detections, one);
  const auto model = b.CreateString(emulator_plugin);
  const auto revision = b.CreateString(version);
  return wire::CreateInference(b, model, revision, processing_ns, detections);
}

} // namespace monopod
