#include "actors/ledger/ledger_store.hpp"

#include "core/limits.hpp"
#include "replication/sense.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sqlite3.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

// Changes when an older program could not read the file of a newer one.
constexpr std::uint64_t format_version = 1;

std::runtime_error failure(sqlite3* db) { return std::runtime_error(sqlite3_errmsg(db)); }

bool is_entry(const wire::Op& op) {
  const auto* finished = op.body_as_Finished();
  return finished != nullptr && finished->inference() != nullptr;
}

} // namespace

// A prepared statement; every failure is an exception, which write() turns into its result.
class ledger_store::statement {
public:
  statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &raw_, nullptr) != SQLITE_OK)
      throw failure(db);
  }
  /// Runs a statement that gives no rows; it is ready to run again.
  void run() {
    const int code = sqlite3_step(raw_);
    sqlite3_reset(raw_);
    if (code != SQLITE_DONE)
      throw failure(db_);
  }
  ~statement() { sqlite3_finalize(raw_); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& bind(int at, std::uint64_t number) {
    sqlite3_bind_int64(raw_, at, static_cast<sqlite3_int64>(number));
    return *this;
  }
  /// `bytes` must live until the statement has run.
  statement& bind(int at, std::span<const std::uint8_t> bytes) {
    sqlite3_bind_blob64(raw_, at, bytes.data(), bytes.size(), SQLITE_STATIC);
    return *this;
  }
  /// Whether there is a row.
  bool step() {
    const int code = sqlite3_step(raw_);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
      throw failure(db_);
    return code == SQLITE_ROW;
  }
  std::uint64_t number(int column) {
    return static_cast<std::uint64_t>(sqlite3_column_int64(raw_, column));
  }
  std::vector<std::uint8_t> bytes(int column) {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(raw_, column));
    return {data, data + sqlite3_column_bytes(raw_, column)};
  }

private:
  sqlite3* db_;
  sqlite3_stmt* raw_ = nullptr;
};

void ledger_store::closer::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

ledger_store::ledger_store(const std::string& directory)
    : path_((std::filesystem::path(directory) / "ledger.sqlite").string()) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw std::runtime_error("can't make the state directory " + directory + ": " +
                             error.message() +
                             "; set ledger.directory to a folder that this user "
                             "may write");
  // A new log gets the mode of the database. Earlier versions left both readable by everybody.
  if (const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); fd >= 0) {
    fchmod(fd, 0600);
    close(fd);
    chmod((path_ + "-wal").c_str(), 0600);
  }
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path_.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK)
    throw std::runtime_error("can't open " + path_ + ": " + sqlite3_errmsg(raw) +
                             "; set ledger.directory to a folder that this user may write");
  prepare_file();
  grow_log();
  prepare_statements();
}

// A log that is written in place needs no change of the file's size with each fsync. SQLite
// overwrites what it has from its first checkpoint on; this makes it so from the start. Zeros are
// not valid frames (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). If it fails, the
// log grows as it is written.
void ledger_store::grow_log() const {
  const auto log = path_ + "-wal";
  std::error_code error;
  const auto size = std::filesystem::file_size(log, error);
  if (error || size >= limits::ledger_log_bytes)
    return;
  const int fd = open(log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0)
    return;
  const std::vector<char> zeros(limits::ledger_log_bytes - size);
  if (::write(fd, zeros.data(), zeros.size()) >= 0)
    fdatasync(fd);
  close(fd);
}

void ledger_store::prepare_statements() {
  begin_ = std::make_unique<statement>(db_.get(), "BEGIN IMMEDIATE");
  insert_ = std::make_unique<statement>(
      // OR REPLACE: a commit that failed in doubt is repeated.
      db_.get(), "INSERT OR REPLACE INTO op (idx, entry, bytes) VALUES (?, ?, ?)");
  commit_ = std::make_unique<statement>(db_.get(), "COMMIT");
}

void ledger_store::prepare_file() {
  sqlite3_extended_result_codes(db_.get(), 1);
  try {
    // One process only: the lock is held from the first access on, and no shared memory is needed.
    execute("PRAGMA locking_mode=EXCLUSIVE");
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=FULL");
    execute("PRAGMA wal_autocheckpoint=900");      // pages: within limits::ledger_log_bytes
    execute("PRAGMA journal_size_limit=16777216"); // bytes
    execute("PRAGMA cache_size=-256");             // KiB
    execute("BEGIN IMMEDIATE");
    if (statement version(db_.get(), "PRAGMA user_version");
        version.step() && version.number(0) > format_version)
      throw std::runtime_error("it was written by a newer version of Monopod");
    execute("CREATE TABLE IF NOT EXISTS op (idx INTEGER PRIMARY KEY, entry INTEGER NOT NULL, "
            "bytes BLOB NOT NULL) STRICT");
    execute("CREATE TABLE IF NOT EXISTS snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), bytes "
            "BLOB NOT NULL) STRICT");
    execute("PRAGMA user_version=1");
    execute("COMMIT");
  } catch (const std::runtime_error& e) {
    if ((sqlite3_errcode(db_.get()) & 0xff) == SQLITE_BUSY)
      throw std::runtime_error(path_ + " is used by another process: stop that one, or set "
                                       "another ledger.directory");
    damaged(e.what());
  }
}

void ledger_store::damaged(const std::string& how) const {
  throw std::runtime_error(path_ + " can't be used: " + how +
                           "; put back a copy, or move it (with its -wal file) away to start with "
                           "an empty ledger: results that no cloud has confirmed are then lost");
}

void ledger_store::execute(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw failure(db_.get());
}

ledger_store::~ledger_store() = default;

namespace {

// The verified op of a row, or nothing.
const wire::Op* read_op(const std::vector<std::uint8_t>& bytes, std::uint64_t index, bool entry) {
  const auto* op = decode_op(std::as_bytes(std::span(bytes)));
  const bool valid =
      op != nullptr && makes_sense(*op) && op->index() == index && is_entry(*op) == entry;
  return valid ? op : nullptr;
}

} // namespace

ledger_store::restored ledger_store::load(ledger& into) {
  restored found;
  try {
    std::vector<std::uint8_t> state;
    if (statement row(db_.get(), "SELECT bytes FROM snapshot"); row.step())
      state = row.bytes(0);
    const auto* snapshot =
        state.empty() ? nullptr : decode_snapshot(std::as_bytes(std::span(state)));
    if (!state.empty() && snapshot == nullptr)
      throw std::runtime_error("its snapshot is not valid");
    const auto snapshot_index = snapshot == nullptr ? 0 : snapshot->index();
    std::deque<ledger::entry> entries;
    auto next_index = snapshot_index + 1;
    statement rows(db_.get(), "SELECT idx, bytes, entry FROM op ORDER BY idx");
    bool more = rows.step();
    for (; more && rows.number(0) <= snapshot_index; more = rows.step()) {
      auto bytes = std::make_shared<const std::vector<std::uint8_t>>(rows.bytes(1));
      const auto* op = read_op(*bytes, rows.number(0), rows.number(2) != 0);
      if (op == nullptr || !is_entry(*op))
        throw std::runtime_error("an outbox entry is not valid");
      entries.push_back({rows.number(0), std::move(bytes)});
    }
    found.entries = entries.size();
    if (snapshot != nullptr && !into.restore(*snapshot, std::move(entries)))
      throw std::runtime_error("its snapshot breaks a rule");
    for (; more; more = rows.step(), ++next_index) {
      auto bytes = std::make_shared<const std::vector<std::uint8_t>>(rows.bytes(1));
      if (rows.number(0) != next_index ||
          read_op(*bytes, next_index, rows.number(2) != 0) == nullptr)
        throw std::runtime_error("an operation is missing or not valid");
      found.ops.push_back(std::move(bytes));
    }
  } catch (const std::runtime_error& e) {
    damaged(e.what());
  }
  return found;
}

tl::expected<void, std::string> ledger_store::write(const change& what) {
  try {
    begin_->run();
    if (what.snapshot != nullptr)
      replace_all(what);
    if (what.cut_from != UINT64_MAX)
      delete_where("DELETE FROM op WHERE idx >= ?", what.cut_from);
    for (const auto& op : what.ops)
      insert(op);
    if (what.at)
      replace_up_to(*what.at);
    commit_->run();
    return {};
  } catch (const std::runtime_error& e) {
    std::string why = e.what();
    // Fails if SQLite has rolled back by itself.
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return tl::unexpected(std::move(why));
  }
}

void ledger_store::insert(const op_bytes& op) {
  const auto& root = *wire::GetOp(op->data());
  insert_->bind(1, root.index()).bind(2, is_entry(root) ? 1 : 0).bind(3, *op).run();
}

void ledger_store::put_snapshot(std::span<const std::uint8_t> bytes) {
  statement(db_.get(), "INSERT OR REPLACE INTO snapshot (id, bytes) VALUES (1, ?)")
      .bind(1, bytes)
      .step();
}

void ledger_store::delete_where(const char* sql, std::uint64_t index) {
  statement(db_.get(), sql).bind(1, index).step();
}

void ledger_store::replace_all(const change& by) {
  put_snapshot(*by.snapshot);
  delete_where("DELETE FROM op WHERE idx >= ?", 0);
  for (const auto& e : *by.entries)
    insert(e.bytes);
}

void ledger_store::replace_up_to(const checkpoint& at) {
  put_snapshot(at.snapshot);
  delete_where("DELETE FROM op WHERE idx < ?", std::min(at.oldest_entry, at.index + 1));
  delete_where("DELETE FROM op WHERE idx <= ? AND entry = 0", at.index);
  for (const auto index : at.stale)
    delete_where("DELETE FROM op WHERE idx = ?", index);
}

} // namespace monopod
