#include "actors/ledger/state_file.hpp"

#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/random.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace monopod {

namespace {

// Stands before each slot's bytes, which are a wire::NodeState, in the byte order of the machine:
// the file does not move to another one.
struct slot_head {
  std::array<char, 8> magic{'M', 'P', 'S', 'T', 'A', 'T', 'E', '1'};
  std::uint64_t checksum = 0; // of all that follows in the slot
  std::uint64_t number = 0;   // rises with each save, from 1
  std::uint64_t length = 0;   // of the bytes
};
static_assert(sizeof(slot_head) == 32);

constexpr std::size_t slot_bytes = sizeof(slot_head) + limits::state_bytes;
constexpr std::size_t slots = 2;

// FNV-1a, 64 bits: no single changed byte goes unseen.
std::uint64_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const auto byte : bytes)
    sum = (sum ^ byte) * 0x100000001b3;
  return sum;
}

constexpr std::size_t unsummed = sizeof(slot_head::magic) + sizeof(slot_head::checksum);

std::vector<std::uint8_t> make_slot(std::uint64_t number, const node_state& state) {
  const auto bytes = encode_node_state(state);
  MONOPOD_ENSURE(bytes.size() <= limits::state_bytes, "names and views are bounded");
  slot_head head;
  head.number = number;
  head.length = bytes.size();
  std::vector<std::uint8_t> slot(sizeof(head) + bytes.size());
  std::memcpy(slot.data(), &head, sizeof(head));
  std::ranges::copy(bytes, slot.begin() + sizeof(head));
  head.checksum = checksum(std::span(slot).subspan(unsummed));
  std::memcpy(slot.data(), &head, sizeof(head));
  return slot;
}

struct read_slot {
  std::uint64_t number;
  node_state state;
};

// Nothing if the slot does not hold what make_slot() made.
std::optional<read_slot> parse_slot(std::span<const std::uint8_t> slot) {
  slot_head head;
  if (slot.size() < sizeof(head))
    return std::nullopt;
  const auto magic = head.magic;
  std::memcpy(&head, slot.data(), sizeof(head));
  if (head.magic != magic || head.length > slot.size() - sizeof(head))
    return std::nullopt;
  const auto used = slot.first(sizeof(head) + head.length);
  if (checksum(used.subspan(unsummed)) != head.checksum || head.number == 0)
    return std::nullopt;
  const auto bytes = used.subspan(sizeof(head));
  const std::vector<std::uint8_t> aligned(bytes.begin(), bytes.end());
  auto state = decode_node_state(std::as_bytes(std::span(aligned)));
  return state ? std::optional(read_slot{head.number, *std::move(state)}) : std::nullopt;
}

std::string last_error() { return std::system_category().message(errno); }

std::runtime_error unusable(const std::string& path, const std::string& why) {
  return std::runtime_error("can't use " + path + ": " + why +
                            "; set group.directory to a folder on a disk with some space that this "
                            "user may write");
}

// A file's name is on disk only when its directory is.
void sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const auto why = last_error();
  if (fd >= 0)
    close(fd);
  if (!synced)
    throw unusable(directory, why);
}

// Allocates all of the file's bytes from the start, so that no later save needs space.
std::vector<std::uint8_t> read_whole(int fd, const std::string& path) {
  std::vector<std::uint8_t> content(slots * slot_bytes);
  const auto size = pread(fd, content.data(), content.size(), 0);
  if (size < 0)
    throw unusable(path, last_error());
  const std::vector<std::uint8_t> zeros(content.size() - static_cast<std::size_t>(size));
  if (!zeros.empty() &&
      pwrite(fd, zeros.data(), zeros.size(), size) != static_cast<ssize_t>(zeros.size()))
    throw unusable(path, errno == 0 ? "the disk is full" : last_error());
  return content;
}

} // namespace

std::unique_ptr<state_file> state_file::try_open(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw unusable(directory, error.message());
  const auto path = (std::filesystem::path(directory) / "node.state").string();
  constexpr mode_t owner_only = 0600;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
  if (fd < 0)
    throw unusable(path, last_error());
  std::unique_ptr<state_file> file(new state_file(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return nullptr;
    throw unusable(path, last_error());
  }
  file->load(path);
  sync_directory(directory);
  return file;
}

std::unique_ptr<state_file> state_file::open(const std::string& directory,
                                             const std::function<bool()>& wait) {
  bool said = false;
  for (;;) {
    if (auto file = try_open(directory))
      return file;
    if (!std::exchange(said, true))
      log_warn("state",
               "waits for another process that runs as this node; stop it, or give this "
               "one another node and group.directory",
               {{"directory", directory}});
    if (!wait())
      return nullptr;
  }
}

state_file::~state_file() { close(fd_); }

void state_file::load(const std::string& path) {
  errno = 0;
  const auto content = read_whole(fd_, path);
  const auto empty = [](auto bytes) {
    return std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
  };
  std::size_t unreadable = 0;
  for (std::size_t i = 0; i < slots; ++i) {
    const auto slot = std::span(content).subspan(i * slot_bytes, slot_bytes);
    auto found = parse_slot(slot);
    if (!found || found->number % slots != i) {
      unreadable += empty(slot) ? 0 : 1;
    } else if (found->number > number_) {
      number_ = found->number;
      state_ = std::move(found->state);
    }
  }
  if (number_ != 0 && unreadable > 0)
    log_warn("state", "one of the last two saves was cut off, as by a crash: the other one counts",
             {{"file", path}});
  if (number_ == 0) {
    state_.voter_id = random_u64();
    state_.directory_id = static_cast<std::uint32_t>(random_u64());
    if (empty(std::span(content)))
      log_info("state", "no earlier votes: this is a new voter", {{"file", path}});
    else
      log_error("state",
                "this node's votes can't be read: it has lost them and is a new voter, which the "
                "group must accept; check the disk",
                {{"file", path}});
  }
  auto counted = state_;
  ++counted.starts;
  if (const auto written = write(counted); !written)
    throw unusable(path, written.error());
}

tl::expected<void, std::string> state_file::save(register_state votes, view_ptr decided) {
  auto next = state_;
  next.votes = std::move(votes);
  next.decided = std::move(decided);
  return write(next);
}

// A slot that failed is written again, and never the other one: that holds what others rely on.
tl::expected<void, std::string> state_file::write(const node_state& state) {
  const auto number = number_ + 1;
  const auto slot = make_slot(number, state);
  const auto at = static_cast<off_t>(number % slots * slot_bytes);
  const auto written = pwrite(fd_, slot.data(), slot.size(), at);
  if (written < 0)
    return tl::unexpected(last_error());
  if (static_cast<std::size_t>(written) < slot.size())
    return tl::unexpected(std::string("the disk is full"));
  if (fdatasync(fd_) != 0)
    return tl::unexpected(last_error());
  number_ = number;
  state_ = state;
  return {};
}

} // namespace monopod
