#include "replication/camera_places.hpp"

#include "core/limits.hpp"

namespace monopod {

namespace {

void erase(std::set<std::string, std::less<>>& from, std::string_view name) {
  if (const auto at = from.find(name); at != from.end())
    from.erase(at);
}

} // namespace

void camera_places::reset() {
  open_.clear();
  coming_.clear();
  going_.clear();
}

void camera_places::close(std::string_view camera) { erase(open_, camera); }
void camera_places::came(std::string_view camera) { erase(coming_, camera); }
void camera_places::went(std::string_view camera) { erase(going_, camera); }

const camera_cursor* camera_places::find(std::string_view camera) const {
  return going_.contains(camera) ? nullptr : ledger_.camera(camera);
}

bool camera_places::room() const {
  return ledger_.cameras() + coming_.size() < limits::cameras + going_.size();
}

const std::string* camera_places::victim() const {
  return ledger_.least_recently_used(
      [this](std::string_view name) { return !open_.contains(name) && !going_.contains(name); });
}

} // namespace monopod
