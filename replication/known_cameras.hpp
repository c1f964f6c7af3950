// Which cameras the ledger may forget when it is full.
#pragma once

#include "replication/ledger.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace monopod {

/// The ledger remembers limits::cameras names. A further one takes the place of the least recently
/// used one that is not open and of which nothing is held (ledger::holds_nothing_of). The ops that
/// are on their way count, although the ledger does not have them yet. Pure. It must not outlive
/// the ledger.
class known_cameras {
public:
  explicit known_cameras(const ledger& committed) : ledger_(committed) {}

  /// Nothing is open, and no op is on its way.
  void reset();
  /// No camera is open any more.
  void close_all() { open_.clear(); }

  /// The camera is open from now on, until close().
  void open(const std::string& camera) { open_.insert(camera); }
  void close(std::string_view camera);
  bool is_open(std::string_view camera) const { return open_.contains(camera); }

  /// Where the camera stands; null if it is not known, or if the op that forgets it is on its way.
  const camera_cursor* find(std::string_view camera) const;

  /// Whether there is a place for a camera that is not known. If not, victim() has to go first.
  bool room() const;
  /// Null if every name is needed. Valid until the ledger's next op.
  const std::string* victim() const;

  // Ops that are made, and those that the ledger has then applied.
  void opening_sent(const std::string& camera) { being_opened_.insert(camera); }
  void forgetting_sent(const std::string& camera) { being_forgotten_.insert(camera); }
  void opened(std::string_view camera);
  void forgotten(std::string_view camera);

private:
  using names = std::set<std::string, std::less<>>;

  const ledger& ledger_;
  names open_;
  names being_opened_;    // not known, and their StreamOpened is on its way
  names being_forgotten_; // their CameraForgotten is on its way
};

} // namespace monopod
