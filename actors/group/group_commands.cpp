#include "actors/group/group_commands.hpp"

#include "actors/ledger/group_settings.hpp"
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>
#include <variant>

namespace monopod {

namespace {

group_commands::answer done(std::string text) { return {true, std::move(text)}; }
group_commands::answer refused(std::string text) { return {false, std::move(text)}; }

template <class Items>
std::string joined(const Items& items) {
  std::string all;
  for (const auto& i : items)
    all += (all.empty() ? "" : " ") + i.name;
  return all.empty() ? "none" : all;
}

std::optional<voter> listed(const view_ptr& view, const std::string& name) {
  const auto at = std::ranges::find(view->voters, name, &voter::name);
  return at == view->voters.end() ? std::nullopt : std::optional(*at);
}

constexpr std::array<std::string_view, 5> words{"handover", "promote", "add", "remove", "replace"};
static_assert(words.size() == static_cast<std::size_t>(group_verb::replace) + 1);

} // namespace

std::optional<group_verb> parse_group_verb(std::string_view word) {
  const auto at = std::ranges::find(words, word);
  if (at == words.end())
    return std::nullopt;
  return static_cast<group_verb>(at - words.begin());
}

std::string_view word_of(group_verb verb) { return words.at(static_cast<std::size_t>(verb)); }

std::string group_verb_words() { return fmt::format("{}", fmt::join(words, ", ")); }

void group_commands::start(group_verb verb, const std::string& name, tell reply,
                           std::uint64_t now_ns) {
  now_ns_ = now_ns;
  if (reply_) {
    reply(refused("another command is under way: wait for its answer"));
    return;
  }
  what_ = word_of(verb);
  if (!name.empty())
    what_ += " " + name;
  log_warn("replicator", "operator command received", {{"command", what_}});
  reply_ = std::move(reply);
  until_ns_ = now_ns_ + limits::group_command_ms * ns_per_ms;
  auto begun = begin(verb, name);
  task_ = std::move(begun.later);
  if (begun.at_once)
    finish(*begun.at_once);
}

void group_commands::look(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  if (!reply_)
    return;
  if (const auto a = task_.settled())
    finish(*a);
  else if (now_ns_ >= until_ns_)
    finish(refused(task_.late));
}

void group_commands::end() {
  if (reply_)
    finish(refused("the replicator ended meanwhile: see `monopod status` for what became of it"));
}

void group_commands::finish(const answer& a) {
  log_warn("replicator", "operator command answered",
           {{"command", what_}, {"done", a.done}, {"answer", a.text}});
  task_ = {};
  std::exchange(reply_, nullptr)(a);
}

void group_commands::heard(const member& from, const peer::message& said, std::uint64_t now_ns) {
  now_ns_ = now_ns;
  if (const auto* j = std::get_if<peer::join>(&said);
      j != nullptr && conf_.member.contains(from.name))
    voter_ids_[from.name] = j->voter_id;
  if (const auto* b = std::get_if<peer::beat>(&said); b != nullptr && b->epoch >= core_.epoch()) {
    primary_heard_ns_ = now_ns_;
    heard_primary_ = from.name;
  }
}

group_commands::beginning group_commands::begin(group_verb verb, const std::string& name) {
  if (core_.known() == nullptr)
    return {
        refused("this node does not know the group's view: a majority of its voters must be up"),
        {}};
  if (verb != group_verb::promote)
    if (auto no = not_primary())
      return {std::move(no), {}};
  switch (verb) {
  case group_verb::handover:
    return hand_over(name);
  case group_verb::promote:
    return promote();
  case group_verb::add:
    return add_voter(name);
  case group_verb::remove:
    return remove_voter(name);
  case group_verb::replace:
    return replace_voter(name);
  }
  MONOPOD_ENSURE(false, "a verb of a group is one of its words");
}

std::optional<group_commands::answer> group_commands::not_primary() const {
  if (core_.what() == replica::role::primary)
    return std::nullopt;
  return refused(fmt::format("{} is not primary: ask {}, which is, as far as {} knows", conf_.node,
                             core_.known()->primary.name, conf_.node));
}

std::string group_commands::voters() const { return joined(core_.known()->voters); }

// -- the primary

std::optional<group_commands::answer> group_commands::unfit(const std::string& heir) const {
  const auto configured = conf_.member.find(heir);
  if (!heir.empty() && configured == conf_.member.end())
    return refused(fmt::format("{} is not a member of the group", heir));
  if (heir == conf_.node)
    return refused(fmt::format("{} is primary already", heir));
  if (!heir.empty() && configured->second.role == member_role::witness)
    return refused(fmt::format("{} is a witness: it holds no ledger", heir));
  auto others = core_.known()->in_sync;
  std::erase(others, core_.self());
  if (heir.empty() ? others.empty()
                   : std::ranges::find(others, heir, &member::name) == others.end())
    return refused(
        fmt::format("{} is not in sync (others that are: {}): wait until `monopod status` "
                    "shows it as backup",
                    heir.empty() ? "any other member" : heir, joined(others)));
  if (!core_.accepting(now_ns_))
    return refused(fmt::format("{} is primary, but does not serve now: try again", conf_.node));
  return std::nullopt;
}

group_commands::beginning group_commands::hand_over(const std::string& to) {
  if (auto no = unfit(to))
    return {std::move(no), {}};
  const auto epoch = core_.epoch();
  step_(input::hand_over{to});
  return {std::nullopt,
          {[this, epoch]() -> std::optional<answer> {
             const auto& view = *core_.known();
             if (view.epoch > epoch && view.primary != core_.self())
               return done(
                   fmt::format("{} is primary now, in epoch {}", view.primary.name, view.epoch));
             if (core_.accepting(now_ns_))
               return refused(
                   fmt::format("the other one was not ready in time: {} serves on", conf_.node));
             return std::nullopt;
           },
           "it is not decided yet: see `monopod status`"}};
}

// A beat that a backup has heard keeps it from claiming, by force as well (L4).
std::optional<group_commands::answer> group_commands::other_primary() const {
  if (primary_heard_ns_ == 0 ||
      now_ns_ - primary_heard_ns_ >= times_of(conf_.group.profile).promise_ns)
    return std::nullopt;
  return refused(fmt::format("{} is primary and alive: ask it to hand over", heard_primary_));
}

// C3: ops that only the other members of the view held are given up.
group_commands::beginning group_commands::promote() {
  if (!core_.holds_ledger())
    return {refused(fmt::format("{} is a witness: it holds no ledger", conf_.node)), {}};
  if (core_.accepting(now_ns_))
    return {done(fmt::format("{} is primary and serves, in epoch {}", conf_.node, core_.epoch())),
            {}};
  if (auto no = other_primary())
    return {std::move(no), {}};
  again_ns_ = 0;
  return {std::nullopt,
          {[this]() -> std::optional<answer> {
             const auto& without = core_.started_without();
             if (core_.accepting(now_ns_))
               return done(fmt::format("{} serves, in epoch {}; {}", conf_.node, core_.epoch(),
                                       without.empty() ? "it was in sync, so nothing is lost"
                                                       : "what only these members held is lost: " +
                                                             joined(without)));
             if (auto no = other_primary())
               return no;
             if (now_ns_ >= again_ns_) {
               again_ns_ = now_ns_ + 4 * times_of(conf_.group.profile).beat_ns;
               step_(input::force_promotion{});
             }
             return std::nullopt;
           },
           fmt::format("{} does not serve: a majority of the voters ({}) must answer, which force "
                       "does not replace",
                       conf_.node, voters())}};
}

// -- the voters

std::optional<group_commands::answer> group_commands::unfit_voter(const std::string& name) const {
  const auto configured = conf_.member.find(name);
  if (configured == conf_.member.end())
    return refused(
        fmt::format("{} is not in this node's configuration: write [member.{}] into that "
                    "of every node first, and restart them one by one",
                    name, name));
  if (!configured->second.votes)
    return refused(fmt::format("member.{}.votes is false: it shall not vote", name));
  return std::nullopt;
}

// Others tell their ids when they ask to join; the primary asks nobody.
std::optional<std::uint64_t> group_commands::id_of(const std::string& name) const {
  if (name == conf_.node)
    return core_.voter_id();
  const auto told = voter_ids_.find(name);
  return told == voter_ids_.end() ? std::nullopt : std::optional(told->second);
}

group_commands::beginning group_commands::add_voter(const std::string& name) {
  if (auto no = unfit_voter(name))
    return {std::move(no), {}};
  if (listed(core_.known(), name))
    return {done(fmt::format("{} votes already; voters: {}", name, voters())), {}};
  const auto id = id_of(name);
  if (!id)
    return {refused(name + " has not asked to join: start it first"), {}};
  step_(input::change_voters{{name, *id}, true});
  return {std::nullopt,
          {[this, name]() -> std::optional<answer> {
             if (!listed(core_.known(), name))
               return std::nullopt;
             return done(fmt::format("{} votes now; voters: {}", name, voters()));
           },
           "it is not decided yet: see `monopod status`"}};
}

group_commands::beginning group_commands::remove_voter(const std::string& name) {
  const auto gone = listed(core_.known(), name);
  if (!gone && !conf_.member.contains(name)) // more likely a slip than a member that left long ago
    return {refused(fmt::format("{} is not a member of the group; voters: {}", name, voters())),
            {}};
  if (!gone)
    return {done(fmt::format("{} votes no more, so there is nothing left to do; voters: {}", name,
                             voters())),
            {}};
  if (core_.known()->voters.size() == 1)
    return {refused(fmt::format("{} is the only voter: add another one first", name)), {}};
  step_(input::change_voters{*gone, false});
  return {std::nullopt,
          {[this, name]() -> std::optional<answer> {
             if (listed(core_.known(), name))
               return std::nullopt;
             voter_ids_.erase(name); // added again once it asks again
             return done(fmt::format("{} votes no more; voters: {}", name, voters()));
           },
           "it is not decided yet: see `monopod status`"}};
}

// The voter that is gone leaves first, as it does when the primary replaces it by itself (R3).
group_commands::beginning group_commands::replace_voter(const std::string& name) {
  if (auto no = unfit_voter(name))
    return {std::move(no), {}};
  const auto old = listed(core_.known(), name);
  const auto fresh = voter_ids_.find(name);
  if (!old)
    return add_voter(name);
  if (fresh == voter_ids_.end() || fresh->second == old->id)
    return {
        refused(fmt::format("no new {} asks to vote: one with an empty group.directory takes the "
                            "old one's place by itself, a moment after it is started",
                            name)),
        {}};
  const voter by{name, fresh->second};
  step_(input::change_voters{*old, false});
  step_(input::change_voters{by, true});
  return {std::nullopt,
          {[this, by]() -> std::optional<answer> {
             if (!core_.known()->lists(by))
               return std::nullopt;
             return done(fmt::format("the new {} votes now; voters: {}", by.name, voters()));
           },
           "it is not decided yet: see `monopod status`"}};
}

} // namespace monopod
