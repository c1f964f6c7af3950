#include "programs/collect/collector.hpp"

#include "programs/limits.hpp"

namespace monopod {

namespace {

double ms_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return (static_cast<double>(to_ns) - static_cast<double>(from_ns)) * 1e-6;
}

} // namespace

verdict collector::add(const wire::Result& result, std::uint64_t received_at_ns) {
  const std::tuple key{result.camera()->str(), result.stream(), result.app()->str()};
  auto known = series_.find(key);
  if (known == series_.end()) {
    if (series_.size() >= limits::collected_series) {
      ++malformed_;
      return verdict::malformed;
    }
    known = series_.try_emplace(key).first;
  }
  auto& seen = known->second;
  const bool late = result.seq() < seen.last();
  if (!seen.insert(result.seq())) {
    ++twice_;
    return verdict::twice;
  }
  ++results_;
  out_of_order_ += late ? 1 : 0;
  if (first_ns_ == 0)
    first_ns_ = received_at_ns;
  last_ns_ = received_at_ns;
  publish_ms_.add(ms_between(result.captured_at_ns(), result.published_at_ns()));
  consumer_ms_.add(ms_between(result.captured_at_ns(), received_at_ns));
  return verdict::kept;
}

collector::summary collector::summarise() const {
  summary s;
  s.results = results_;
  s.twice = twice_;
  s.out_of_order = out_of_order_;
  s.malformed = malformed_;
  s.series = series_.size();
  for (const auto& [key, seen] : series_) {
    s.gaps += seen.gaps();
    s.lost += seen.missing(from_start_ ? 1 : seen.first());
  }
  if (results_ > 1 && last_ns_ > first_ns_)
    s.rate_per_s =
        static_cast<double>(results_ - 1) / (static_cast<double>(last_ns_ - first_ns_) * 1e-9);
  s.publish_ms = publish_ms_;
  s.consumer_ms = consumer_ms_;
  return s;
}

} // namespace monopod
