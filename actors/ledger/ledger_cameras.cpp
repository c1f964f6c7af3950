// Cameras that are opened, closed and forgotten.
#include "actors/ledger/ledger_stage.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t reopening_ns = 5 * ns_per_s;

} // namespace

// The answer waits until the stream is committed: a cursor that is told must never fall back.
ledger_stage::promise<camera_position> ledger_stage::open(const std::string& camera,
                                                          std::uint64_t stream) {
  auto answer = make_response_promise<camera_position>();
  if (replica_.serving() == 0) {
    answer.deliver(caf::make_error(caf::sec::request_receiver_down));
    return answer;
  }
  cameras_.open(camera);
  const auto* known = cameras_.find(camera);
  // The camera was promised that the frames of its earlier stream are finished: the new one waits
  // for them. An op that forgets the camera may be on its way, which a stage before this one made.
  const bool caught_up = ledger_.next_index() >= began_index_;
  if (known != nullptr &&
      (ledger_.taken().of(camera) != nullptr || (stream <= known->stream && caught_up))) {
    answer.deliver(position(camera, *known));
    return answer;
  }
  if (known == nullptr && !make_room()) {
    cameras_.close(camera);
    answer.deliver(caf::make_error(caf::sec::runtime_error, "no place"));
    return answer;
  }
  if (known == nullptr)
    cameras_.opening_sent(camera);
  opening_.push_back(
      {replica_.next_index(), answer}); // answered by end_waiting() if the op is not made
  builder_.Clear();
  append(wire::CreateStreamOpenedDirect(builder_, camera.c_str(), stream), true);
  return answer;
}

// For a camera that is not known.
bool ledger_stage::make_room() {
  if (cameras_.room())
    return true;
  const auto* victim = host().turn_ns() < victims_from_ns_ ? nullptr : cameras_.victim();
  if (victim == nullptr)
    return false;
  log_limited(log_level::info, name(), "camera forgotten: another one needs its place",
              {{"camera", *victim}});
  const std::string camera = *victim;
  cameras_.forgetting_sent(camera);
  builder_.Clear();
  append(wire::CreateCameraForgottenDirect(builder_, camera.c_str()), false);
  return true;
}

ledger_stage::promise<bool, std::string> ledger_stage::forget(const std::string& camera) {
  auto answer = make_response_promise<bool, std::string>();
  if (replica_.serving() == 0) {
    answer.deliver(false, std::string(not_primary_text));
  } else if (cameras_.find(camera) == nullptr) {
    answer.deliver(true, "this node does not know a camera " + camera + ": nothing to do");
  } else if (const auto reason = reason_to_keep(camera); !reason.empty()) {
    answer.deliver(false, reason);
  } else {
    forgetting_.push_back({replica_.next_index(), answer});
    cameras_.forgetting_sent(camera);
    builder_.Clear();
    append(wire::CreateCameraForgottenDirect(builder_, camera.c_str()), true);
  }
  return answer;
}

std::string ledger_stage::reason_to_keep(const std::string& camera) const {
  if (cameras_.is_open(camera))
    return camera +
           " is connected, or has frames in flight: stop it, and wait until they are settled";
  if (ledger_.taken().of(camera) != nullptr)
    return "frames of " + camera +
           " are not finished yet: start the application that owes them, or forget it";
  if (!ledger_.holds_nothing_of(camera))
    return "results of " + camera + " may wait for a cloud: `monopod status` shows its outbox";
  return "";
}

void ledger_stage::on_stream_opened(std::uint64_t index, const std::string& camera) {
  cameras_.opened(camera);
  metrics_.ledger_cameras.Set(static_cast<double>(ledger_.cameras()));
  if (opening_.empty() || opening_.front().index != index)
    return; // a ledger stage before this one was asked
  auto answer = std::move(opening_.front().answer);
  opening_.pop_front();
  if (const auto* known = ledger_.camera(camera)) {
    answer.deliver(position(camera, *known));
  } else {
    cameras_.close(camera);
    answer.deliver(caf::make_error(caf::sec::runtime_error, "no place"));
  }
}

void ledger_stage::on_camera_forgotten(std::uint64_t index, const std::string& camera,
                                       apply_result result) {
  cameras_.forgotten(camera);
  metrics_.ledger_cameras.Set(static_cast<double>(ledger_.cameras()));
  const auto waits = std::ranges::find(forgetting_, index, &waiting<bool, std::string>::index);
  if (waits == forgetting_.end())
    return;
  const bool gone = result == apply_result::applied;
  if (gone)
    log_info(name(), "camera forgotten, as asked", {{"camera", camera}});
  waits->answer.deliver(gone, camera + (gone ? " is forgotten"
                                             : " has sent frames, or was forgotten, meanwhile: try "
                                               "again"));
  forgetting_.erase(waits);
}

// Ops that are on their way may never be made. Whoever waits for one asks again.
void ledger_stage::end_waiting() {
  for (auto& o : std::exchange(opening_, {}))
    o.answer.deliver(caf::make_error(caf::sec::request_receiver_down));
  for (auto& s : std::exchange(subscribing_, {}))
    s.answer.deliver(false);
  for (auto& f : std::exchange(forgetting_, {}))
    f.answer.deliver(false, std::string("another node serves now: ask it, see `monopod status`"));
  cameras_.reset();
  begin();
  metrics_.ledger_cameras.Set(static_cast<double>(ledger_.cameras()));
}

camera_position ledger_stage::position(const std::string& camera,
                                       const camera_cursor& cursor) const {
  camera_position found{cursor, {}};
  if (const auto* frames = ledger_.taken().of(camera))
    for (const auto& f : *frames)
      found.frames.push_back(f.bytes);
  return found;
}

// Cameras that are connected are opened again within a second or two.
void ledger_stage::begin() {
  began_index_ = replica_.next_index();
  if (ledger_.cameras() > 0)
    victims_from_ns_ = host().turn_ns() + reopening_ns;
}

unfinished_cameras ledger_stage::unfinished() {
  cameras_.close_all();
  begin();
  unfinished_cameras list;
  for (const auto& item : ledger_.taken().cameras())
    list.emplace_back(item.first, ledger_.camera(item.first)->stream);
  return list;
}

} // namespace monopod
