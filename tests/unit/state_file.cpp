// The state that a member must not forget: after a restart, a write that was cut, a flipped bit, a
// full disk, and while another process holds the file.
#include "actors/ledger/state_file.hpp"

#include "core/limits.hpp"
#include "tests/unit/full_disk.hpp"
#include "tests/unit/some_view.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace monopod {

namespace {

constexpr std::size_t slot_bytes = 32 + limits::state_bytes;

struct disk {
  std::unique_ptr<state_file> open() const {
    auto opened = state_file::try_open(folder.path.string());
    BOOST_REQUIRE(opened != nullptr);
    return opened;
  }
  std::string content() const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& bytes) const { std::ofstream(file, std::ios::binary) << bytes; }

  temporary_folder folder;
  std::filesystem::path file = folder.path / "node.state";
};

register_state votes(std::uint64_t round) {
  return {{round, "a", 1}, {round - 1, "b", 2}, some_view(round)};
}

void expect(const node_state& state, std::uint64_t round) {
  BOOST_TEST(state.votes.promise.round == round);
  BOOST_TEST(state.votes.promise.proposer == "a");
  BOOST_TEST(state.votes.accepted.round == round - 1);
  BOOST_TEST(*state.votes.value == *some_view(round));
  BOOST_TEST(*state.decided == *some_view(round + 100));
}

void save(state_file& file, std::uint64_t round) {
  const auto saved = file.save(votes(round), some_view(round + 100));
  BOOST_TEST_REQUIRE(saved.has_value());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_new_file_is_a_new_voter_and_counts_its_starts) {
  const disk p;
  const auto first = p.open()->state();
  BOOST_TEST(first.voter_id != 0u);
  BOOST_TEST(first.starts == 1u);
  BOOST_TEST(first.decided == nullptr);
  BOOST_TEST(first.votes.value == nullptr);
  BOOST_TEST(first.incarnation() == ((std::uint64_t{1} << 32) | first.directory_id));
  const auto second = p.open()->state();
  BOOST_TEST(second.starts == 2u);
  BOOST_TEST(second.voter_id == first.voter_id);
  BOOST_TEST(succeeds({"n", second.incarnation()}, {"n", first.incarnation()}));
  const disk other;
  const auto elsewhere = other.open()->state();
  BOOST_TEST(elsewhere.voter_id != first.voter_id);
  BOOST_TEST(elsewhere.directory_id != first.directory_id);
}

BOOST_AUTO_TEST_CASE(what_was_saved_is_there_after_a_restart) {
  const disk p;
  for (std::uint64_t round = 1; round <= 5; ++round) {
    auto file = p.open();
    if (round > 1)
      expect(file->state(), round - 1);
    save(*file, round);
    expect(file->state(), round);
  }
  BOOST_TEST(p.open()->state().starts == 6u);
  BOOST_TEST(p.content().size() == 2 * slot_bytes); // and never grows
}

BOOST_AUTO_TEST_CASE(a_save_that_is_cut_anywhere_leaves_the_one_before) {
  const disk p;
  save(*p.open(), 7);
  const auto before = p.content();
  { // two saves: the start's, which is complete, and the one that is cut
    const disk copy;
    copy.put(before);
    const auto file = copy.open();
    const auto started = copy.content();
    save(*file, 8);
    const auto after = copy.content();
    std::size_t older = 0;
    for (std::size_t cut = 0; cut <= after.size(); cut += cut < 64 ? 1 : 61) {
      const disk torn;
      torn.put(after.substr(0, cut) + started.substr(cut));
      const auto found = torn.open()->state();
      BOOST_TEST(found.starts == 3u);
      BOOST_TEST(found.voter_id == file->state().voter_id);
      older += found.votes.promise.round == 7 ? 1 : 0;
      expect(found, found.votes.promise.round == 7 ? 7 : 8);
    }
    BOOST_TEST(older > 0u);
  }
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_is_taken_for_the_truth) {
  const disk p;
  {
    auto file = p.open(); // the first save, in the second slot
    save(*file, 3);       // in the first slot
  }
  const auto good = p.content();
  const auto used = good.find_last_not_of('\0', slot_bytes - 1) + 1;
  for (std::size_t bit = 0; bit < 8 * used; bit += 5) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    p.put(bad);
    BOOST_TEST(p.open()->state().votes.promise.round == 0u, "bit " << bit); // the older slot
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_another_voter) {
  const disk p;
  const auto before = p.open()->state();
  for (const auto& bytes : {std::string(2 * slot_bytes, 'x'), std::string("x"), std::string(),
                            std::string(100, '\0')}) {
    p.put(bytes);
    const auto lost = p.open()->state();
    BOOST_TEST(lost.voter_id != before.voter_id);
    BOOST_TEST(lost.directory_id != before.directory_id);
    BOOST_TEST(lost.starts == 1u);
    const auto again = p.open()->state();
    BOOST_TEST(again.voter_id == lost.voter_id);
    BOOST_TEST(again.starts == 2u);
  }
  auto file = p.open(); // both slots whole, and none in its place
  save(*file, 1);
  file.reset();
  const auto id = p.open()->state().voter_id;
  const auto both = p.content();
  p.put(both.substr(slot_bytes) + both.substr(0, slot_bytes));
  BOOST_TEST(p.open()->state().voter_id != id);
}

BOOST_AUTO_TEST_CASE(the_longest_names_fit_in_a_slot) {
  const disk p;
  const std::string name(limits::name_bytes, 'n');
  const auto large = largest_view();
  BOOST_TEST(p.open()->save({{1, name, 1}, {1, name, 1}, large}, large).has_value());
  BOOST_TEST(*p.open()->state().decided == *large);
}

BOOST_AUTO_TEST_CASE(a_full_disk_loses_nothing_and_is_told) {
  const disk p;
  auto file = p.open();
  save(*file, 1);
  save(*file, 2);
  for (const std::uint64_t round : {2, 3}) { // in both slots
    {
      const full_disk full;
      BOOST_TEST(!file->save(votes(9), largest_view()).has_value());
      BOOST_TEST(!file->save(votes(9), largest_view()).has_value());
    }
    expect(file->state(), round);
    const disk copy;
    copy.put(p.content());
    expect(copy.open()->state(), round);
    save(*file, round + 1);
  }
  const disk fresh;
  const full_disk full;
  BOOST_CHECK_EXCEPTION(fresh.open(), std::runtime_error, [](const std::runtime_error& e) {
    return std::string(e.what()).find("set group.directory") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_be_used_is_told_with_the_remedy) {
  const auto told = [](const std::runtime_error& e) {
    return std::string(e.what()).find("set group.directory") != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(state_file::try_open("/dev/null/x"), std::runtime_error, told);
  const disk p;
  std::filesystem::create_directory(p.file);
  BOOST_CHECK_EXCEPTION(p.open(), std::runtime_error, told);
}

BOOST_AUTO_TEST_CASE(one_process_at_a_time_has_the_file) {
  const disk p;
  auto first = p.open();
  const auto directory = p.folder.path.string();
  BOOST_TEST(state_file::try_open(directory) == nullptr);
  int waits = 0;
  BOOST_TEST(state_file::open(directory, [&] { return ++waits < 3; }) == nullptr); // gives up
  BOOST_TEST(waits == 3);
  const auto second = state_file::open(directory, [&] {
    first.reset(); // it ends
    return true;
  });
  BOOST_TEST_REQUIRE(second != nullptr);
  BOOST_TEST(second->state().starts == 2u);
}

BOOST_AUTO_TEST_CASE(kill_9_frees_the_file) {
  const disk p;
  std::array<int, 2> pipe_ends{};
  BOOST_REQUIRE(pipe(pipe_ends.data()) == 0);
  const auto child = fork();
  if (child == 0) {
    const auto held = state_file::try_open(p.folder.path.string());
    const char ready = held != nullptr ? 'y' : 'n';
    if (write(pipe_ends[1], &ready, 1) == 1)
      pause();
    _exit(1);
  }
  char ready = 0;
  BOOST_TEST(read(pipe_ends[0], &ready, 1) == 1);
  BOOST_TEST(ready == 'y');
  BOOST_TEST(state_file::try_open(p.folder.path.string()) == nullptr);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  BOOST_TEST(p.open()->state().starts == 2u);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

BOOST_AUTO_TEST_CASE(programs_that_were_started_do_not_hold_the_file) {
  const disk p;
  auto file = p.open();
  std::string name = "sleep";
  std::string seconds = "60";
  char* const arguments[] = {name.data(), seconds.data(), nullptr};
  pid_t child = 0;
  std::array<int, 2> closed{}; // by loading the program, for which spawn does not wait under qemu
  BOOST_REQUIRE(pipe2(closed.data(), O_CLOEXEC) == 0);
  BOOST_REQUIRE(posix_spawnp(&child, "sleep", nullptr, nullptr, arguments, environ) == 0);
  close(closed[1]);
  char none = 0;
  BOOST_TEST(read(closed[0], &none, 1) == 0);
  close(closed[0]);
  file.reset();
  BOOST_TEST(p.open()->state().starts == 2u);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

} // namespace monopod
