#include "tools/lab/consumer.hpp"

#include "core/clock.hpp"
#include "programs/collect/result_reader.hpp"
#include "programs/collect/subscriber.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace monopod::lab {

consumer::consumer(const consumer_options& o, const std::vector<load_camera>& cameras)
    : options_(o), pauses_(cameras.size()) {
  for (std::size_t i = 0; i < cameras.size(); ++i)
    places_.emplace(cameras[i].name, i);
  thread_ = std::thread([this] {
    try {
      run();
    } catch (const std::exception& e) {
      const std::lock_guard lock(mutex_);
      failed_ = e.what();
    }
  });
}

consumer::~consumer() {
  stopping_ = true;
  thread_.join();
}

void consumer::run() {
  if (options_.prepare)
    options_.prepare();
  result_reader reader;
  subscriber_options at;
  at.host = options_.host;
  at.port = options_.port;
  at.client_id = "laboratory";
  subscriber broker(
      at,
      [&](std::span<const std::byte> message) {
        const std::lock_guard lock(mutex_);
        for (const auto* result : reader.read(message))
          take(*result);
      },
      [this] { subscribed_ = true; });
  while (!stopping_)
    broker.poll(20);
}

void consumer::take(const wire::Result& result) {
  auto& s = series_[{result.camera()->str(), result.app()->str()}];
  if (!s.seen.insert(result.seq())) {
    ++counted_.twice_on_wire;
    return;
  }
  ++results_;
  if (!s.stamps.insert(result.captured_at_ns()).second)
    ++counted_.twice_after_key;
  publish_ms_.add((static_cast<double>(result.published_at_ns()) -
                   static_cast<double>(result.captured_at_ns())) *
                  1e-6);
  if (const auto place = places_.find(result.camera()->string_view()); place != places_.end())
    pauses_[place->second].seen(boottime_ns());
}

samples consumer::take_publish_ms() {
  const std::lock_guard lock(mutex_);
  return std::exchange(publish_ms_, samples{});
}

bool consumer::has_all(const std::vector<camera_account>& cameras) const {
  const std::lock_guard lock(mutex_);
  if (!failed_.empty())
    throw std::runtime_error("the consumer ended: " + failed_);
  for (const auto& c : cameras)
    for (const auto& app : options_.apps) {
      if (c.acknowledged == 0)
        continue;
      const auto s = series_.find({c.camera, app});
      if (s == series_.end() || s->second.seen.last() < c.acknowledged ||
          s->second.seen.missing(std::min<std::uint64_t>(1, s->second.seen.first())) > 0)
        return false;
    }
  return true;
}

delivery consumer::judge(const std::vector<camera_account>& cameras) {
  const std::lock_guard lock(mutex_);
  auto found = std::exchange(counted_, {});
  for (const auto& c : cameras) {
    std::unordered_set<std::uint64_t> without;
    for (const auto& app : options_.apps) {
      auto& s = series_[{c.camera, app}];
      for (std::uint64_t seq = s.judged + 1; seq <= c.acknowledged; ++seq)
        if (s.seen.insert(seq)) { // it was missing
          ++found.results_lost;
          without.insert(seq);
        }
      s.judged = std::max(s.judged, c.acknowledged);
    }
    found.acked_lost += without.size();
  }
  return found;
}

} // namespace monopod::lab
