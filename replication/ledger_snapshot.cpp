// The ledger's state as bytes, and back.
#include "core/limits.hpp"
#include "replication/ledger.hpp"
#include "replication/sense.hpp"
#include "schemas/codec.hpp"

#include <utility>

namespace monopod {

namespace {

bool ascending(const std::deque<ledger::entry>& entries, std::uint64_t last) {
  std::uint64_t before = 0;
  for (const auto& e : entries) {
    if (e.index <= before || e.index > last)
      return false;
    before = e.index;
  }
  return true;
}

const wire::OutboxState*
find(const flatbuffers::Vector<flatbuffers::Offset<wire::OutboxState>>& clouds,
     std::string_view name) {
  for (const auto* c : clouds)
    if (c->cloud()->string_view() == name)
      return c;
  return nullptr;
}

} // namespace

std::vector<std::uint8_t> ledger::snapshot() const {
  flatbuffers::FlatBufferBuilder b(4096);
  std::vector<flatbuffers::Offset<wire::CameraState>> cameras;
  for (const auto& [name, c] : cameras_) {
    std::vector<flatbuffers::Offset<wire::AppCursor>> apps;
    for (const auto& [app, seq] : c.apps)
      apps.push_back(wire::CreateAppCursorDirect(b, app.c_str(), seq));
    cameras.push_back(
        wire::CreateCameraStateDirect(b, name.c_str(), c.stream, c.settled_seq, &apps, c.used));
  }
  std::vector<flatbuffers::Offset<wire::OutboxState>> clouds;
  for (const auto& [name, c] : clouds_) {
    const std::vector<std::uint64_t> confirmed(c.confirmed.begin(), c.confirmed.end());
    clouds.push_back(
        wire::CreateOutboxStateDirect(b, name.c_str(), c.confirmed_to, &confirmed, c.dropped));
  }
  std::vector<flatbuffers::Offset<wire::Subscription>> subscriptions;
  for (const auto& [app, s] : subscriptions_)
    subscriptions.push_back(write_subscription(b, app, s));
  wire::FinishSnapshotBuffer(b, wire::CreateSnapshotDirect(b, next_index_ - 1, &cameras, &clouds,
                                                           &subscriptions, last_epoch_));
  return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

std::deque<ledger::entry> ledger::held() const {
  auto frames = taken_.all();
  std::deque<entry> all;
  auto next = frames.begin();
  for (const auto& e : outbox_) {
    for (; next != frames.end() && next->index < e.index; ++next)
      all.push_back({next->index, std::move(next->bytes)});
    all.push_back(e);
  }
  for (; next != frames.end(); ++next)
    all.push_back({next->index, std::move(next->bytes)});
  return all;
}

// The cameras' cursors must be restored before.
bool ledger::keep(std::deque<entry> held) {
  outbox_.clear();
  taken_ = {};
  for (auto& e : held) {
    const auto& op = *wire::GetOp(e.bytes->data());
    if (const auto* frame = op.body_as_FrameTaken()) {
      if (frame_taken(*frame, e.index, std::move(e.bytes)) != apply_result::applied)
        return false;
    } else if (const auto* finished = op.body_as_Finished();
               finished != nullptr && finished->inference() != nullptr) {
      if (const auto camera = cameras_.find(finished->camera()->string_view());
          camera != cameras_.end())
        camera->second.result = e.index;
      outbox_.push_back(std::move(e));
    } else {
      return false;
    }
  }
  return true;
}

bool ledger::restore(const wire::Snapshot& from, std::deque<entry> held) {
  if (!makes_sense(from) || !ascending(held, from.index()))
    return false;
  next_index_ = from.index() + 1;
  last_epoch_ = from.last_epoch();
  subscriptions_.clear();
  if (from.subscriptions() != nullptr)
    for (const auto* s : *from.subscriptions())
      subscriptions_[s->app()->str()] = read_subscription(*s);
  cameras_.clear();
  for (const auto* c : *from.cameras()) {
    auto& camera = cameras_[c->camera()->str()];
    camera = {c->stream(), c->settled_seq(), {}, c->used()};
    if (c->apps() != nullptr)
      for (const auto* a : *c->apps())
        camera.apps[a->app()->str()] = a->seq();
    if (camera.apps.size() > limits::apps_per_camera) // of a version that forgot none
      forget_apps(camera);
  }
  if (!keep(std::move(held)))
    return false;
  for (auto& item : clouds_) {
    const auto& name = item.first;
    auto& cloud = item.second;
    const auto limit = cloud.limit;
    cloud = {};
    cloud.limit = limit;
    cloud.confirmed_to = from.index();
    const auto* known = find(*from.clouds(), name);
    if (known == nullptr)
      continue;
    cloud.confirmed_to = known->confirmed_to(); // at most the index
    cloud.dropped = known->dropped();
    if (known->confirmed() != nullptr)
      cloud.confirmed.insert(known->confirmed()->begin(), known->confirmed()->end());
    // Only indices of entries that are still held count; the others were trimmed, which moved the
    // cursor.
    std::erase_if(cloud.confirmed, [&](std::uint64_t index) {
      const auto at = first_after(index - 1);
      return index <= cloud.confirmed_to || at == outbox_.end() || at->index != index;
    });
    cloud.waiting = static_cast<std::size_t>(outbox_.end() - first_after(cloud.confirmed_to)) -
                    cloud.confirmed.size();
    drop_oldest(name, cloud);
  }
  trim();
  return true;
}

const wire::Snapshot* decode_snapshot(std::span<const std::byte> bytes) {
  // No fewer than any ledger writes: a table, or a reference to one, takes four bytes.
  const auto tables = static_cast<flatbuffers::uoffset_t>(bytes.size() / sizeof(std::uint32_t));
  return decode<wire::Snapshot>(bytes, wire::SnapshotIdentifier(), tables);
}

} // namespace monopod
