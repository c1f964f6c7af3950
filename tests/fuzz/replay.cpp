// Turns a fuzz target into a program. With libFuzzer, inputs that follow the rules are mixed into
// its own. Without it, main() replays the named files, or those in the named folders, and then
// seeded mutations of valid inputs.
#include "tests/fuzz/mutations.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace monopod::fuzz;

#ifdef MONOPOD_FUZZ

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max, unsigned seed) {
  static const auto valid = valid_inputs();
  const auto& pick = valid[seed / 16 % valid.size()];
  if (seed % 16 == 0 && pick.size() <= max) {
    std::ranges::copy(pick, data);
    size = pick.size();
  }
  return LLVMFuzzerMutate(data, size, max);
}

#else

namespace {

void run(const bytes& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

void run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  run(bytes(std::istreambuf_iterator<char>(file), {}));
}

} // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_regular_file(argv[i]))
      run_file(argv[i]);
    else if (std::filesystem::is_directory(argv[i]))
      for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
        run_file(entry.path());
  }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int rounds = 30; // each takes ten times as long here, and libFuzzer does more
#else
  constexpr int rounds = 500; // mutations of each valid input
#endif
  run({});
  std::size_t inputs = 0;
  for (const auto& valid : valid_inputs()) {
    run(valid);
    std::mt19937 random(1);
    for (int i = 0; i < rounds; ++i, ++inputs) {
      auto input = valid;
      mutate(input, random);
      run(input);
    }
  }
  std::printf("%zu mutations\n", inputs);
  return inputs > 0 ? 0 : 1;
}

#endif
