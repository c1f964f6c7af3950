#include "tests/unit/replica_story.hpp"

#include "tests/unit/replica_group.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace monopod {

namespace {

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

std::string text(const ballot& b) {
  return b == ballot{} ? "none" : fmt::format("{}/{}", b.round, b.proposer);
}

std::string version(const view_ptr& v) {
  return v == nullptr ? "none" : fmt::format("view {}", v->version);
}

std::string text(const view_ptr& v) {
  std::vector<std::string> names;
  for (const auto& m : v->in_sync)
    names.push_back(m.name);
  return fmt::format("view {} (epoch {}, primary {}, in sync {})", v->version, v->epoch,
                     v->primary.name, fmt::join(names, " "));
}

std::string ops_of(const peer::append& m) {
  if (m.ops.empty())
    return fmt::format("nothing new before op {}", m.first);
  return m.ops.size() == 1 ? fmt::format("op {}", m.first)
                           : fmt::format("ops {} to {}", m.first, m.first + m.ops.size() - 1);
}

constexpr std::array kinds{"look",         "looked",  "prepare",    "promised", "accept",
                           "accepted",     "refused", "decided",    "beat",     "beat_answer",
                           "step_down",    "stale",   "join",       "leave",    "snapshot_piece",
                           "pieces_taken", "append",  "acknowledge"};

std::string kind_of(const peer::message& m) {
  static_assert(kinds.size() == std::variant_size_v<peer::message>);
  return kinds[m.index()];
}

std::string details_of(const peer::message& body) {
  return std::visit(
      overloaded{
          [](const auto&) { return std::string(); },
          [](const peer::looked& m) {
            return fmt::format("accepted {} at {}, decided {}, last op {}", version(m.value),
                               text(m.accepted), version(m.decided), m.last.index);
          },
          [](const peer::prepare& m) { return text(m.number); },
          [](const peer::promised& m) {
            return fmt::format("{}, accepted {} at {}", text(m.number), version(m.value),
                               text(m.accepted));
          },
          [](const peer::accept& m) { return text(m.number) + ", " + text(m.value); },
          [](const peer::accepted& m) { return text(m.number); },
          [](const peer::refused& m) {
            return fmt::format("{}, promised {}", text(m.number), text(m.promise));
          },
          [](const peer::decided& m) { return text(m.value); },
          [](const peer::beat& m) {
            return fmt::format("{} of epoch {}, committed {}", m.number, m.epoch, m.commit);
          },
          [](const peer::beat_answer& m) {
            return fmt::format("{} of epoch {}", m.number, m.epoch);
          },
          [](const peer::step_down& m) { return fmt::format("epoch {}", m.epoch); },
          [](const peer::stale& m) { return fmt::format("epoch {} is known", m.epoch); },
          [](const peer::snapshot_piece& m) {
            return fmt::format("{}{} of session {}", m.number, m.last ? " (the last)" : "",
                               m.session);
          },
          [](const peer::pieces_taken& m) {
            return fmt::format("{} of session {}", m.pieces, m.session);
          },
          [](const peer::append& m) {
            return fmt::format("{} in session {}, committed {}", ops_of(m), m.session, m.commit);
          },
          [](const peer::ack& m) {
            return fmt::format("up to op {} in session {}", m.index, m.session);
          },
      },
      body);
}

// The visible state of a replica, in words.
struct condition {
  explicit condition(const replica& r, std::uint64_t now_ns)
      : primary(r.what() == replica::role::primary), acts(r.may_act(now_ns)),
        accepts(r.accepting(now_ns)), epoch(r.epoch()), last(r.log().last()),
        commit(r.log().commit()), known(r.known()) {}

  bool primary;
  bool acts;
  bool accepts;
  std::uint64_t epoch;
  std::uint64_t last;
  std::uint64_t commit;
  view_ptr known;
};

std::vector<std::string> changes(const condition& before, const condition& after) {
  std::vector<std::string> said;
  if (after.known != before.known)
    said.push_back("knows " + text(after.known));
  if (before.primary && !after.primary)
    said.push_back(fmt::format("is primary no more, epoch {} is over", before.epoch));
  if (after.primary && !before.primary)
    said.push_back(fmt::format("becomes primary of epoch {}", after.epoch));
  if (after.last != before.last)
    said.push_back(fmt::format("holds op {}", after.last));
  if (after.commit != before.commit)
    said.push_back(fmt::format("commits op {}", after.commit));
  if (after.acts != before.acts && after.primary)
    said.emplace_back(after.acts ? "may act" : "may not act");
  if (after.accepts != before.accepts && after.primary)
    said.emplace_back(after.accepts ? "takes frames" : "takes no frames");
  return said;
}

class story {
public:
  std::string run(const std::string& script) {
    group_.on_step = [this](const std::string& name, const replica_outputs& out) {
      tell(name, out);
    };
    group_.lost = [this](const replica_group::letter& m) { return is_lost(m); };
    std::istringstream in(script);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("> ")) {
        text_ += line + "\n";
        obey(line.substr(2));
      } else if (line.empty() || line.starts_with("#")) {
        text_ += line + "\n";
      } else if (!line.starts_with("  ")) {
        throw std::runtime_error("not a command, a comment or an output: " + line);
      }
    }
    return text_;
  }

private:
  using words = std::vector<std::string>;

  void obey(const std::string& command) {
    std::istringstream in(command);
    words w{std::istream_iterator<std::string>(in), {}};
    const auto is = [&w](std::initializer_list<const char*> first) {
      return w.size() >= first.size() && std::equal(first.begin(), first.end(), w.begin());
    };
    if (is({"group"}))
      group({w.begin() + 1, w.end()});
    else if (is({"start"}))
      start({w.begin() + 1, w.end()});
    else if (is({"crash"}) && w.size() == 2)
      crash(w[1]);
    else if (is({"run", "until"}) && w.size() > 3)
      run_until(w[2], {w.begin() + 3, w.end()});
    else if (is({"run"}) && w.size() == 3)
      for (auto left = std::stoull(w[1]); left > 0; --left)
        pass_a_millisecond();
    else if (is({"append"}) && w.size() == 2)
      group_.append(w[1], "cam");
    else if (is({"hand", "over"}) && w.size() == 5)
      group_.step(w[2], input::hand_over{w[4]});
    else if (is({"lose"}) && (w.size() == 4 || w.size() == 6))
      rules_.push_back({w[1], w[3], w.size() == 6 ? w[5] : ""});
    else if (is({"heal"}))
      rules_.clear();
    else if (is({"hide"}))
      hidden_.insert(w.begin() + 1, w.end());
    else if (is({"show", "everything"}))
      hidden_.clear();
    else
      throw std::runtime_error("no such command: " + command);
  }

  void start(const words& names) {
    for (const auto& name : names) {
      group_.start(name, ++lives_[name]);
      before_.insert_or_assign(name, condition(group_.at(name), group_.now_ns));
    }
  }

  // The setting of the story.
  void group(const words& names) {
    const auto before = text_;
    start(names);
    run_until(names.front(), {"has", "all", "in", "sync"});
    for (int settling_ms = 20; settling_ms > 0; --settling_ms)
      pass_a_millisecond();
    text_ = before;
    began_ns_ = group_.now_ns;
  }

  void crash(const std::string& name) {
    group_.all.erase(name);
    std::erase_if(group_.network, [&](const auto& m) { return m.to == name; });
  }

  void run_until(const std::string& name, const words& what) {
    constexpr int longest_ms = 3000;
    for (int i = 0; !holds(name, what); ++i) {
      if (i == longest_ms)
        throw std::runtime_error(fmt::format("{} never: {}", name, fmt::join(what, " ")));
      pass_a_millisecond();
    }
  }

  bool holds(const std::string& name, const words& what) {
    const auto& r = group_.at(name);
    if (what == words{"acts"})
      return r.may_act(group_.now_ns);
    if (what == words{"accepts"})
      return r.accepting(group_.now_ns);
    if (what == words{"is", "a", "backup"})
      return r.what() == replica::role::backup;
    if (what == words{"has", "all", "in", "sync"})
      return r.known() != nullptr && r.known()->in_sync.size() == group_.all.size();
    if (what.size() == 2 && what[0] == "holds")
      return r.log().last() >= std::stoull(what[1]);
    if (what.size() == 2 && what[0] == "commits")
      return r.log().commit() >= std::stoull(what[1]);
    throw std::runtime_error(fmt::format("no such condition: {}", fmt::join(what, " ")));
  }

  void pass_a_millisecond() {
    group_.now_ns += replica_group::ms;
    for (auto left = group_.network.size(); left > 0; --left)
      group_.deliver_one();
    for (const auto& [name, r] : group_.all)
      if (group_.now_ns >= r->next_tick_ns())
        group_.step(name, input::tick{});
    for (const auto& item : group_.all) // what time alone has changed
      tell(item.first, {});
  }

  bool is_lost(const replica_group::letter& m) {
    for (const auto& r : rules_)
      if ((r.kind == "everything" || r.kind == kind_of(m.body)) && r.from == m.from &&
          (r.to.empty() || r.to == m.to)) {
        if (!hidden_.contains(kind_of(m.body)))
          line(fmt::format("{} -> {}", m.from, m.to), kind_of(m.body) + " is lost");
        return true;
      }
    return false;
  }

  void tell(const std::string& name, const replica_outputs& out) {
    const condition now(group_.at(name), group_.now_ns);
    auto& before = before_.at(name);
    for (const auto& change : changes(before, now))
      line(name, change);
    before = now;
    // The same to several is one line.
    const auto said = [](const peer::outgoing& m) {
      return fmt::format("{:<14} {}", kind_of(m.body), details_of(m.body));
    };
    for (std::size_t i = 0; i < out.messages.size();) {
      const auto what = said(out.messages[i]);
      words to;
      for (const auto kind = kind_of(out.messages[i].body);
           i < out.messages.size() && said(out.messages[i]) == what; ++i)
        if (!hidden_.contains(kind))
          to.push_back(out.messages[i].to);
      if (!to.empty())
        line(fmt::format("{} -> {}", name, fmt::join(to, " ")), what);
    }
  }

  void line(const std::string& who, const std::string& what) {
    auto one = fmt::format("  {:>4} ms  {:<10} {}", (group_.now_ns - began_ns_) / replica_group::ms,
                           who, what);
    one.erase(one.find_last_not_of(' ') + 1);
    text_ += one + "\n";
  }

  struct loss {
    std::string kind;
    std::string from;
    std::string to;
  };

  replica_group group_;
  std::uint64_t began_ns_ = group_.now_ns;
  std::map<std::string, std::uint64_t> lives_;
  std::map<std::string, condition> before_;
  std::vector<loss> rules_;
  std::set<std::string> hidden_;
  std::string text_;
};

} // namespace

std::string run_story(const std::string& script) { return story().run(script); }

} // namespace monopod
