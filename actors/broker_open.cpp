// Opening cameras: the keeper knows where they stand; and doing so again when it was restarted.
#include "actors/broker.hpp"
#include "core/names.hpp"

#include <algorithm>

namespace monopod {

void broker::on_open(peer_id gateway, const wire::Open& open) {
  if (!valid_name(open.camera()->string_view())) {
    counts_.malformed_messages.Increment();
    return;
  }
  const auto camera = open.camera()->str();
  const auto asked = opening_.find(camera);
  const bool again = asked != opening_.end() && asked->second.stream == open.stream();
  opening_[camera] = {gateway, open.stream()};
  if (!again) // a camera repeats its Hello while the ledger's disk is slow
    ask_keeper(camera, open.stream());
}

// What was on its way to the keeper that died is lost, and so is what was to come back: each camera
// stands where the ledger says, and sends again from there.
void broker::on_keeper(const keeper_actor& keeper) {
  keeper_ = keeper;
  for (const auto& [camera, r] : routes_)
    if (const auto* c = delivery_.find_camera(camera); c != nullptr)
      opening_.try_emplace(camera, opening{r.gateway, c->stream});
  for (const auto& [camera, o] : opening_) {
    delivery_.close(camera);
    ask_keeper(camera, o.stream);
  }
}

void broker::ask_keeper(const std::string& camera, std::uint64_t stream) {
  request(keeper_, caf::infinite, open_atom::value, camera, stream)
      .then([this, camera](const camera_cursor& cursor) { on_opened(camera, cursor); },
            [this, camera](const caf::error& why) {
              if (why == caf::sec::request_receiver_down)
                return; // its successor is asked
              opening_.erase(camera);
              log_limited(log_level::warn, name(),
                          "camera not opened: the ledger's limit of cameras is reached",
                          {{"camera", camera}});
            });
}

void broker::on_opened(const std::string& camera, const camera_cursor& cursor) {
  const auto asked = opening_.find(camera);
  if (asked == opening_.end())
    return; // answered already
  delivery_.open(camera, cursor);
  auto& r = routes_[camera];
  r.gateway = asked->second.gateway;
  r.committed_seq = cursor.settled_seq;
  opening_.erase(asked);
  owe_cursor(camera, true);
}

} // namespace monopod
