// The commands that an operator may give to a member of the group.
#pragma once

#include "core/config/config.hpp"
#include "replication/replica.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace monopod {

/// A command names a member: handover, the next primary, or none in particular; promote, none; the
/// others, a voter.
enum class group_verb : std::uint8_t { handover, promote, add, remove, replace };

/// The verb that the word names, as in the path of POST /group/VERB; nothing if there is no such
/// verb.
std::optional<group_verb> parse_group_verb(std::string_view word);
std::string_view word_of(group_verb verb);
/// All words, for people: "handover, promote, ...".
std::string group_verb_words();

/// Carries out one command at a time, through inputs of the replica, and says how it ended; after
/// limits::group_command_ms, that it has not. Lives as long as the replicator; used on its loop's
/// thread. The time, in nanoseconds since boot, is a parameter.
class group_commands {
public:
  struct answer {
    bool done = false;
    std::string text; // one line, for people
  };
  using tell = std::function<void(const answer&)>;

  /// `step` takes inputs, which change `core`; both outlive this.
  group_commands(const config& conf, const replica& core,
                 std::function<void(const replica_input&)> step)
      : conf_(conf), core_(core), step_(std::move(step)) {}

  /// `name`: the member that `verb` is about. `reply` is called once, now or from a later look().
  void start(group_verb verb, const std::string& name, tell reply, std::uint64_t now_ns);
  /// Call it every few milliseconds while busy().
  void look(std::uint64_t now_ns);
  bool busy() const { return reply_ != nullptr; }
  /// The replicator ends: a caller that waits is told, and lets go of it.
  void end();
  /// A peer has sent this message; called before the replica takes it.
  void heard(const member& from, const peer::message& said, std::uint64_t now_ns);

private:
  // The command under way: asked again until it is settled, or time is up.
  struct task {
    std::function<std::optional<answer>()> settled;
    std::string late; // the answer if time is up
  };
  struct beginning {
    std::optional<answer> at_once;
    task later;
  };

  beginning begin(group_verb verb, const std::string& name);
  beginning hand_over(const std::string& to);
  beginning promote();
  beginning add_voter(const std::string& name);
  beginning remove_voter(const std::string& name);
  beginning replace_voter(const std::string& name);
  std::optional<answer> not_primary() const;
  std::optional<answer> other_primary() const;
  std::optional<answer> unfit(const std::string& heir) const;
  std::optional<answer> unfit_voter(const std::string& name) const;
  std::optional<std::uint64_t> id_of(const std::string& name) const;
  std::string voters() const;
  void finish(const answer& a);

  const config& conf_;
  const replica& core_;
  std::function<void(const replica_input&)> step_;
  std::uint64_t now_ns_ = 0; // of the call that is running
  std::string what_;         // the command under way, for the log
  task task_;
  tell reply_; // empty: nothing is under way
  std::uint64_t until_ns_ = 0;
  std::uint64_t again_ns_ = 0;
  std::uint64_t primary_heard_ns_ = 0;
  std::string heard_primary_;
  std::map<std::string, std::uint64_t> voter_ids_; // as members told when they joined
};

} // namespace monopod
