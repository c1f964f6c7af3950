#include "actors/delivery.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

void delivery::open(std::string_view name, const camera_cursor& cursor) {
  auto& c = cameras_.try_emplace(std::string(name)).first->second;
  c.name = name;
  if (c.stream != cursor.stream) {
    for (auto& [app_name, a] : apps_) {
      const auto of_camera = [&c](const auto& item) { return item.first == &c; };
      std::erase_if(a.queue, of_camera);
      std::erase_if(a.outstanding, of_camera);
    }
    in_flight_ -= c.frames.size();
    c.frames.clear();
    c.stream = cursor.stream;
    c.last_seq = c.settled_seq = cursor.settled_seq;
  }
  c.done = cursor.apps;
  find_subscribers(c);
}

void delivery::find_subscribers(camera& c) {
  c.subscribers.clear();
  for (const auto& [name, a] : apps_)
    if (std::ranges::any_of(a.patterns, [&c](const auto& p) { return matches(p, c.name); }))
      c.subscribers.push_back(name);
}

tl::expected<void, wire::AppRefuseReason>
delivery::subscribe(std::string_view name, std::vector<std::string> patterns, bool fresh) {
  if (!valid_name(name) || patterns.size() > limits::patterns_per_subscription ||
      !std::ranges::all_of(patterns, valid_pattern))
    return tl::unexpected(wire::AppRefuseReason::BadName);
  auto known = apps_.find(name);
  if (known == apps_.end()) {
    if (apps_.size() >= limits::apps)
      return tl::unexpected(wire::AppRefuseReason::TooManyApps);
    known = apps_.try_emplace(std::string(name)).first;
    known->second.name = name;
  }
  auto& a = known->second;
  if (fresh) {
    a.credit = 0;
    a.queue.insert(a.queue.begin(), a.outstanding.begin(), a.outstanding.end());
    a.outstanding.clear();
  }
  if (a.patterns != patterns) {
    a.patterns = std::move(patterns);
    for (auto& [camera_name, c] : cameras_)
      find_subscribers(c);
  }
  return {};
}

intake delivery::add(std::string_view camera_name, const frame_info& info, payload body) {
  const auto known = cameras_.find(camera_name);
  if (known == cameras_.end() || known->second.stream != info.stream)
    return intake::not_open;
  auto& c = known->second;
  if (info.seq <= c.last_seq)
    return intake::duplicate;
  if (info.seq - c.last_seq - 1 > info.dropped_before)
    return intake::gap;
  c.last_seq = info.seq;
  frame f{info, std::move(body), {}};
  for (const auto app_name : c.subscribers) {
    const auto done = c.done.find(app_name);
    if (done != c.done.end() && done->second >= info.seq)
      continue; // finished before a restart or failover: its result is in the ledger
    f.owed.push_back(app_name);
    apps_.find(app_name)->second.queue.emplace_back(&c, info.seq);
  }
  const auto result = f.owed.empty() ? intake::settled : intake::accepted;
  c.frames.push_back(std::move(f));
  ++in_flight_;
  pop_settled(c);
  return result;
}

void delivery::pop_settled(camera& c) {
  while (!c.frames.empty() && c.frames.front().owed.empty()) {
    c.settled_seq = c.frames.front().info.seq;
    c.frames.pop_front();
    --in_flight_;
  }
}

void delivery::grant(std::string_view app_name, std::uint32_t frames) {
  const auto known = apps_.find(app_name);
  if (known != apps_.end())
    known->second.credit = std::min(known->second.credit + std::min(frames, limits::app_credit_max),
                                    limits::app_credit_max);
}

delivery::frame* delivery::find_frame(camera& c, std::uint64_t seq) {
  const auto at =
      std::ranges::lower_bound(c.frames, seq, {}, [](const frame& f) { return f.info.seq; });
  return at == c.frames.end() || at->info.seq != seq ? nullptr : &*at;
}

std::optional<delivery::next_frame> delivery::take(std::string_view app_name) {
  auto& a = apps_.find(app_name)->second;
  if (a.credit == 0 || a.queue.empty())
    return std::nullopt;
  const auto item = a.queue.front();
  a.queue.pop_front();
  a.outstanding.push_back(item);
  --a.credit;
  const auto* f = find_frame(*item.first, item.second);
  MONOPOD_ENSURE(f != nullptr, "a queued frame is in flight");
  return next_frame{item.first, f};
}

void delivery::put_back(std::string_view app_name) {
  auto& a = apps_.find(app_name)->second;
  a.queue.push_front(a.outstanding.back());
  a.outstanding.pop_back();
  ++a.credit;
}

tl::expected<delivery::completion, wire::AppRefuseReason>
delivery::complete(std::string_view app_name, std::string_view camera_name, std::uint64_t stream,
                   std::uint64_t seq) {
  const auto known_app = apps_.find(app_name);
  if (known_app == apps_.end())
    return tl::unexpected(wire::AppRefuseReason::NotSubscribed);
  auto& a = known_app->second;
  const auto known_camera = cameras_.find(camera_name);
  if (known_camera == cameras_.end() || known_camera->second.stream != stream)
    return tl::unexpected(wire::AppRefuseReason::NotOutstanding);
  auto& c = known_camera->second;
  const auto item = std::ranges::find(a.outstanding, std::pair{&c, seq});
  if (item == a.outstanding.end())
    return tl::unexpected(wire::AppRefuseReason::NotOutstanding);
  a.outstanding.erase(item);
  ++a.results;
  auto* f = find_frame(c, seq);
  MONOPOD_ENSURE(f != nullptr, "an outstanding frame is in flight");
  std::erase(f->owed, a.name);
  completion result{f->info, 0};
  pop_settled(c);
  result.settled_seq = c.settled_seq;
  return result;
}

const delivery::camera* delivery::find_camera(std::string_view name) const {
  const auto known = cameras_.find(name);
  return known == cameras_.end() ? nullptr : &known->second;
}

} // namespace monopod
