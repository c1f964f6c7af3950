// Making one metric in one line, as a member with its initialiser.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace monopod {

/// 25 us to about 13 s, doubling: from one hop on a quiet machine to the worst that the thesis saw.
inline prometheus::Histogram::BucketBoundaries latency_buckets() {
  prometheus::Histogram::BucketBoundaries b;
  for (int i = 0; i < 20; ++i)
    b.push_back(25e-6 * std::exp2(i));
  return b;
}

/// Metrics of one name that differ in their labels' values. Histograms have latency_buckets(). The
/// registry outlives it. Any thread.
template <class Metric, std::size_t Labels = 1>
class labelled {
public:
  template <std::convertible_to<const char*>... Names>
  requires(sizeof...(Names) == Labels)
      labelled(prometheus::Registry& r, const char* name, const char* help, Names... labels)
      : family_(builder().Name(name).Help(help).Register(r)), labels_{labels...} {}

  /// The metric with these values, made by the first call: it looks them up, so call once and keep
  /// the reference, which lives as long as the registry. A value must be one of a bounded set.
  template <std::convertible_to<std::string_view>... Values>
  requires(sizeof...(Values) == Labels) Metric& operator()(const Values&... values) {
    prometheus::Labels all;
    [[maybe_unused]] std::size_t i = 0;
    (all.emplace(labels_[i++], std::string_view(values)), ...);
    if constexpr (std::same_as<Metric, prometheus::Histogram>)
      return family_.Add(all, latency_buckets());
    else
      return family_.Add(all);
  }

  /// No one may use the reference afterwards.
  void remove(Metric& m) { family_.Remove(&m); }

private:
  static auto builder() {
    if constexpr (std::same_as<Metric, prometheus::Counter>)
      return prometheus::BuildCounter();
    else if constexpr (std::same_as<Metric, prometheus::Gauge>)
      return prometheus::BuildGauge();
    else
      return prometheus::BuildHistogram();
  }

  prometheus::Family<Metric>& family_;
  std::array<const char*, Labels> labels_;
};

/// Metrics without labels; they live as long as the registry.
inline prometheus::Counter& counter(prometheus::Registry& r, const char* name, const char* help) {
  return labelled<prometheus::Counter, 0>(r, name, help)();
}
inline prometheus::Gauge& gauge(prometheus::Registry& r, const char* name, const char* help) {
  return labelled<prometheus::Gauge, 0>(r, name, help)();
}
inline prometheus::Histogram& histogram(prometheus::Registry& r, const char* name,
                                        const char* help) {
  return labelled<prometheus::Histogram, 0>(r, name, help)();
}

} // namespace monopod
