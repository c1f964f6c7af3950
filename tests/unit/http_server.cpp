// Commands by HTTP: a real server on loopback, with stages that the test plays. Memory is what runs
// short in the middle of a request: it is all that makes the server's own code throw.
#include "actors/platform/http_server.hpp"

#include "actors/group/group_commands.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "tools/harness/servers.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

// Nobody gets more than that at once, in any thread. Far beyond what a request needs by itself.
std::atomic<std::size_t> most_bytes{SIZE_MAX};
constexpr std::size_t plenty_bytes = 64 * 1024;

void* allocate(std::size_t bytes) noexcept {
  return bytes > most_bytes ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}

} // namespace

// Not inline: GCC would take malloc() and free() there for a mismatch with new and delete.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (void* p = allocate(bytes))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

namespace monopod {

namespace {

using harness::http;

struct memory_shortage {
  memory_shortage() { most_bytes = plenty_bytes + 1; }
  ~memory_shortage() { most_bytes = SIZE_MAX; }
};

const std::string long_text(plenty_bytes,
                            'x'); // and a zero: with one character more it is too long

struct served {
  served() { log_init(log_level::off, log_format::text); }
  ~served() {
    roster_of_stages.for_each(
        [](const roster::entry& e) { caf::anon_send_exit(e.stage, caf::exit_reason::kill); });
  }

  config conf = [] {
    config c;
    c.http.listen = "127.0.0.1:0";
    return c;
  }();
  monopod::metrics metrics;
  caf::actor_system_config system_conf;
  caf::actor_system system{system_conf};
  roster roster_of_stages;
  http_server server{system, conf, metrics, roster_of_stages, {}, true};

  http_answer post(const std::string& path) { return harness::http(server.port(), path, "POST"); }
  bool alive() { return harness::http(server.port(), "/livez").body == "ok\n"; }
};

struct question {
  group_verb verb;
  std::string member;
};

// Answers any question of an operator, and remembers it: it asks one at a time.
replicator_actor::behavior_type answering(const std::string& text,
                                          std::vector<question>* asked = nullptr) {
  return {
      [](status_atom) { return std::make_shared<const wire::StatusT>(); },
      [](ready_atom) { return true; },
      [](drain_atom) {},
      [](busy_atom) { return false; },
      [](attach_atom) {},
      [](fail_atom) {},
      [](serve_atom, std::uint64_t) {},
      [text, asked](group_atom, group_verb verb,
                    const std::string& member) -> caf::result<bool, std::string> {
        if (asked != nullptr)
          asked->push_back({verb, member});
        return {true, text};
      },
  };
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_command_that_throws_is_answered_and_the_process_lives, served) {
  const auto stage = system.spawn([] { return answering(long_text); });
  roster_of_stages.add("replicator", stage);
  BOOST_TEST(post("/group/promote").status == 200);
  const memory_shortage shortage;
  const auto answer = post("/group/promote"); // a line's end does not fit any more
  BOOST_TEST(answer.status == 500);
  BOOST_TEST(answer.body == "internal error, see the log\n");
  BOOST_TEST(alive());
}

BOOST_FIXTURE_TEST_CASE(a_stage_to_kill_that_throws_is_answered_and_the_process_lives, served) {
  const auto stage = system.spawn([] { return answering(""); });
  roster_of_stages.add(long_text, stage);
  BOOST_TEST(post("/debug/kill-stage?name=nobody").status == 404);
  const memory_shortage shortage;
  BOOST_TEST(post("/debug/kill-stage?name=nobody").status == 500); // the list of those known
  BOOST_TEST(alive());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_verb_changes_nothing_and_the_known_ones_are_told, served) {
  std::vector<question> asked;
  const auto stage = system.spawn([&asked] { return answering("done", &asked); });
  roster_of_stages.add("replicator", stage);
  for (const std::string verb : {"", "replaced", "Add", "handover/"}) {
    const auto answer = post("/group/" + verb + "?member=b");
    BOOST_TEST(answer.status == 404, verb);
    BOOST_TEST(
        answer.body ==
            "no such command to a group: use one of handover, promote, add, remove, replace\n",
        verb);
  }
  BOOST_TEST(asked.empty());
}

BOOST_FIXTURE_TEST_CASE(each_verb_reaches_the_replicator_with_its_member, served) {
  std::vector<question> asked;
  const auto stage = system.spawn([&asked] { return answering("done", &asked); });
  roster_of_stages.add("replicator", stage);
  const std::vector verbs{group_verb::handover, group_verb::promote, group_verb::add,
                          group_verb::remove, group_verb::replace};
  for (const auto verb : verbs) {
    asked.clear();
    const auto answer = post("/group/" + std::string(word_of(verb)) + "?member=b");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == "done\n");
    BOOST_REQUIRE(asked.size() == 1u);
    BOOST_TEST((asked.front().verb == verb));
    BOOST_TEST(asked.front().member == "b");
  }
  const auto answer = post("/group/add?member=" + std::string(limits::name_bytes + 16, 'x'));
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(asked.size() == 1u);
}

} // namespace monopod
