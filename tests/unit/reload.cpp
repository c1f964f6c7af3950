// The settings that change when a configuration is read again, and those that wait for a restart.
#include "core/config/config_changes.hpp"
#include "core/config/config_loader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace monopod {

namespace {

config load(const std::string& text) { return load_config_text(text, "test.toml").value(); }

// "key: from -> to", with "!" where it needs a restart.
std::vector<std::string> changes(const std::string& from, const std::string& to) {
  std::vector<std::string> all;
  for (const auto& c : compare(load(from), load(to)))
    all.push_back((c.runtime ? "" : "!") + c.key + ": " + c.from + " -> " + c.to);
  return all;
}

using expected = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(changes_are_named_with_old_and_new) {
  BOOST_TEST(changes("", "") == expected{}, boost::test_tools::per_element());
  BOOST_TEST(
      changes("[log]\nlevel = \"info\"\n", "[log]\nlevel = \"debug\"\n[loop]\nspin_us = 5\n") ==
          (expected{"log.level: info -> debug", "!loop.spin_us: 0 -> 5"}),
      boost::test_tools::per_element());
  BOOST_TEST(
      changes("[vision.a]\nservice_ms = 1\ncredit = 3\n", "[vision.a]\nservice_ms = 2.5\n") ==
          (expected{"vision.a.service_ms: 1 -> 2.5", "!vision.a.credit: 3 -> 0"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(secrets_are_not_shown) {
  BOOST_TEST(changes("[cloud.c]\npassword = \"one\"\n", "[cloud.c]\npassword = \"two\"\n") ==
                 (expected{"cloud.c.password: (secret) -> (secret)"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sections_come_and_go_as_a_whole) {
  BOOST_TEST(
      changes("[vision.a]\n[cloud.x]\nport = 1\n", "[vision.b]\nseed = 9\n[cloud.x]\nport = 1\n") ==
          (expected{"!vision.a: present -> absent", "!vision.b: absent -> present"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_group_changes_at_a_restart) {
  const std::string a = "node = \"a\"\n[member.a]\naddress = \"tcp://a:1\"\n";
  const std::string b = "[member.b]\naddress = \"tcp://b:1\"\n";
  BOOST_TEST(
      changes(a + b, a + "votes = true\nlisten = \"tcp://*:1\"\n[group]\nprofile = \"fast\"\n") ==
          (expected{"!member.b: present -> absent", "!group.profile: lan -> fast",
                    "!member.a.listen:  -> tcp://*:1"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_what_may_change_at_run_time_is_taken) {
  auto running = load("site = \"here\"\n[vision.a]\n[cloud.x]\n");
  take_runtime(running, load("site = \"there\"\n[log]\nlevel = \"error\"\n[gateway]\n"
                             "max_skew_ms = 7\nmax_cameras = 7\n[vision.a]\nservice_ms = 7\n"
                             "[vision.b]\nservice_ms = 7\n[cloud.x]\nport = 7\n"));
  BOOST_TEST(running.site == "here");
  BOOST_TEST((running.log.level == log_level::error));
  BOOST_TEST(running.gateway.max_skew_ms == 7u);
  BOOST_TEST(running.gateway.max_cameras == 256u);
  BOOST_TEST(running.vision.at("a").service_ms == 7.0);
  BOOST_TEST(!running.vision.contains("b"));
  BOOST_TEST(running.cloud.at("x").port == 1883u);
}

BOOST_AUTO_TEST_CASE(cameras_and_their_zones_come_and_go_at_run_time) {
  const std::string door = "[camera.gate]\nzones = [\"door 0 0 1 0 1 1\"]\n";
  BOOST_TEST(changes("[camera.yard]\n", door) ==
             (expected{"camera.yard: present -> absent", "camera.gate: absent -> present"}));
  auto running = load("[camera.yard]\n");
  take_runtime(running, load(door));
  BOOST_TEST(running.camera.size() == 1u);
  BOOST_TEST(running.camera.at("gate").zones.size() == 1u);
}

} // namespace monopod
