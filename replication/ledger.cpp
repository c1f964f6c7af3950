#include "replication/ledger.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "replication/rules.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

ledger::ledger(const std::map<std::string, std::size_t>& outbox_limits) {
  MONOPOD_ENSURE(outbox_limits.size() <= limits::clouds, "too many clouds");
  for (const auto& [name, limit] : outbox_limits)
    clouds_[name].limit = std::clamp<std::size_t>(limit, 1, limits::outbox_entries);
}

apply_result ledger::apply(const wire::Op& op, op_bytes bytes) noexcept {
  MONOPOD_ENSURE(op.index() == next_index_, "ops are applied in order, without gaps");
  ++next_index_;
  last_epoch_ = op.epoch();
  released_.clear();
  const auto result = apply_body(op, std::move(bytes));
  if (op.index() % limits::ledger_ops_kept == 0)
    release();
  return result;
}

apply_result ledger::apply_body(const wire::Op& op, op_bytes bytes) {
  switch (op.body_type()) {
  case wire::OpBody::Finished:
    return finished(*op.body_as_Finished(), op.index(), std::move(bytes));
  case wire::OpBody::StreamOpened:
    return stream_opened(*op.body_as_StreamOpened(), op.index());
  case wire::OpBody::CloudAcked:
    return cloud_acked(*op.body_as_CloudAcked());
  case wire::OpBody::Subscription:
    return subscribed(*op.body_as_Subscription());
  case wire::OpBody::Unsubscribed: {
    const auto known = subscriptions_.find(op.body_as_Unsubscribed()->app()->string_view());
    if (known == subscriptions_.end())
      return apply_result::stale;
    subscriptions_.erase(known);
    for (auto& item : cameras_)
      forget_apps(item.second);
    return apply_result::applied;
  }
  case wire::OpBody::FrameTaken:
    return frame_taken(*op.body_as_FrameTaken(), op.index(), std::move(bytes));
  case wire::OpBody::CameraForgotten:
    return camera_forgotten(*op.body_as_CameraForgotten());
  case wire::OpBody::NONE:
    break;
  }
  MONOPOD_ENSURE(false, "op without a body");
}

apply_result ledger::finished(const wire::Finished& op, std::uint64_t index, op_bytes bytes) {
  const auto known = cameras_.find(op.camera()->string_view());
  if (known == cameras_.end())
    return apply_result::unknown_camera;
  auto& camera = known->second;
  if (op.stream() != camera.stream)
    return apply_result::stale;
  if (op.app() != nullptr) {
    const auto app = op.app()->string_view();
    const auto done = camera.apps.find(app);
    const auto seq = done == camera.apps.end() ? 0 : done->second;
    if (op.seq() <= seq && !broken(mutant::g4_processed_again))
      return apply_result::stale;
    camera.apps.insert_or_assign(std::string(app), op.seq());
  } else if (op.seq() <= camera.settled_seq) {
    return apply_result::stale;
  }
  camera.used = index;
  camera.settled_seq = std::max(camera.settled_seq, op.settled_seq());
  if (camera.apps.size() > limits::apps_per_camera)
    forget_apps(camera);
  taken_.settle(known->first, camera.settled_seq);
  if (op.inference() == nullptr || clouds_.empty())
    return apply_result::applied;
  camera.result = index;
  outbox_.push_back({index, std::move(bytes)});
  for (auto& [name, cloud] : clouds_) {
    ++cloud.waiting;
    drop_oldest(name, cloud);
  }
  trim();
  return apply_result::applied;
}

// Forgets the cursors of applications that do not subscribe any more. Settled frames are not
// delivered again, so only a cursor above them matters. If there are too many, even such cursors
// go, the lowest first.
void ledger::forget_apps(camera_cursor& camera) const {
  const auto gone = [this](const auto& item) { return !subscriptions_.contains(item.first); };
  std::erase_if(camera.apps,
                [&](const auto& item) { return gone(item) && item.second <= camera.settled_seq; });
  while (camera.apps.size() > limits::apps_per_camera) {
    auto lowest = camera.apps.end();
    for (auto at = camera.apps.begin(); at != camera.apps.end(); ++at)
      if (gone(*at) && (lowest == camera.apps.end() || at->second < lowest->second))
        lowest = at;
    MONOPOD_ENSURE(lowest != camera.apps.end(), "more cursors than subscriptions");
    camera.apps.erase(lowest);
  }
}

apply_result ledger::frame_taken(const wire::FrameTaken& op, std::uint64_t index, op_bytes bytes) {
  const auto& frame = *op.frame();
  const auto known = cameras_.find(frame.camera()->string_view());
  if (known == cameras_.end())
    return apply_result::unknown_camera;
  if (frame.stream() != known->second.stream || frame.seq() <= known->second.settled_seq)
    return apply_result::stale;
  if (!taken_.room_for(bytes->size()))
    return apply_result::too_many_frames;
  if (!taken_.add(known->first, {index, frame.seq(), std::move(bytes)}))
    return apply_result::stale;
  known->second.used = std::max(known->second.used, index); // restore() has a later one
  return apply_result::applied;
}

apply_result ledger::stream_opened(const wire::StreamOpened& op, std::uint64_t index) {
  auto known = cameras_.find(op.camera()->string_view());
  if (known == cameras_.end()) {
    if (cameras_.size() >= limits::cameras)
      return apply_result::too_many_cameras;
    known = cameras_.try_emplace(op.camera()->str()).first;
  }
  auto& camera = known->second;
  if (op.stream() <= camera.stream)
    return apply_result::stale;
  camera.stream = op.stream();
  camera.used = index;
  camera.settled_seq = 0;
  camera.apps.clear();
  taken_.settle(known->first, UINT64_MAX);
  return apply_result::applied;
}

// The outcome follows from what all nodes have; their clouds, and so their outboxes, may differ.
apply_result ledger::camera_forgotten(const wire::CameraForgotten& op) {
  const auto known = cameras_.find(op.camera()->string_view());
  if (known == cameras_.end() ||
      (taken_.of(known->first) != nullptr && !broken(mutant::g5_forgets_taken)))
    return apply_result::stale; // G5
  cameras_.erase(known);
  return apply_result::applied;
}

apply_result ledger::cloud_acked(const wire::CloudAcked& op) {
  const auto known = clouds_.find(op.cloud()->string_view());
  if (known == clouds_.end())
    return apply_result::stale;
  auto& cloud = known->second;
  const auto at = first_after(op.entry() - 1);
  if (op.entry() <= cloud.confirmed_to || cloud.confirmed.contains(op.entry()) ||
      at == outbox_.end() || at->index != op.entry())
    return apply_result::stale;
  settle(cloud, op.entry());
  trim();
  return apply_result::applied;
}

apply_result ledger::subscribed(const wire::Subscription& op) {
  const auto known = subscriptions_.find(op.app()->string_view());
  if (known == subscriptions_.end() && subscriptions_.size() >= limits::apps)
    return apply_result::stale; // the broker refuses such an application (TooManyApps)
  subscriptions_.insert_or_assign(op.app()->str(), read_subscription(op));
  return apply_result::applied;
}

std::deque<ledger::entry>::const_iterator ledger::first_after(std::uint64_t index) const {
  return std::ranges::upper_bound(outbox_, index, {}, &entry::index);
}

// At the limit, the oldest unconfirmed entry gives way.
void ledger::drop_oldest(const std::string& name, cloud_state& cloud) {
  while (cloud.waiting > cloud.limit) {
    ++cloud.dropped;
    settle(cloud, next_entry(name, 0)->index);
  }
}

// Takes one entry off a cloud's list, and moves its cursor over all that is confirmed without a
// gap.
void ledger::settle(cloud_state& cloud, std::uint64_t index) {
  --cloud.waiting;
  cloud.confirmed.insert(index);
  for (auto at = first_after(cloud.confirmed_to);
       at != outbox_.end() && !cloud.confirmed.empty() && *cloud.confirmed.begin() == at->index;
       ++at) {
    cloud.confirmed_to = at->index;
    cloud.confirmed.erase(cloud.confirmed.begin());
  }
}

// Removes the entries that every cloud has confirmed.
void ledger::trim() {
  auto lowest = next_index_;
  for (const auto& [name, cloud] : clouds_)
    lowest = std::min(lowest, cloud.confirmed_to);
  while (!outbox_.empty() && outbox_.front().index <= lowest)
    outbox_.pop_front();
}

// Removes the entries that every cloud has confirmed, behind ones that still wait. The cloud that
// is furthest behind has all of them in its set.
void ledger::release() {
  const auto last = std::ranges::min_element(
      clouds_, {}, [](const auto& item) { return item.second.confirmed_to; });
  if (last == clouds_.end() || last->second.confirmed.empty())
    return;
  const auto done = [](const cloud_state& cloud, std::uint64_t index) {
    return index <= cloud.confirmed_to || cloud.confirmed.contains(index);
  };
  for (const auto index : last->second.confirmed)
    if (std::ranges::all_of(clouds_, [&](const auto& item) { return done(item.second, index); }))
      released_.push_back(index);
  const auto gone = [this](std::uint64_t index) {
    return std::ranges::binary_search(released_, index);
  };
  std::erase_if(outbox_, [&](const entry& e) { return gone(e.index); });
  for (auto& [name, cloud] : clouds_)
    std::erase_if(cloud.confirmed, gone);
}

const camera_cursor* ledger::camera(std::string_view name) const {
  const auto known = cameras_.find(name);
  return known == cameras_.end() ? nullptr : &known->second;
}

bool ledger::holds_nothing_of(std::string_view name) const {
  const auto* c = camera(name);
  return c == nullptr || (c->result < oldest_entry() && taken_.of(name) == nullptr);
}

const std::string*
ledger::least_recently_used(const std::function<bool(std::string_view)>& spare) const {
  const std::string* found = nullptr;
  auto used = next_index_;
  for (const auto& [name, c] : cameras_)
    if (c.used < used && holds_nothing_of(name) && spare(name)) {
      found = &name;
      used = c.used;
    }
  return found;
}

const ledger::entry* ledger::next_entry(std::string_view cloud_name, std::uint64_t after) const {
  const auto known = clouds_.find(cloud_name);
  if (known == clouds_.end())
    return nullptr;
  const auto& cloud = known->second;
  for (auto at = first_after(std::max(after, cloud.confirmed_to)); at != outbox_.end(); ++at)
    if (!cloud.confirmed.contains(at->index))
      return &*at;
  return nullptr;
}

std::size_t ledger::waiting(std::string_view cloud) const {
  const auto known = clouds_.find(cloud);
  return known == clouds_.end() ? 0 : known->second.waiting;
}

std::uint64_t ledger::dropped(std::string_view cloud) const {
  const auto known = clouds_.find(cloud);
  return known == clouds_.end() ? 0 : known->second.dropped;
}

} // namespace monopod
