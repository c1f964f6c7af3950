// The common parts of the end-to-end tests: the paths of the built programs, and files for them.
#pragma once

#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace monopod::harness {

using std::chrono::seconds;

/// "" is monopod itself, "camera" monopod-camera.
inline std::string program(const std::string& name = {}) {
  return MONOPOD_BIN_DIR "/monopod" + (name.empty() ? name : "-" + name);
}

inline std::filesystem::path write_file(const std::filesystem::path& path,
                                        const std::string& text) {
  std::ofstream(path) << text;
  return path;
}

/// Flags that send the one default cloud to `broker`.
inline std::vector<std::string> cloud_at(const mqtt_broker& broker) {
  return {"--cloud.local.host", "127.0.0.1", "--cloud.local.port", std::to_string(broker.port())};
}

/// A client of the broker, which logs everything, has subscribed to all results.
inline void wait_for_watcher(const mqtt_broker& broker) {
  BOOST_REQUIRE(eventually(
      [&] { return broker.log().find("monopod/+/results/# (QoS") != std::string::npos; }));
}

/// Checks that a monopod-collect got each result of the acknowledged frames, once, in order, and
/// nothing else.
inline void check_each_once_in_order(const report& got, double results) {
  BOOST_TEST(got["results"] == results);
  for (const auto* key : {"lost", "twice", "out_of_order", "malformed"})
    BOOST_TEST(got[key] == 0, key);
}

/// Stops a process for as long as it lives.
class paused {
public:
  explicit paused(process& child) : child_(child) { child_.signal(SIGSTOP); }
  ~paused() { child_.signal(SIGCONT); }
  paused(const paused&) = delete;
  paused& operator=(const paused&) = delete;

private:
  process& child_;
};

/// A monopod-camera that prints a report at its end.
class camera_process {
public:
  camera_process(const std::string& endpoint, const std::vector<std::string>& flags)
      : process_(
            std::vector<std::string>{program("camera"), "--server", endpoint, "--json", "--quiet"} +
                flags,
            directory_.path() / "output") {}

  process& child() { return process_; }
  std::string output() const { return read_file(directory_.path() / "output"); }
  report finish(std::chrono::milliseconds timeout = seconds(60)) {
    BOOST_TEST(process_.wait(timeout).value_or(-1) == 0, output());
    return report(output());
  }

private:
  temporary_directory directory_;
  process process_;
};

} // namespace monopod::harness
