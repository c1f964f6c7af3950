// Zones in the pictures of cameras: which detections count, where they are, and which tracks enter
// and leave.
#pragma once

#include "core/config/config.hpp"
#include "core/config/polygon.hpp"
#include "schemas/detection_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace monopod {

/// The areas of one camera. Immutable.
struct camera_zones {
  std::vector<polygon> ignored;
  std::vector<named_polygon> zones; // at most limits::zones_per_camera
};

/// The outcome of comparing one result with the zones of its camera.
struct zone_judgement {
  // The zones of each detection, a bit for each; `ignored` instead if it does not count. Empty if
  // the camera has no zones.
  static constexpr std::uint32_t ignored = 1U << 31U;
  std::vector<std::uint32_t> detections;

  struct event {
    wire::EventKind kind = wire::EventKind::Enter;
    std::size_t zone = 0;       // not for Reset
    std::uint64_t track_id = 0; // not for Reset
    std::string label;
  };
  std::vector<event> events; // at most limits::events_per_result

  std::shared_ptr<const camera_zones> of;
};

/// Follows the tracks of each camera and application through its zones. A detection is where its
/// foot is: the middle of its box's lower edge. What was known is lost with this object, with the
/// application's process, which numbers tracks anew, and with the camera's stream; that is an event
/// of its own (Reset), after which every track that is in a zone enters it. Pure.
class zone_watch {
public:
  /// The zones from now on. Cameras whose zones change start anew.
  void configure(const std::map<std::string, camera_config>& cameras);

  /// The source of a result.
  struct origin {
    std::string_view camera;
    std::string_view app;
    std::uint64_t stream = 0;
    std::uint64_t session = 0;        // of the application's process
    std::uint64_t captured_at_ns = 0; // the camera's stamp
  };

  /// The results of one camera and application, in the order of their frames.
  zone_judgement judge(const origin& from, const wire::Inference& found);

  /// Forgets all tracks: another node may have followed them since.
  void clear() { views_.clear(); }

private:
  struct track {
    std::uint32_t inside = 0; // zones whose entering has been told
    std::uint64_t seen_ns = 0;
    std::string label;
  };
  // One application's tracks at one camera.
  struct view {
    std::shared_ptr<const camera_zones> zones;
    std::uint64_t stream = 0;
    std::uint64_t session = 0;
    std::uint64_t used = 0;
    std::map<std::uint64_t, track> tracks; // at most limits::zone_tracks
  };

  view& find_view(const origin& from, const std::shared_ptr<const camera_zones>& zones,
                  zone_judgement& j);
  static void follow(view& v, const wire::Detection& d, std::uint32_t inside,
                     std::uint64_t captured_at_ns, zone_judgement& j);
  static void forget_unseen(view& v, std::uint64_t captured_at_ns, zone_judgement& j);

  std::map<std::string, camera_config> configured_;
  std::map<std::string, std::shared_ptr<const camera_zones>, std::less<>> cameras_;
  // By camera and application; at most limits::zone_views, beyond which the least recently used one
  // is forgotten.
  std::map<std::pair<std::string, std::string>, view> views_;
  std::uint64_t uses_ = 0;
};

/// Copies detections into a buffer under construction, without those that are ignored, and with
/// their zones.
flatbuffers::Offset<wire::Inference> write_judged(flatbuffers::FlatBufferBuilder& b,
                                                  const wire::Inference& found,
                                                  const zone_judgement& j);

/// Its events; a null offset if there are none.
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Event>>>
write_events(flatbuffers::FlatBufferBuilder& b, const zone_judgement& j);

} // namespace monopod
