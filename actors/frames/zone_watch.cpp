#include "actors/frames/zone_watch.hpp"

#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"

#include <algorithm>

namespace monopod {

namespace {

std::shared_ptr<const camera_zones> parse(const camera_config& c) {
  auto zones = std::make_shared<camera_zones>();
  for (const auto& text : c.ignore)
    if (auto area = parse_polygon(text)) // it was checked when it was read
      zones->ignored.push_back(std::move(*area));
  for (const auto& text : c.zones)
    if (auto zone = parse_named_polygon(text))
      zones->zones.push_back(std::move(*zone));
  return zones;
}

// The zones that hold the foot of the detection; none without a box.
std::uint32_t zones_at(const camera_zones& zones, const wire::Detection& d) {
  const auto* box = d.box();
  if (box == nullptr)
    return 0;
  const picture_point foot{box->x() + box->width() / 2.0, double{box->y()} + box->height()};
  if (std::ranges::any_of(zones.ignored, [&](const auto& p) { return contains(p, foot); }))
    return zone_judgement::ignored;
  std::uint32_t inside = 0;
  for (std::size_t i = 0; i < zones.zones.size(); ++i)
    if (contains(zones.zones[i].area, foot))
      inside |= 1U << i;
  return inside;
}

bool has_room(const zone_judgement& j) { return j.events.size() < limits::events_per_result; }

// Tells the changes, as many as there is room for; the others are told with the next result, since
// only what is told is noted.
void tell(std::uint32_t& told, std::uint32_t now, std::uint64_t track_id, const std::string& label,
          zone_judgement& j) {
  for (std::size_t i = 0; i < limits::zones_per_camera; ++i) {
    const auto bit = 1U << i;
    if (((told ^ now) & bit) == 0 || !has_room(j))
      continue;
    const auto kind = (now & bit) != 0 ? wire::EventKind::Enter : wire::EventKind::Leave;
    j.events.push_back({kind, i, track_id, label});
    told ^= bit;
  }
}

} // namespace

void zone_watch::configure(const std::map<std::string, camera_config>& cameras) {
  for (const auto& [name, c] : cameras) {
    const auto before = configured_.find(name);
    if (before == configured_.end() || before->second != c)
      cameras_[name] = parse(c);
  }
  std::erase_if(cameras_, [&](const auto& c) { return !cameras.contains(c.first); });
  std::erase_if(views_, [this](const auto& v) {
    const auto now = cameras_.find(v.first.first);
    return now == cameras_.end() || now->second != v.second.zones;
  });
  configured_ = cameras;
}

zone_judgement zone_watch::judge(const origin& from, const wire::Inference& found) {
  zone_judgement j;
  const auto camera = cameras_.find(from.camera);
  if (camera == cameras_.end() || found.detections() == nullptr)
    return j;
  j.of = camera->second;
  const auto& list = *found.detections();
  view* v = nullptr;
  if (const auto known = views_.find({std::string(from.camera), std::string(from.app)});
      known != views_.end())
    v = &find_view(from, j.of, j);
  for (const auto* d : list) {
    const auto inside = zones_at(*j.of, *d);
    j.detections.push_back(inside);
    if (d->track_id() == 0 || inside == zone_judgement::ignored || j.of->zones.empty())
      continue;
    if (v == nullptr) // an application without tracks has no events
      v = &find_view(from, j.of, j);
    follow(*v, *d, inside, from.captured_at_ns, j);
  }
  if (v != nullptr)
    forget_unseen(*v, from.captured_at_ns, j);
  return j;
}

// The view of this stream, and the event that it begins.
zone_watch::view& zone_watch::find_view(const origin& from,
                                        const std::shared_ptr<const camera_zones>& zones,
                                        zone_judgement& j) {
  const std::pair key{std::string(from.camera), std::string(from.app)};
  auto known = views_.find(key);
  if (known != views_.end() && known->second.stream == from.stream &&
      known->second.session == from.session) {
    known->second.used = ++uses_;
    return known->second;
  }
  if (known == views_.end() && views_.size() >= limits::zone_views)
    views_.erase(std::ranges::min_element(views_, {}, [](const auto& v) { return v.second.used; }));
  j.events.push_back({wire::EventKind::Reset, 0, 0, {}});
  auto& v = views_[key];
  v = {zones, from.stream, from.session, ++uses_, {}};
  return v;
}

void zone_watch::follow(view& v, const wire::Detection& d, std::uint32_t inside,
                        std::uint64_t captured_at_ns, zone_judgement& j) {
  auto known = v.tracks.find(d.track_id());
  if (known == v.tracks.end()) {
    if (inside == 0 || v.tracks.size() >= limits::zone_tracks)
      return; // it is noted when it is in a zone and there is room
    known = v.tracks.try_emplace(d.track_id()).first;
  }
  auto& t = known->second;
  t.seen_ns = captured_at_ns;
  t.label = d.label()->str();
  tell(t.inside, inside, known->first, t.label, j);
  if (t.inside == 0 && inside == 0)
    v.tracks.erase(known);
}

void zone_watch::forget_unseen(view& v, std::uint64_t captured_at_ns, zone_judgement& j) {
  for (auto it = v.tracks.begin(); it != v.tracks.end();) {
    auto& [id, t] = *it;
    if (t.seen_ns + limits::zone_unseen_ms * ns_per_ms < captured_at_ns)
      tell(t.inside, 0, id, t.label, j);
    it = t.inside == 0 ? v.tracks.erase(it) : std::next(it);
  }
}

flatbuffers::Offset<wire::Inference> write_judged(flatbuffers::FlatBufferBuilder& b,
                                                  const wire::Inference& found,
                                                  const zone_judgement& j) {
  return copy_inference(b, found, [&j](auto i, std::vector<std::string_view>& zones) {
    if (j.detections.empty())
      return true;
    const auto inside = j.detections[i];
    if (inside == zone_judgement::ignored)
      return false;
    for (std::size_t z = 0; z < j.of->zones.size(); ++z)
      if ((inside & (1U << z)) != 0)
        zones.push_back(j.of->zones[z].name);
    return true;
  });
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Event>>>
write_events(flatbuffers::FlatBufferBuilder& b, const zone_judgement& j) {
  if (j.events.empty())
    return 0;
  std::vector<flatbuffers::Offset<wire::Event>> all;
  for (const auto& e : j.events) {
    const bool reset = e.kind == wire::EventKind::Reset;
    const auto zone = reset ? 0 : b.CreateSharedString(j.of->zones[e.zone].name);
    const auto label = reset ? 0 : b.CreateSharedString(e.label);
    all.push_back(wire::CreateEvent(b, e.kind, zone, e.track_id, label));
  }
  return b.CreateVector(all);
}

} // namespace monopod
