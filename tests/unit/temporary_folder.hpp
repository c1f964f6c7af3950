// A folder for one test.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace monopod {

/// Made empty, and removed with everything in it. It is in memory if there is such a place, since
/// the tests need no disk, and fsync can take long.
struct temporary_folder {
  temporary_folder() {
    namespace fs = std::filesystem;
    const auto place =
        fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    auto name = (place / "monopod-test-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~temporary_folder() { std::filesystem::remove_all(path); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::filesystem::path path;
};

} // namespace monopod
