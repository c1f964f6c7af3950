// The rules over several settings: contradictions, and what works and yet does nothing.
#include "core/config/cross_checks.hpp"

#include "core/config/config_loader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace monopod {

namespace {

std::vector<std::string> warnings(const std::string& text) {
  return config_warnings(load_config_text(text, "f").value());
}

} // namespace

BOOST_AUTO_TEST_CASE(settings_that_contradict_each_other_are_refused) {
  const auto refused = load_config_text("[cloud.a]\nreconnect_min_ms = 50\nreconnect_max_ms = 40\n"
                                        "cert_file = \"/dev/null\"\nalpn = \"mqtt\"\n",
                                        "f");
  BOOST_REQUIRE(!refused);
  BOOST_TEST(describe(refused.error()) ==
             "f:2:20: cloud.a.reconnect_min_ms: 50 ms is above reconnect_max_ms, which is 40 ms; "
             "lower it, or raise reconnect_max_ms\n"
             "f:4:13: cloud.a.cert_file: cert_file and key_file go together; set both or neither\n"
             "f:4:13: cloud.a.cert_file: it has no effect without TLS; set tls = true\n"
             "f:5:8: cloud.a.alpn: it has no effect without TLS; set tls = true\n");
}

BOOST_AUTO_TEST_CASE(groups_that_survive_little_are_told) {
  const auto warning = [](const std::string& more) {
    const std::string two =
        "node = \"a\"\n[member.a]\naddress = \"tcp://a:1\"\n[member.b]\naddress = "
        "\"tcp://b:1\"\n";
    const auto all = warnings(two + more);
    return all.empty() ? "" : all.front();
  };
  BOOST_TEST(warning("") == "with 2 voters 0 may be away, as with 1: add a witness, or give one "
                            "member votes = false");
  BOOST_TEST(warning("votes = false\n") ==
             "only a votes: while it is away nobody else becomes primary; add a witness, which may "
             "be a small machine");
  BOOST_TEST(warning("[member.w]\naddress = \"tcp://w:1\"\nrole = \"witness\"\n") == "");
}

BOOST_AUTO_TEST_CASE(settings_that_nothing_reads_are_warned_of) {
  BOOST_TEST(
      warnings("[vision.a]\noptions = [\"a=1\"]\n") ==
          std::vector<std::string>{"vision.a.options has no effect, since the built-in emulator "
                                   "takes no options: choose a plug-in, or remove it"},
      boost::test_tools::per_element());
  BOOST_TEST(warnings("[cloud.b]\nimage_labels = [\"person\"]\n") ==
                 std::vector<std::string>{"cloud.b.image_labels has no effect while cloud.b.image "
                                          "is \"none\": set that to \"frame\" or \"crop\""},
             boost::test_tools::per_element());
  BOOST_TEST(
      warnings("[vision.a]\nplugin = \"x\"\noptions = [\"a=1\"]\n[cloud.b]\nimage = \"crop\"\n"
               "image_labels = [\"person\"]\n")
          .empty());
}

} // namespace monopod
