// From TOML, environment and flags to a config: what is taken, and what is said about mistakes.
#include "core/config/config_docs.hpp"
#include "core/config/config_loader.hpp"
#include "core/config/settings.hpp"
#include "core/limits.hpp"
#include "tests/unit/environment_variable.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace monopod {

namespace {

using overrides = std::vector<config_override>;

struct loaded {
  std::optional<config> conf;
  std::string mistakes; // as people see them
};

loaded load(const std::string& text, const overrides& o = {}) {
  auto result = load_config_text(text, "test.toml", o);
  if (!result)
    return {std::nullopt, describe(result.error())};
  return {std::move(*result), ""};
}

config must_load(const std::string& text, const overrides& o = {}) {
  auto l = load(text, o);
  BOOST_REQUIRE_MESSAGE(l.conf, l.mistakes);
  return std::move(*l.conf);
}

void expect_mistake(const std::string& text, const std::string& whole_line) {
  BOOST_TEST(load(text).mistakes == whole_line + "\n", text);
}

// A file that lives as long as the test, and that nobody else may read.
struct temporary_file {
  explicit temporary_file(const std::string& text) {
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  ~temporary_file() { std::filesystem::remove(path); }
  std::string path = std::filesystem::temp_directory_path() /
                     ("monopod-configuration-" + std::to_string(getpid()) + ".toml");
};

std::string default_section(const setting& s) {
  const auto* section = find_section(s.section);
  if (section == nullptr || !section->named)
    return "";
  return section->made_name.empty() ? "a" : section->made_name;
}

// There only in sections that are none without a file.
bool optional(const setting& s) { return s.named && find_section(s.section)->made_name.empty(); }

// The settings that make a group of this node and another.
const overrides group_of_two{{"F", "node", {"a"}},
                             {"F", "member.a.address", {"tcp://a:1"}},
                             {"F", "member.b.address", {"tcp://b:1"}}};

// A value that the setting allows and that is not its default.
setting_value another_value(const setting& s) {
  static const temporary_file file("x = 1");
  auto standard = s.get(reference_config(), "NAME");
  const std::vector<setting_value> candidates{
      true,
      false,
      s.max,
      static_cast<double>(s.max),
      s.words.empty() ? std::string("other") : s.words.front(),
      s.words.empty() ? std::string("tcp://127.0.0.1:1") : s.words.back(),
      std::string("127.0.0.1:1"),
      file.path,
      std::vector<std::string>{"other-*", "cam"},
      std::vector<std::string>{"a", "b"},
      std::vector<std::string>{"ipc:///tmp/a", "tcp://*:0"},
      std::vector<std::string>{"0 0 1 0 1 1"},
      std::vector<std::string>{"door 0 0 1 0 1 1"},
      std::vector<std::string>{"classes=person"}};
  for (const auto& c : candidates)
    if (c != standard && !check_setting(s, c))
      return c;
  BOOST_FAIL("no other value for " << s.key());
  return standard;
}

// As a flag or an environment variable spells it.
std::string flag_text(const setting_value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return *text;
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (list == nullptr)
    return toml_text(value);
  std::string joined;
  for (const auto& entry : *list)
    joined += (joined.empty() ? "" : ", ") + entry;
  return joined;
}

// Others do not go with what it changes them to.
bool stands_alone(const setting& s) {
  return s.key() == "cloud.NAME.preset" || s.key() == "cloud.NAME.version" || s.key() == "node" ||
         s.key() == "member.NAME.role" || s.key() == "cloud.NAME.password_file";
}

// All settings with other values than their defaults, but those that stand alone, as a file.
std::string all_changed() {
  std::string text;
  std::string section;
  for (const auto& s : settings()) {
    if (s.section != section)
      text += "[" + s.section + (s.named ? "." + default_section(s) : "") + "]\n";
    section = s.section;
    if (!stands_alone(s))
      text += s.name + " = " + toml_text(another_value(s)) + "\n";
  }
  return text;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

BOOST_AUTO_TEST_CASE(without_a_file_there_is_a_default_for_everything) {
  const auto conf = load_config(std::nullopt, {});
  BOOST_REQUIRE(conf.has_value());
  BOOST_TEST(conf->vision.empty());
  BOOST_TEST(conf->cloud.size() == 1u);
  BOOST_TEST(!conf->node.empty()); // the host's name
  for (const auto& s : settings())
    if (s.name != "node" && !optional(s))
      BOOST_TEST((s.get(*conf, default_section(s)) == s.get(reference_config(), "NAME")), s.key());
}

BOOST_AUTO_TEST_CASE(every_default_is_allowed) {
  for (const auto& s : settings()) {
    const auto problem = check_setting(s, s.get(reference_config(), "NAME"));
    BOOST_TEST(!problem, s.key() << ": " << (problem ? problem->what : ""));
    BOOST_TEST(!s.help.empty(), s.key());
    BOOST_TEST((find_key(s.key("a.b"))->which == &s), s.key());
  }
}

BOOST_AUTO_TEST_CASE(the_example_file_gives_the_defaults) {
  const auto conf = must_load(example_file());
  const auto defaults = must_load("");
  BOOST_TEST(conf.member.empty());
  for (const auto& s : settings())
    if (!optional(s))
      BOOST_TEST((s.get(conf, default_section(s)) == s.get(defaults, default_section(s))), s.key());
}

BOOST_AUTO_TEST_CASE(every_setting_comes_from_a_file) {
  const auto conf = must_load(all_changed(), {{"F", "node", {"a"}}, group_of_two.back()});
  for (const auto& s : settings())
    if (!stands_alone(s))
      BOOST_TEST((s.get(conf, default_section(s)) == another_value(s)), s.key());
}

BOOST_AUTO_TEST_CASE(every_setting_comes_from_a_flag_and_from_the_environment) {
  for (const auto& s : settings()) {
    const auto name = default_section(s);
    const auto text = flag_text(another_value(s));
    const auto file = std::get<std::string>(another_value(*find_key("cloud.a.key_file")->which));
    overrides base{// what some values need beside them
                   {"--cloud.local.reconnect_max_ms", "cloud.local.reconnect_max_ms", {"3600000"}},
                   {"--cloud.local.tls", "cloud.local.tls", {"true"}},
                   {"--cloud.local.cert_file", "cloud.local.cert_file", {file}},
                   {"--cloud.local.key_file", "cloud.local.key_file", {file}}};
    if (optional(s) || s.key() == "group.members")
      base.insert(base.end(), group_of_two.begin(), group_of_two.end());
    auto flags = base;
    flags.push_back({"--" + s.key(name), s.key(name), {text}});
    BOOST_TEST((s.get(must_load("", flags), name) == another_value(s)), s.key());

    const variable set(s.environment_name(name), text);
    auto environment = environment_overrides();
    BOOST_TEST_REQUIRE(environment.size() == 1u, s.key());
    BOOST_TEST(environment.front().where == s.environment_name(name));
    environment.insert(environment.begin(), base.begin(), base.end());
    BOOST_TEST((s.get(must_load("", environment), name) == another_value(s)), s.key());
  }
}

BOOST_AUTO_TEST_CASE(values_that_need_others_say_so) {
  const auto mistake = [](const std::string& lines) {
    const auto loaded = load_config_text("[cloud.c]\n" + lines, "f", {});
    return loaded ? std::string{} : describe(loaded.error());
  };
  BOOST_TEST(mistake("tls = true\ncert_file = \"/dev/null\"\n").find("set both or neither") !=
             std::string::npos);
  BOOST_TEST(mistake("ca_file = \"/dev/null\"\n").find("set tls = true") != std::string::npos);
  BOOST_TEST(mistake("tls = true\nca_file = \"/no/file\"\n").find("can't be read") !=
             std::string::npos);
  BOOST_TEST(mistake("tls = true\nalpn = \"x\"\n").empty());
}

BOOST_AUTO_TEST_CASE(a_flag_wins_over_the_environment_and_that_over_the_file) {
  const std::string file = "site = \"file\"\n[log]\nlevel = \"warn\"\n[loop]\nspin_us = 1\n";
  const variable site("MONOPOD_SITE", "environment");
  const variable level("MONOPOD_LOG_LEVEL", "error");
  auto o = environment_overrides();
  o.push_back({"--site", "site", {"flag"}});
  const auto conf = must_load(file, o);
  BOOST_TEST(conf.site == "flag");
  BOOST_TEST((conf.log.level == log_level::error));
  BOOST_TEST(conf.loop.spin_us == 1u);
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_errors_with_their_place_and_the_nearest_key) {
  expect_mistake("[gateway]\n  lisen = []\n",
                 "test.toml:2:11: unknown key \"gateway.lisen\"; did you mean gateway.listen?");
  expect_mistake("[vision.people]\ncredits = 3\n", "test.toml:2:11: unknown key "
                                                   "\"vision.people.credits\"; did you mean "
                                                   "vision.people.credit?");
  expect_mistake("[gatewai]\n", "test.toml:1:1: unknown key \"gatewai\"; did you mean gateway?");
  expect_mistake("spin_us = 3\n",
                 "test.toml:1:11: unknown key \"spin_us\"; did you mean loop.spin_us?");
  expect_mistake("\n[zzzzzzzzzzzz]\n",
                 "test.toml:2:1: unknown key \"zzzzzzzzzzzz\"; `monopod config "
                 "docs` lists all keys");
  const auto flag = load("", {{"--loop.spin_u", "loop.spin_u", {"1"}}});
  BOOST_TEST(flag.mistakes ==
             "--loop.spin_u: unknown key \"loop.spin_u\"; did you mean loop.spin_us?\n");
}

BOOST_AUTO_TEST_CASE(values_of_the_wrong_type_say_what_is_right) {
  expect_mistake("[loop]\nspin_us = \"much\"\n",
                 "test.toml:2:11: loop.spin_us: it must be a whole number, not a value of another "
                 "type; write for example spin_us = 0");
  expect_mistake("[loop]\nspin_us = 1.5\n",
                 "test.toml:2:11: loop.spin_us: it must be a whole number, not a value of another "
                 "type; write for example spin_us = 0");
  expect_mistake(
      "[gateway]\nlisten = [1]\n",
      "test.toml:2:10: gateway.listen: it must be a list of strings, not something else; "
      "write for example listen = [\"tcp://127.0.0.1:5570\"]");
  expect_mistake("site = 2024-01-01\n", "test.toml:1:8: site: it must be a string in quotes, not "
                                        "something else; write for example site = \"site\"");
  expect_mistake("gateway = 1\n", "test.toml:1:11: gateway is a section; write [gateway]");
  expect_mistake("[cloud]\nhost = \"a\"\n", "test.toml:2:8: cloud.host must be a section; write "
                                            "[cloud.NAME] with a name of your choice above it");
  BOOST_TEST(load("", {{"F", "vision.a.decode", {"yes"}}}).mistakes ==
             "F: vision.a.decode: it must be true or false, not \"yes\"; write for example decode "
             "= false\n");
  BOOST_TEST(load("", {{"F", "loop.spin_us", {"1x"}}}).mistakes ==
             "F: loop.spin_us: it must be a whole number, not \"1x\"; write for example spin_us = "
             "0\n");
  BOOST_TEST(load("", {{"F", "site", {"a", "b"}}}).mistakes ==
             "F: site: it takes one value; use a string\n");
  BOOST_TEST(must_load("[vision.a]\nservice_ms = 2\n").vision["a"].service_ms == 2.0);
}

BOOST_AUTO_TEST_CASE(numbers_have_their_ranges_to_the_last_one) {
  for (const auto& s : settings()) {
    if (s.type != setting_type::integer && s.type != setting_type::number)
      continue;
    const auto as_value = [&](std::int64_t n) {
      return s.type == setting_type::integer ? setting_value(n)
                                             : setting_value(static_cast<double>(n));
    };
    BOOST_TEST(!check_setting(s, as_value(s.min)), s.key());
    BOOST_TEST(!check_setting(s, as_value(s.max)), s.key());
    BOOST_TEST(check_setting(s, as_value(s.min - 1)).has_value(), s.key());
    if (s.max < INT64_MAX)
      BOOST_TEST(check_setting(s, as_value(s.max + 1)).has_value(), s.key());
  }
  expect_mistake("[loop]\nstall_ms = 0\n", "test.toml:2:12: loop.stall_ms: 0 is out of range; "
                                           "use 1 to 60000 ms; the default is 40");
  BOOST_TEST(!load("[vision.a]\nservice_ms = nan\n").conf);
  BOOST_TEST(!load("[vision.a]\nservice_ms = inf\n").conf);
}

BOOST_AUTO_TEST_CASE(texts_are_checked_by_what_they_mean) {
  expect_mistake("[log]\nlevel = \"loud\"\n",
                 "test.toml:2:9: log.level: \"loud\" is not known; use one of trace, debug, info, "
                 "warn, error, off");
  for (const std::string bad : {"", "localhost:5570", "udp://a:1", "tcp://a", "tcp://:1",
                                "tcp://a:65536", "tcp://a:b", "inproc://", "ipc://"})
    expect_mistake("[link]\nframes = \"" + bad + "\"\n",
                   "test.toml:2:10: link.frames: \"" + bad +
                       "\" is not an endpoint; use inproc://NAME, ipc://PATH (under 108 bytes) or "
                       "tcp://ADDRESS:PORT");
  BOOST_TEST(load("[link]\nresults = \"libzmq+ipc:///tmp/a\"\n").conf.has_value());
  BOOST_TEST(!load("[gateway]\nlisten = [\"libzmq+ipc:///tmp/a\"]\n").conf);
  const std::string cloud = "[cloud.a]\ntopic = ";
  const std::string known = "known are {site} {node} {camera} {app} {cloud}";
  const std::string at = "test.toml:2:9: cloud.a.topic: ";
  expect_mistake(cloud + "\"a/{cam}\"\n", at + "placeholder \"cam\" is not known; " + known);
  expect_mistake(cloud + "\"a/{site\"\n", at + "braces do not match in \"a/{site\"; " + known);
  expect_mistake(cloud + "\"a/#\"\n", at + "\"a/#\" holds a wildcard; remove + and #: results are "
                                           "published, not subscribed to");
  expect_mistake(cloud + "\"$SYS/a\"\n", at + "\"$SYS/a\" begins with $; choose another: brokers "
                                              "keep such topics for themselves");
  for (const std::string bad :
       {"site = \"a/b\"", "node = \"a b\"", "[vision.a]\ncameras = [\"/\"]",
        "[vision.a]\ncameras = []", "[http]\nlisten = \"http://a:1\"",
        "[cloud.a]\nhost = \"mqtt://a\"", "[cloud.a]\nstatus_topic=\"{camera}\"", "[cloud.\"a/b\"]",
        "[cloud.a]\nusername = \"\\u0007\""})
    BOOST_TEST(!load(bad).conf, bad);
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_a_configuration) {
  const auto mistakes = [](const std::string& path) {
    const auto conf = load_config(path, {});
    return conf ? "" : describe(conf.error());
  };
  const std::string unreadable = ": can't be read; name a file that exists, or none to run on "
                                 "defaults\n";
  BOOST_TEST(mistakes("/nowhere/monopod.toml") == "/nowhere/monopod.toml" + unreadable);
  BOOST_TEST(mistakes("/") == "/" + unreadable); // a directory
  const temporary_file large(std::string(limits::config_file_bytes + 1, '\n'));
  BOOST_TEST(mistakes(large.path) == large.path + ": is too large; use at most 262144 bytes\n");
  const temporary_file good("site = \"here\"\n");
  BOOST_TEST(load_config(good.path, {})->site == "here");
  BOOST_TEST(load("a = \n").mistakes.starts_with("test.toml:1:"));
}

BOOST_AUTO_TEST_CASE(what_nests_too_deep_is_refused_before_it_is_parsed) {
  std::string dotted = "\na";
  for (std::size_t i = 0; i <= limits::config_line_dots; ++i)
    dotted += ".a";
  expect_mistake(dotted + " = 1\n",
                 "test.toml:2:1: is nested too deeply; use keys of at most three parts");
  BOOST_TEST(load("a = " + std::string(100'000, '[')).mistakes.size() < 200u);
  std::string lines = "a = ";
  for (int i = 0; i < 100'000; ++i)
    lines += "[\n";
  BOOST_TEST(load(lines).mistakes.starts_with("test.toml:"));
  // The longest list that is allowed, on one line.
  std::string list = "[gateway]\nlisten = [";
  for (std::size_t i = 0; i < limits::camera_endpoints; ++i)
    list += "\"tcp://127.0.0.1:" + std::to_string(i) + "\", ";
  BOOST_TEST(must_load(list + "]\n").gateway.listen.size() == limits::camera_endpoints);
}

BOOST_AUTO_TEST_CASE(sections_have_names_and_are_limited) {
  const auto two = must_load("[vision.people]\n[vision.\"north.gate\"]\ncredit = 1\n");
  BOOST_TEST(two.vision.size() == 2u); // and none is made
  BOOST_TEST(two.vision.at("north.gate").credit == 1u);
  BOOST_TEST(two.vision.at("people").credit == vision_config{}.credit);
  BOOST_TEST(two.cloud.contains("local"));
  std::string many;
  for (std::size_t i = 0; i <= limits::clouds; ++i)
    many += "[cloud.c" + std::to_string(i) + "]\n";
  expect_mistake(many, "test.toml:9:1: too many sections of this kind; use at most 8");
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_up_to_a_limit) {
  const auto three = load_config_text("sit = 1\n[loop]\nspin_us = -1\n", "test.toml",
                                      {{"--http.listen", "http.listen", {"here"}}});
  BOOST_TEST(three.error().size() == 3u);
  std::string many;
  for (std::size_t i = 0; i < limits::config_mistakes + 7; ++i)
    many += "unknown" + std::to_string(i) + " = 1\n";
  const auto error = load_config_text(many, "test.toml").error();
  BOOST_TEST(error.size() == limits::config_mistakes + 1);
  BOOST_TEST(error.back().what == "7 more mistakes are not shown");
}

BOOST_AUTO_TEST_CASE(secrets_are_never_told) {
  const std::string secret = "hunter2";
  for (const std::string value : {"\"hunter2\\u0007\"", "[\"hunter2\"]", "hunter2", "\"hunter2",
                                  "'''hunter2", "hunter2.hunter2"})
    BOOST_TEST(load("[cloud.a]\npassword = " + value + "\n").mistakes.find(secret) ==
                   std::string::npos,
               load("[cloud.a]\npassword = " + value + "\n").mistakes);
  const auto long_secret = secret + std::string(limits::config_text_bytes, 'x');
  const auto flag = load("", {{"--cloud.a.password", "cloud.a.password", {long_secret}}});
  BOOST_TEST(!flag.conf);
  BOOST_TEST(flag.mistakes.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_printed_of_strangers_is_short_and_plain) {
  BOOST_TEST(printable(std::string("a\n\x1b\xff") + std::string(100, 'b')) ==
             "\"a???" + std::string(76, 'b') + "...\"");
}

BOOST_AUTO_TEST_CASE(the_pages_in_docs_are_current) {
  const std::string docs = MONOPOD_SOURCE_DIR "/docs/";
  BOOST_TEST((read_file(docs + "configuration.md") == configuration_page()),
             "docs/configuration.md differs; run `monopod config docs > docs/configuration.md`");
  BOOST_TEST((read_file(docs + "monopod.example.toml") == example_file()),
             "docs/monopod.example.toml differs; run `monopod config example > "
             "docs/monopod.example.toml`");
}

} // namespace monopod
