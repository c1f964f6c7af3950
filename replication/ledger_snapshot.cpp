// The ledger's state as bytes, and back.
#include "core/limits.hpp"
#include "replication/ledger.hpp"
#include "schemas/codec.hpp"

#include <utility>

namespace monopod {

namespace {

template <class Entries>
bool ascending(const Entries& entries, std::uint64_t last) {
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
        wire::CreateCameraStateDirect(b, name.c_str(), c.stream, c.settled_seq, &apps));
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

bool ledger::restore(const wire::Snapshot& from, std::deque<entry> entries,
                     const std::vector<entry>& frames) {
  if (from.cameras() == nullptr || from.clouds() == nullptr ||
      from.cameras()->size() > limits::cameras ||
      (from.subscriptions() != nullptr && from.subscriptions()->size() > limits::apps) ||
      !ascending(entries, from.index()) || !ascending(frames, from.index()))
    return false;
  next_index_ = from.index() + 1;
  last_epoch_ = from.last_epoch();
  outbox_ = std::move(entries);
  subscriptions_.clear();
  if (from.subscriptions() != nullptr)
    for (const auto* s : *from.subscriptions())
      subscriptions_[s->app()->str()] = read_subscription(*s);
  cameras_.clear();
  for (const auto* c : *from.cameras()) {
    auto& camera = cameras_[c->camera()->str()];
    camera = {c->stream(), c->settled_seq(), {}};
    if (c->apps() != nullptr)
      for (const auto* a : *c->apps())
        camera.apps[a->app()->str()] = a->seq();
  }
  taken_ = {};
  for (const auto& f : frames) {
    const auto* op = wire::GetOp(f.bytes->data())->body_as_FrameTaken();
    if (op == nullptr || frame_taken(*op, f.index, f.bytes) != apply_result::applied)
      return false;
  }
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
    cloud.confirmed_to = known->confirmed_to();
    cloud.dropped = known->dropped();
    if (known->confirmed() != nullptr)
      cloud.confirmed.insert(known->confirmed()->begin(), known->confirmed()->end());
    // Only what is still an entry counts; the rest has been trimmed, which moves the cursor.
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
  constexpr auto tables = 1 + limits::cameras * (1 + limits::apps) + limits::clouds + limits::apps;
  return decode<wire::Snapshot>(bytes, wire::SnapshotIdentifier(), tables);
}

} // namespace monopod
