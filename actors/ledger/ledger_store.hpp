// The ledger on disk: an SQLite database in the node's state directory.
#pragma once

#include "replication/ledger.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace monopod {

/// Holds the newest snapshot, the ops after it, and those before it that are outbox entries: the
/// snapshot, then the entries, then the ops give the ledger again. The journal is in WAL mode with
/// synchronous=FULL: a change for which write() has returned survives kill -9 and the loss of power
/// at any instruction (https://www.sqlite.org/wal.html,
/// https://www.sqlite.org/pragma.html#pragma_synchronous), as far as the disk keeps its word about
/// fsync. One thread at a time. Blocks: not for a loop.
class ledger_store {
public:
  /// Opens DIRECTORY/ledger.sqlite, and makes both if they are missing. Throws std::runtime_error
  /// with the remedy if that fails, or if another process has it open.
  explicit ledger_store(const std::string& directory);
  ~ledger_store();
  ledger_store(const ledger_store&) = delete;
  ledger_store& operator=(const ledger_store&) = delete;

  struct restored {
    std::uint64_t entries = 0; // of the outbox, taken over with the snapshot
    std::vector<op_bytes> ops; // verified ones after the snapshot, in order
  };
  /// Brings `into`, which is new, to the snapshot on disk. Throws std::runtime_error with the
  /// remedy if the file is damaged.
  restored load(ledger& into);

  /// Replaces all ops up to `index`, except for outbox entries.
  struct checkpoint {
    std::uint64_t index = 0;
    std::uint64_t oldest_entry = 0;
    std::vector<std::uint8_t> snapshot;
    // Ops up to index that look like entries and are not: they changed nothing, or the ledger has
    // let go of them (ledger::released()).
    std::vector<std::uint64_t> stale;
  };
  /// The steps of one transaction, in this order.
  struct change {
    op_bytes snapshot{}; // wire::Snapshot that takes the place of everything; null: none
    std::shared_ptr<const std::deque<ledger::entry>> entries{}; // of its outbox
    std::uint64_t cut_from = UINT64_MAX; // ops from this index on are not the log any more
    std::vector<op_bytes> ops{};         // added, in order
    std::optional<checkpoint> at{};
  };
  /// Durable on return. On failure (disk full, I/O error) nothing was written and the same call can
  /// be made again; the error says why.
  tl::expected<void, std::string> write(const change& what);

private:
  class statement;
  struct closer {
    void operator()(sqlite3* db) const;
  };

  void prepare_file();
  void grow_log() const;
  void prepare_statements();
  void execute(const char* sql);
  void insert(const op_bytes& op);
  void put_snapshot(std::span<const std::uint8_t> bytes);
  void replace_all(const change& by);
  void delete_where(const char* sql, std::uint64_t index);
  void replace_up_to(const checkpoint& at);
  [[noreturn]] void damaged(const std::string& how) const;

  std::string path_;
  std::unique_ptr<sqlite3, closer> db_;
  // The statements of every transaction, parsed once.
  std::unique_ptr<statement> begin_;
  std::unique_ptr<statement> insert_;
  std::unique_ptr<statement> commit_;
};

} // namespace monopod
