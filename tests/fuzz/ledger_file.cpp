// Any bytes as the ledger on disk: as the file itself, or as the contents of its rows.
#include "actors/ledger/ledger_store.hpp"
#include "core/ensure.hpp"
#include "schemas/codec.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/restored_ledger.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sqlite3.h>
#include <stdexcept>

namespace monopod::fuzz {

namespace {

namespace fs = std::filesystem;

// The meaning of a record of the input: the row of the snapshot, the row of the next op, or the
// whole file.
enum kind : std::uint8_t { snapshot_row, op_row, whole_file, kinds };

const std::map<std::string, std::size_t> clouds{{"local", 8}, {"far", 4}};

// A folder for one input after the other, in memory, since nothing needs to survive.
class folder {
public:
  folder() {
    std::string name =
        (fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) +
        "/monopod-fuzz-XXXXXX";
    MONOPOD_ENSURE(mkdtemp(name.data()) != nullptr, "a folder in memory");
    path = name;
    { const ledger_store makes_the_tables(path.string()); }
    std::ifstream in(file(), std::ios::binary);
    empty_.assign(std::istreambuf_iterator<char>(in), {});
  }
  ~folder() { fs::remove_all(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  fs::path file() const { return path / "ledger.sqlite"; }
  void write(std::string_view content) const {
    fs::remove(path / "ledger.sqlite-wal");
    std::ofstream(file(), std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  void start() const { write(empty_); }

  fs::path path;

private:
  std::string empty_;
};

void insert(sqlite3* db, const char* sql, std::uint64_t index,
            std::span<const std::uint8_t> content, bool entry = false) {
  sqlite3_stmt* statement = nullptr;
  MONOPOD_ENSURE(sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) == SQLITE_OK, "the tables");
  sqlite3_bind_int64(statement, 1, static_cast<sqlite3_int64>(index));
  sqlite3_bind_blob64(statement, 2, content.data(), content.size(), SQLITE_STATIC);
  sqlite3_bind_int(statement, 3, entry ? 1 : 0); // the snapshot has no such column
  sqlite3_step(statement);
  sqlite3_finalize(statement);
}

// An op's row has the number that the op itself states, as a writer would have it.
void insert_op(sqlite3* db, std::span<const std::uint8_t> content) {
  const std::vector<std::uint8_t> aligned(content.begin(), content.end());
  const auto* op = decode_op(std::as_bytes(std::span(aligned)));
  const auto* finished = op == nullptr ? nullptr : op->body_as_Finished();
  insert(db, "INSERT OR REPLACE INTO op (idx, bytes, entry) VALUES (?, ?, ?)",
         op == nullptr ? 1 : op->index(), content,
         finished != nullptr && finished->inference() != nullptr);
}

void fill(const folder& in, std::span<const std::uint8_t> input) {
  in.start();
  sqlite3* raw = nullptr;
  sqlite3_open(in.file().c_str(), &raw);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db(raw, sqlite3_close);
  sqlite3_exec(raw, "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; BEGIN", nullptr, nullptr,
               nullptr);
  for (const auto& m : split(input)) {
    if (m.action % kinds == op_row)
      insert_op(raw, m.envelope);
    else if (m.action % kinds == snapshot_row)
      insert(raw, "INSERT OR REPLACE INTO snapshot (id, bytes) VALUES (?, ?)", 1, m.envelope);
  }
  sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr);
}

// A file from which a ledger was restored can be replaced by a snapshot and restored again.
void check_checkpoint(ledger_store& store, ledger& state, std::vector<std::uint64_t> stale) {
  const auto before = state.snapshot();
  const ledger_store::checkpoint at{state.next_index() - 1, state.oldest_entry(), before,
                                    std::move(stale)};
  MONOPOD_ENSURE(store.write({.at = at}).has_value(), "a checkpoint");
  ledger again(clouds);
  restore(store, again);
  MONOPOD_ENSURE(again.snapshot() == before, "the same state");
  MONOPOD_ENSURE(again.outbox_size() == state.outbox_size(), "the same outbox");
}

bytes snapshot_of(const std::vector<bytes>& ops) {
  ledger state(clouds);
  for (const auto& op : ops)
    state.apply(*wire::GetOp(op.data()), std::make_shared<const bytes>(op));
  return state.snapshot();
}

} // namespace

std::vector<bytes> valid_inputs() {
  flatbuffers::FlatBufferBuilder b;
  std::vector<bytes> ops;
  const auto add = [&](auto body) {
    const auto op = finish_op(b, ops.size() + 1, 1, body);
    ops.emplace_back(op.begin(), op.end());
    b.Clear();
  };
  const auto finish = [&](std::uint64_t seq, const char* app) {
    const auto inference = app == nullptr ? 0 : wire::CreateInferenceDirect(b, "model", "1", 2);
    add(wire::CreateFinishedDirect(b, "cam", 1, seq, app, seq, 1, 2, 3, 4, 5, inference));
  };
  add(wire::CreateStreamOpenedDirect(b, "cam", 1));
  std::vector<flatbuffers::Offset<flatbuffers::String>> patterns{b.CreateString("*")};
  add(wire::CreateSubscriptionDirect(b, "app", &patterns, wire::Policy::Bounded, 3));
  for (std::uint64_t seq = 1; seq <= 6; ++seq)
    finish(seq, seq % 3 == 0 ? nullptr : "app");
  add(wire::CreateCloudAckedDirect(b, "local", 4));
  add(wire::CreateCloudAckedDirect(b, "far", 6));
  add(wire::CreateUnsubscribedDirect(b, "app"));
  add(wire::CreateStreamOpenedDirect(b, "passing", 1));
  add(wire::CreateCameraForgottenDirect(b, "passing"));
  bytes all;
  for (const auto& op : ops)
    append(all, {op, 0, op_row});
  const auto snapshot = snapshot_of(ops);
  bytes replaced; // a snapshot replaces all of them except the entries
  append(replaced, {snapshot, 0, snapshot_row});
  for (const auto& op : ops)
    if (const auto* f = wire::GetOp(op.data())->body_as_Finished();
        f != nullptr && f->inference() != nullptr)
      append(replaced, {op, 0, op_row});
  bytes file;
  append(file, {of_text("SQLite format 3"), 0, whole_file});
  return {all, replaced, file};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  static const fuzz::folder place;
  const std::span input(data, size);
  if (size > 0 && data[0] % fuzz::kinds == fuzz::whole_file)
    place.write({reinterpret_cast<const char*>(data) + 1, size - 1});
  else
    fuzz::fill(place, input);
  std::unique_ptr<ledger_store> store;
  ledger state(fuzz::clouds);
  restored_ledger found;
  try {
    store = std::make_unique<ledger_store>(place.path.string());
    found = restore(*store, state);
  } catch (const std::runtime_error& e) {
    MONOPOD_ENSURE(std::string_view(e.what()).find(';') != std::string_view::npos, "a remedy");
    return 0;
  }
  fuzz::check_checkpoint(*store, state, found.stale);
  return 0;
}
