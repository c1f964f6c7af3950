// HTTP: commands through a real server on loopback, with stages that the test plays. Memory is what
// runs short in the middle of a request: it is all that makes the server's own code throw.
#include "core/limits.hpp"
#include "tests/unit/http_served.hpp"

#include <boost/test/unit_test.hpp>

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

struct memory_shortage {
  memory_shortage() { most_bytes = plenty_bytes + 1; }
  ~memory_shortage() { most_bytes = SIZE_MAX; }
};

const std::string long_text(plenty_bytes,
                            'x'); // and a zero: with one character more it is too long

} // namespace

BOOST_FIXTURE_TEST_CASE(a_command_that_throws_is_answered_and_the_process_lives, served) {
  const auto stage = spawn_answering(stages, long_text);
  roster_of_stages.add("replicator", stage);
  BOOST_TEST(post("/group/promote").status == 200);
  const memory_shortage shortage;
  const auto answer = post("/group/promote"); // a line's end does not fit any more
  BOOST_TEST(answer.status == 500);
  BOOST_TEST(answer.body == "internal error, see the log\n");
  BOOST_TEST(alive());
}

BOOST_FIXTURE_TEST_CASE(a_stage_to_kill_that_throws_is_answered_and_the_process_lives, served) {
  const auto stage = spawn_answering(stages, "");
  roster_of_stages.add(long_text, stage);
  BOOST_TEST(post("/debug/kill-stage?name=nobody").status == 404);
  const memory_shortage shortage;
  BOOST_TEST(post("/debug/kill-stage?name=nobody").status == 500); // the list of those known
  BOOST_TEST(alive());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_verb_changes_nothing_and_the_known_ones_are_told, served) {
  questions asked;
  const auto stage = spawn_answering(stages, "done", &asked);
  roster_of_stages.add("replicator", stage);
  for (const std::string verb : {"", "replaced", "Add", "handover/"}) {
    const auto answer = post("/group/" + verb + "?member=b");
    BOOST_TEST(answer.status == 404, verb);
    BOOST_TEST(
        answer.body ==
            "no such command to a group: use one of handover, promote, add, remove, replace\n",
        verb);
  }
  BOOST_TEST(asked.take().empty());
}

BOOST_FIXTURE_TEST_CASE(each_verb_reaches_the_replicator_with_its_member, served) {
  questions asked;
  const auto stage = spawn_answering(stages, "done", &asked);
  roster_of_stages.add("replicator", stage);
  const std::vector verbs{group_verb::handover, group_verb::promote, group_verb::add,
                          group_verb::remove, group_verb::replace};
  for (const auto verb : verbs) {
    const auto answer = post("/group/" + std::string(word_of(verb)) + "?member=b");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == "done\n");
    const auto all = asked.take();
    BOOST_REQUIRE(all.size() == 1u);
    BOOST_TEST((all.front().verb == verb));
    BOOST_TEST(all.front().member == "b");
  }
  const auto answer = post("/group/add?member=" + std::string(limits::name_bytes + 16, 'x'));
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(asked.take().empty());
}

} // namespace monopod
