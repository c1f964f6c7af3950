// Which settings the environment speaks of.
#include "core/config/config_loader.hpp"
#include "tests/unit/environment_variable.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace monopod {

BOOST_AUTO_TEST_CASE(environment_variables_find_their_section) {
  const auto key = [](const char* name, const std::vector<std::string>& known) {
    const variable set(name, "x");
    const auto found = environment_overrides(known);
    return found.empty() ? "" : found.front().key;
  };
  BOOST_TEST(key("MONOPOD_VISION_NORTH_GATE_SEED", {}) == "vision.north_gate.seed");
  BOOST_TEST(key("MONOPOD_VISION_NORTH_GATE_SEED", {"north.gate"}) == "vision.north.gate.seed");
  BOOST_TEST(key("MONOPOD_CLOUD_A_STATUS_TOPIC", {}) == "cloud.a.status_topic");
  BOOST_TEST(key("MONOPOD_CLOUD_A_STATUS_TOPIC", {"a"}) == "cloud.a.status_topic");
  BOOST_TEST(key("MONOPOD_CLOUD_A_STATUS_TOPIC", {"a-status"}) == "cloud.a-status.topic");
  BOOST_TEST(key("MONOPOD_CLOUD_HOST", {}) == ""); // no section
  BOOST_TEST(key("MONOPOD_COLLECT_PASSWORD", {}) == "");
}

BOOST_AUTO_TEST_CASE(the_environment_knows_members_of_a_file_that_does_not_say_who_it_is) {
  const temporary_folder folder;
  const auto file = (folder.path / "monopod.toml").string();
  std::ofstream(file) << "[member.\"north.gate\"]\naddress = \"tcp://a:1\"\n";
  BOOST_TEST(!load_config(file, {}));
  const variable node("MONOPOD_NODE", "north.gate");
  const variable listen("MONOPOD_MEMBER_NORTH_GATE_LISTEN", "tcp://*:1");
  const auto conf = load_config(file, environment_overrides(section_names(file)));
  BOOST_TEST_REQUIRE(conf.has_value());
  BOOST_TEST(conf->member.at("north.gate").listen == "tcp://*:1");
}

} // namespace monopod
