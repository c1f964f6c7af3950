// Any bytes as a node's state file: it is read or taken for lost, and works afterwards.
#include "actors/ledger/state_file.hpp"

#include "core/ensure.hpp"
#include "core/log.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/some_view.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace monopod::fuzz {

namespace {

namespace fs = std::filesystem;

// A folder for one input after the other, in memory, since nothing needs to survive.
class folder {
public:
  folder() {
    log_init(log_level::off, log_format::text);
    std::string name =
        (fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) +
        "/monopod-fuzz-XXXXXX";
    MONOPOD_ENSURE(mkdtemp(name.data()) != nullptr, "a folder in memory");
    path = name;
  }
  ~folder() { fs::remove_all(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  std::unique_ptr<state_file> open() const {
    auto file = state_file::try_open(path);
    MONOPOD_ENSURE(file != nullptr, "nobody else has it");
    return file;
  }
  bytes content() const {
    std::ifstream in(path + "/node.state", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(std::span<const std::uint8_t> input) const {
    std::ofstream(path + "/node.state", std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
  }

  std::string path;
};

register_state votes() { return {{3, "a", 1}, {2, "b", 2}, some_view(3)}; }

} // namespace

std::vector<bytes> valid_inputs() {
  const folder place;
  std::vector<bytes> inputs;
  place.open();
  inputs.push_back(place.content());
  MONOPOD_ENSURE(place.open()->save(votes(), some_view(4)), "a save");
  inputs.push_back(place.content());
  inputs.push_back(encode_node_state({votes(), some_view(4), 5, 6, 7})); // the contents of a slot
  return inputs;
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  static const fuzz::folder place;
  const fuzz::bytes aligned(data, data + size);
  if (const auto state = decode_node_state(std::as_bytes(std::span(aligned)))) {
    const auto again = encode_node_state(*state);
    const auto back = decode_node_state(std::as_bytes(std::span(again)));
    MONOPOD_ENSURE(back && encode_node_state(*back) == again, "what was read can be written");
  }
  place.put(aligned);
  const auto found = place.open()->state();
  MONOPOD_ENSURE(found.voter_id != 0 && found.starts != 0, "an identity");
  auto file = place.open();
  MONOPOD_ENSURE(file->state().voter_id == found.voter_id &&
                     file->state().incarnation() == found.incarnation() + (std::uint64_t{1} << 32),
                 "the same one at the next start");
  MONOPOD_ENSURE(file->save(fuzz::votes(), some_view(4)), "a save");
  return 0;
}
