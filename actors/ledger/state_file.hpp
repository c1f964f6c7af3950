// The state that a member of a group must not forget, on its disk.
#pragma once

#include "replication/node_state.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace monopod {

/// DIRECTORY/node.state: two slots, written in turn and in place, each with its number, length and
/// checksum. A slot that was cut short leaves the other one, which is the newest for which save()
/// has returned: nothing relies on a slot that was not finished. That survives kill -9 and the loss
/// of power at any instruction, as far as the disk keeps its word about fdatasync. The process that
/// holds the file is the only one that answers under its identity (C5): its lock (flock) is held
/// for life and not inherited by programs that this one starts. One thread at a time. Blocks: not
/// for a loop that beats.
class state_file {
public:
  /// Takes over the file of `directory`; makes both if they are missing. A file that is new, or of
  /// which nothing can be read, is another voter in another directory: both ids are drawn anew (R3,
  /// R4). This start is counted, on disk, on return. Null if another process holds the file. Throws
  /// std::runtime_error with the remedy if it can't be used at all.
  static std::unique_ptr<state_file> try_open(const std::string& directory);
  /// Repeats try_open while another process holds the file, which the log says once (C5). `wait`
  /// passes some time before each further try; false from it gives up, and null is returned.
  static std::unique_ptr<state_file> open(const std::string& directory,
                                          const std::function<bool()>& wait);
  ~state_file();
  state_file(const state_file&) = delete;
  state_file& operator=(const state_file&) = delete;

  /// The state on disk.
  const node_state& state() const { return state_; }

  /// Durable on return. On failure the file still holds the state before, or this one; the same or
  /// a newer save can be made again; the error says why.
  tl::expected<void, std::string> save(register_state votes, view_ptr decided);

private:
  explicit state_file(int fd) : fd_(fd) {}

  void load(const std::string& path);
  tl::expected<void, std::string> write(const node_state& state);

  int fd_;
  std::uint64_t number_ = 0; // of the newest slot on disk; 0: none
  node_state state_;
};

} // namespace monopod
