// What an operator may ask of a member of the group.
#pragma once

#include "actors/ledger/node_replica.hpp"
#include "core/config/config.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace monopod {

/// The member that is named: handover, the next primary, or nobody in particular; promote, none;
/// the others, a voter.
enum class group_verb : std::uint8_t { handover, promote, add, remove, replace };

/// The verb that the word names, as in the path of POST /group/VERB; nothing if no verb is called
/// that.
std::optional<group_verb> parse_group_verb(std::string_view word);
std::string_view word_of(group_verb verb);
/// All words, for people: "handover, promote, ...".
std::string group_verb_words();

/// Carries out one command at a time, through inputs of the replica, and says how it ended: in the
/// end, after limits::group_command_ms, that it did not. Lives as long as the replicator; used on
/// its loop's thread.
class group_commands {
public:
  struct answer {
    bool done = false;
    std::string text; // one line, for people
  };
  using tell = std::function<void(const answer&)>;

  group_commands(const config& conf, node_replica& lent) : conf_(conf), replica_(lent) {}

  /// `name`: the member that `verb` is about. `reply` is called once, now or from a later look().
  void start(group_verb verb, const std::string& name, tell reply);
  /// Every few milliseconds while busy().
  void look();
  bool busy() const { return reply_ != nullptr; }
  /// The replicator ends: whoever waits is told, and lets go of it.
  void end();
  /// What a peer has said, before the replica takes it.
  void heard(const member& from, const peer::message& said);

private:
  // What is under way: ask again until it is settled, or time is up.
  struct task {
    std::function<std::optional<answer>()> settled;
    std::string late; // the answer where time is up
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
  std::string voters() const;
  void finish(const answer& a);

  const config& conf_;
  node_replica& replica_;
  std::string what_; // the command under way, for the log
  task task_;
  tell reply_; // empty: nothing is under way
  std::uint64_t until_ns_ = 0;
  std::uint64_t again_ns_ = 0;
  std::uint64_t primary_heard_ns_ = 0;
  std::string heard_primary_;
  std::map<std::string, std::uint64_t> voter_ids_; // as members told when they joined
};

} // namespace monopod
