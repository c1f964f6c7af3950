#include "actors/frames/delivery.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

bool holds_up(const delivery::app& a) { return a.wants.policy == wire::Policy::Every; }

bool valid_policy(const subscription& s) {
  return s.policy <= wire::Policy::MAX && s.bound >= 1 && s.bound <= limits::bounded_frames_max;
}

} // namespace

delivery::camera& delivery::open(std::string_view name, const camera_cursor& cursor) {
  auto& c = cameras_.try_emplace(std::string(name)).first->second;
  c.name = name;
  if (c.stream != cursor.stream) {
    forget_frames(c);
    c.stream = cursor.stream;
    c.last_seq = c.settled_seq = cursor.settled_seq;
  }
  c.done = cursor.apps;
  find_subscribers(c);
  return c;
}

void delivery::close(camera& c) {
  forget_frames(c);
  c.stream = 0;
}

void delivery::remove(const camera& c) {
  const auto known = cameras_.find(c.name);
  MONOPOD_ENSURE(known != cameras_.end(), "a camera that is lent is known");
  MONOPOD_ENSURE(std::ranges::none_of(settled_, [&c](const auto& s) { return s.from == &c; }),
                 "a camera stays until its settlements are taken");
  forget_frames(known->second);
  cameras_.erase(known);
}

bool delivery::idle(const camera& c) const {
  return c.frames.empty() && std::ranges::none_of(apps_, [&c](const auto& item) {
           const auto held = item.second.lanes.find(const_cast<camera*>(&c));
           return held != item.second.lanes.end() &&
                  !(held->second.waiting.empty() && held->second.outstanding.empty());
         });
}

void delivery::forget_frames(camera& c) {
  for (auto& [app_name, a] : apps_)
    forget(a, c);
  in_flight_ -= c.frames.size();
  for (const auto& f : c.frames)
    in_flight_bytes_ -= f.what->body.size_bytes();
  c.frames.clear();
}

// Frames of the camera's earlier stream concern no application any more.
void delivery::forget(app& a, camera& c) {
  const auto known = a.lanes.find(&c);
  if (known == a.lanes.end())
    return;
  a.queued -= known->second.waiting.size();
  a.outstanding -= known->second.outstanding.size();
  if (!holds_up(a))
    for (const auto& f : known->second.waiting)
      waiting_bytes_ -= f->body.size_bytes();
  std::erase(a.turn, &c);
  a.lanes.erase(known);
}

delivery::app& delivery::subscribed(std::string_view name) {
  const auto known = apps_.find(name);
  MONOPOD_ENSURE(known != apps_.end(), "whoever is owed frames has subscribed");
  return known->second;
}

void delivery::find_subscribers(camera& c) {
  c.subscribers.clear();
  for (const auto& [name, a] : apps_)
    if (std::ranges::any_of(a.wants.patterns, [&c](const auto& p) { return matches(p, c.name); }))
      c.subscribers.push_back(name);
}

tl::expected<void, wire::AppRefuseReason> delivery::subscribe(std::string_view name,
                                                              subscription wants, bool fresh) {
  if (!valid_name(name) || wants.patterns.size() > limits::patterns_per_subscription ||
      !std::ranges::all_of(wants.patterns, valid_pattern))
    return tl::unexpected(wire::AppRefuseReason::BadName);
  if (!valid_policy(wants))
    return tl::unexpected(wire::AppRefuseReason::BadPolicy);
  auto known = apps_.find(name);
  if (known == apps_.end()) {
    if (apps_.size() >= limits::apps)
      return tl::unexpected(wire::AppRefuseReason::TooManyApps);
    known = apps_.try_emplace(std::string(name)).first;
    known->second.name = name;
  }
  auto& a = known->second;
  if (a.wants.policy != wants.policy)
    let_go(a);
  if (fresh) {
    a.credit = 0;
    for (auto& [c, l] : a.lanes) {
      std::vector<frame_ptr> again;
      for (auto& d : l.outstanding)
        again.push_back(std::move(d.what));
      a.outstanding -= again.size();
      l.outstanding.clear();
      if (!holds_up(a))
        continue; // they were delivered; newer ones arrive
      a.queued += again.size();
      if (l.waiting.empty() && !again.empty())
        a.turn.push_back(c);
      l.waiting.insert(l.waiting.begin(), again.begin(), again.end());
    }
  }
  const bool changed = a.wants.patterns != wants.patterns;
  a.wants = std::move(wants);
  if (changed)
    for (auto& [camera_name, c] : cameras_)
      find_subscribers(c);
  return {};
}

// Frames that wait or are unanswered were counted and owed by the policy that ends here.
std::size_t delivery::let_go(app& a) {
  a.credit = 0;
  std::size_t let_go_of = 0;
  for (auto& [camera_name, c] : cameras_) {
    const auto known = a.lanes.find(&c);
    if (known == a.lanes.end())
      continue;
    std::vector<std::uint64_t> owed;
    for (const auto& d : known->second.outstanding)
      owed.push_back(d.what->info.seq);
    for (const auto& f : known->second.waiting)
      owed.push_back(f->info.seq);
    let_go_of += owed.size();
    const bool held_up = holds_up(a);
    forget(a, c);
    if (held_up)
      for (const auto seq : owed)
        release(a, c, seq);
  }
  return let_go_of;
}

std::size_t delivery::unsubscribe(std::string_view name) {
  const auto known = apps_.find(name);
  if (known == apps_.end())
    return 0;
  const auto owed = let_go(known->second);
  apps_.erase(known);
  for (auto& [camera_name, c] : cameras_)
    find_subscribers(c);
  return owed;
}

bool delivery::owes(std::string_view name) const {
  const auto known = apps_.find(name);
  return known != apps_.end() && holds_up(known->second) &&
         known->second.queued + known->second.outstanding > 0;
}

intake delivery::add_taken(camera& c, const frame_info& info, payload body) {
  if (c.stream == info.stream && c.last_seq < info.seq)
    c.last_seq = info.seq - 1;
  return add(c, info, std::move(body));
}

std::uint64_t delivery::safe_to_forget(const camera& c, std::uint64_t taken_seq) {
  for (const auto& f : c.frames)
    if (!f.owed.empty() && f.what->info.seq > taken_seq)
      return f.what->info.seq - 1;
  return c.last_seq;
}

intake delivery::add(camera& c, const frame_info& info, payload body) {
  if (c.stream != info.stream)
    return intake::not_open;
  if (info.seq <= c.last_seq)
    return intake::duplicate;
  if (info.seq - c.last_seq - 1 > info.dropped_before)
    return intake::gap;
  c.last_seq = info.seq;
  const auto f = std::make_shared<const frame>(frame{info, std::move(body)});
  camera::in_flight entry{f, {}};
  for (const auto app_name : c.subscribers) {
    const auto done = c.done.find(app_name);
    if (done != c.done.end() && done->second >= info.seq)
      continue; // finished before a restart or failover: its result is in the ledger
    auto& a = subscribed(app_name);
    auto& l = a.lanes[&c];
    if (a.wants.min_interval_ns > 0 && l.last_wanted_ns > 0 &&
        info.captured_at_ns < l.last_wanted_ns + a.wants.min_interval_ns) {
      ++l.skipped.rate;
      ++a.skipped.rate;
      continue;
    }
    l.last_wanted_ns = info.captured_at_ns;
    if (holds_up(a))
      entry.owed.push_back(app_name);
    enqueue(a, c, f);
  }
  const auto result = entry.owed.empty() ? intake::settled : intake::accepted;
  c.frames.push_back(std::move(entry));
  ++in_flight_;
  in_flight_bytes_ += f->body.size_bytes();
  pop_settled(c);
  return result;
}

void delivery::enqueue(app& a, camera& c, const frame_ptr& f) {
  auto& l = a.lanes[&c];
  if (!holds_up(a)) {
    const std::size_t bound = a.wants.policy == wire::Policy::Latest ? 1 : a.wants.bound;
    waiting_bytes_ += f->body.size_bytes();
    while (!l.waiting.empty() &&
           (l.waiting.size() >= bound || waiting_bytes_ > limits::waiting_bytes_max))
      skip_oldest(a, c, &skipped_frames::newer);
  }
  if (l.waiting.empty())
    a.turn.push_back(&c);
  l.waiting.push_back(f);
  ++a.queued;
}

void delivery::skip_oldest(app& a, camera& c, std::uint32_t skipped_frames::*why) {
  auto& l = a.lanes[&c];
  const auto f = std::move(l.waiting.front());
  l.waiting.pop_front();
  --a.queued;
  if (l.waiting.empty())
    std::erase(a.turn, &c);
  ++(l.skipped.*why);
  ++(a.skipped.*why);
  if (holds_up(a))
    release(a, c, f->info.seq);
  else
    waiting_bytes_ -= f->body.size_bytes();
}

// The application no longer owes this frame; it gave no result.
void delivery::release(app& a, camera& c, std::uint64_t seq) {
  auto* f = find_frame(c, seq);
  MONOPOD_ENSURE(f != nullptr, "an owed frame is in flight");
  std::erase(f->owed, a.name);
  const auto before = c.settled_seq;
  const auto info = f->what->info;
  pop_settled(c);
  if (c.settled_seq > before)
    settled_.push_back({&c, info, c.settled_seq});
}

void delivery::pop_settled(camera& c) {
  while (!c.frames.empty() && c.frames.front().owed.empty()) {
    c.settled_seq = c.frames.front().what->info.seq;
    in_flight_bytes_ -= c.frames.front().what->body.size_bytes();
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

delivery::camera::in_flight* delivery::find_frame(camera& c, std::uint64_t seq) {
  const auto at =
      std::ranges::lower_bound(c.frames, seq, {}, [](const auto& f) { return f.what->info.seq; });
  return at == c.frames.end() || at->what->info.seq != seq ? nullptr : &*at;
}

std::optional<delivery::next_frame> delivery::next(std::string_view app_name,
                                                   std::uint64_t now_ns) {
  auto& a = subscribed(app_name);
  // An application that never answers gets no more frames, whatever credit it gives.
  while (a.credit > 0 && !a.turn.empty() && a.outstanding < limits::app_credit_max) {
    auto& c = *a.turn.front();
    auto& l = a.lanes[&c];
    if (a.wants.max_age_ns > 0 &&
        l.waiting.front()->info.captured_at_ns + a.wants.max_age_ns < now_ns) {
      skip_oldest(a, c, &skipped_frames::age);
      continue;
    }
    next_frame found{&c, std::move(l.waiting.front()), std::exchange(l.skipped, {})};
    l.waiting.pop_front();
    a.turn.pop_front();
    if (!l.waiting.empty())
      a.turn.push_back(&c);
    if (!holds_up(a))
      waiting_bytes_ -= found.what->body.size_bytes();
    l.outstanding.push_back({holds_up(a) ? found.what : without_duty(found.what), false, {}});
    --a.queued;
    ++a.outstanding;
    --a.credit;
    return found;
  }
  return std::nullopt;
}

// A frame that need not be sent again. It keeps its picture only if a cloud may want it, and if
// there is room.
delivery::frame_ptr delivery::without_duty(const frame_ptr& f) {
  const auto bytes = f->body.size_bytes();
  if (!pictures_ || *unanswered_bytes_ + bytes > limits::picture_unanswered_bytes)
    return std::make_shared<const frame>(frame{f->info, {}});
  *unanswered_bytes_ += bytes;
  return {f.get(), [f, bytes, sum = unanswered_bytes_](const frame*) { *sum -= bytes; }};
}

void delivery::return_to_queue(std::string_view app_name, const next_frame& unsent) {
  auto& a = subscribed(app_name);
  auto& c = *unsent.from;
  auto& l = a.lanes[&c];
  MONOPOD_ENSURE(!l.outstanding.empty() && a.outstanding > 0, "an unsent frame was outstanding");
  l.outstanding.pop_back();
  --a.outstanding;
  ++a.credit;
  l.skipped = unsent.skipped;
  std::erase(a.turn, &c);
  a.turn.push_front(&c);
  l.waiting.push_front(unsent.what);
  ++a.queued;
  if (!holds_up(a))
    waiting_bytes_ += unsent.what->body.size_bytes();
}

tl::expected<std::vector<delivery::completion>, wire::AppRefuseReason>
delivery::complete(std::string_view app_name, camera& c, std::uint64_t stream, std::uint64_t seq,
                   std::span<const std::byte> answer) {
  const auto known_app = apps_.find(app_name);
  if (known_app == apps_.end())
    return tl::unexpected(wire::AppRefuseReason::NotSubscribed);
  auto& a = known_app->second;
  if (c.stream != stream)
    return tl::unexpected(wire::AppRefuseReason::NotOutstanding);
  const auto known_lane = a.lanes.find(&c);
  if (known_lane == a.lanes.end())
    return tl::unexpected(wire::AppRefuseReason::NotOutstanding);
  auto& outstanding = known_lane->second.outstanding;
  const auto item = std::ranges::find_if(
      outstanding, [seq](const auto& d) { return d.what->info.seq == seq && !d.answered; });
  if (item == outstanding.end())
    return tl::unexpected(wire::AppRefuseReason::NotOutstanding);
  ++a.results;
  item->answered = true;
  if (item != outstanding.begin()) {
    item->answer.assign(answer.begin(), answer.end());
    return std::vector<completion>{};
  }
  std::vector<completion> ready;
  while (!outstanding.empty() && outstanding.front().answered) {
    auto first = std::move(outstanding.front());
    outstanding.pop_front();
    --a.outstanding;
    if (auto* f = holds_up(a) ? find_frame(c, first.what->info.seq) : nullptr) {
      std::erase(f->owed, a.name);
      pop_settled(c);
    }
    ready.push_back({first.what->info, c.settled_seq, std::move(first.answer),
                     pictures_ ? first.what->body : payload{}});
  }
  return ready;
}

} // namespace monopod
