// The resources that packages give a node, against those that its limits let others take.
#include "core/config/config.hpp"
#include "core/limits.hpp"
#include "tests/unit/house_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <regex>
#include <string>

using namespace monopod;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

// Frames in flight, acknowledged and waiting; unfinished messages; the ledger's state, and results
// of the usual 500 bytes that wait for a cloud; pictures that wait for it, and those on their way
// there; the programs, their libraries and stacks.
const std::uint64_t memory_bytes =
    limits::bytes_in_flight_max + limits::accepted_bytes + limits::waiting_bytes_max +
    limits::camera_unfinished_bytes + limits::app_unfinished_bytes + limits::peer_unfinished_bytes +
    limits::ledger_state_bytes + 500 * limits::outbox_entries + cloud_config{}.image_budget_bytes +
    limits::picture_uncommitted_bytes + limits::picture_unanswered_bytes +
    limits::picture_uncut_bytes + limits::picture_cut_bytes + 32 * mib;

// Connections; the kernel's objects of loops, listeners, HTTP, clouds and files.
constexpr std::uint64_t descriptors = limits::connections_per_camera * limits::cameras +
                                      limits::app_connections + 2 * limits::link_connections +
                                      limits::peer_connections + 256;

// Of stages of its own, of HTTP and clouds, and of libraries.
constexpr std::uint64_t threads = limits::apps + 2 * limits::clouds + 32;

// The number behind `key` in a file, in bytes if it has a unit.
std::uint64_t given(const std::string& file, const std::string& key) {
  const auto text = house::read(house::root / file);
  std::smatch match;
  BOOST_REQUIRE_MESSAGE(std::regex_search(text, match, std::regex(key + R"((\d+)(M|Mi)?\b)")),
                        key << " in " << file);
  return std::stoull(match[1]) * (match[2].length() > 0 ? mib : 1);
}

} // namespace

BOOST_AUTO_TEST_CASE(systemd_gives_what_the_limits_take) {
  const std::string file = "packaging/systemd/common.conf";
  BOOST_TEST(given(file, "LimitNOFILE=") >= descriptors);
  BOOST_TEST(given(file, "TasksMax=") >= threads);
  BOOST_TEST(given(file, "MemoryHigh=") >= memory_bytes);
  BOOST_TEST(given(file, "MemoryMax=") > given(file, "MemoryHigh="));
}

BOOST_AUTO_TEST_CASE(kubernetes_gives_what_the_limits_take) {
  BOOST_TEST(given("k8s/base/deployment.yaml",
                   R"(requests: \{cpu: 100m, memory: 64Mi\}\n +limits: \{memory: )") >=
             memory_bytes);
}
