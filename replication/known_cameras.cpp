#include "replication/known_cameras.hpp"

#include "core/limits.hpp"

namespace monopod {

namespace {

void erase(std::set<std::string, std::less<>>& from, std::string_view name) {
  if (const auto at = from.find(name); at != from.end())
    from.erase(at);
}

} // namespace

void known_cameras::reset() {
  open_.clear();
  being_opened_.clear();
  being_forgotten_.clear();
}

void known_cameras::close(std::string_view camera) { erase(open_, camera); }
void known_cameras::opened(std::string_view camera) { erase(being_opened_, camera); }
void known_cameras::forgotten(std::string_view camera) { erase(being_forgotten_, camera); }

const camera_cursor* known_cameras::find(std::string_view camera) const {
  return being_forgotten_.contains(camera) ? nullptr : ledger_.camera(camera);
}

bool known_cameras::room() const {
  return ledger_.cameras() + being_opened_.size() < limits::cameras + being_forgotten_.size();
}

const std::string* known_cameras::victim() const {
  return ledger_.least_recently_used([this](std::string_view name) {
    return !open_.contains(name) && !being_forgotten_.contains(name);
  });
}

} // namespace monopod
