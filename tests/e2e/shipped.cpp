// The programs as they are shipped: hardened, and with a list of what they consist of.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <sstream>

using namespace monopod::harness;

namespace {

const std::string sbom = MONOPOD_SOURCE_DIR "/packaging/sbom";

const std::vector<std::string> programs{program(), program("camera"), program("app"),
                                        program("collect")};

std::string readelf(const std::string& what, const std::string& file) {
  const auto said = run({"readelf", "--wide", what, file});
  BOOST_REQUIRE_MESSAGE(said.exit_code == 0, said.output);
  return said.output;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The first line with `part`; empty: there is none.
std::string line_with(const std::string& text, const std::string& part) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (holds(line, part))
      return line;
  return {};
}

} // namespace

// cmake/MonopodBuild.cmake has the flags.
BOOST_DATA_TEST_CASE(programs_are_hardened, boost::unit_test::data::make(programs), file) {
  BOOST_TEST(holds(line_with(readelf("--file-header", file), "Type:"), "DYN"), "not PIE");
  const auto segments = readelf("--program-headers", file);
  BOOST_TEST(holds(segments, "GNU_RELRO"), segments);
  BOOST_TEST(!holds(line_with(segments, "GNU_STACK"), "E"), "the stack may be executed");
  const auto dynamic = readelf("--dynamic", file);
  BOOST_TEST(holds(line_with(dynamic, "FLAGS_1"), "NOW"), "lazy binding: " + dynamic);
  BOOST_TEST(holds(line_with(dynamic, "FLAGS_1"), "PIE"), dynamic);
  const auto symbols = readelf("--dyn-syms", file);
  BOOST_TEST(holds(symbols, "__stack_chk_fail"), "no stack protector");
  BOOST_TEST((holds(symbols, "cpy_chk") || holds(symbols, "printf_chk") ||
              holds(symbols, "read_chk") || holds(symbols, "recv_chk")),
             "no fortified calls");
}

BOOST_AUTO_TEST_CASE(assertions_of_the_standard_library_are_compiled_in) {
  BOOST_TEST(holds(readelf("--dyn-syms", program()), "__glibcxx_assert_fail"));
}

// Of civetweb only the client is used: Debian 12 has no fix for CVE-2025-55763, which is in its way
// of serving files.
BOOST_AUTO_TEST_CASE(no_server_of_civetweb_is_in_the_program) {
  const auto symbols = readelf("--dyn-syms", program());
  BOOST_TEST(holds(symbols, "mg_connect_client"), "this looks for the wrong names");
  BOOST_TEST(!holds(symbols, "mg_start"));
}

BOOST_AUTO_TEST_CASE(a_bill_of_materials_names_every_package) {
  const auto said = run({sbom, "monopod", "1.2", "abc", "1700000000", program()});
  BOOST_REQUIRE_MESSAGE(said.exit_code == 0, said.output);
  const auto bill = parse_json(said.output);
  BOOST_TEST(bill.at("spdxVersion") == "SPDX-2.3");
  BOOST_TEST(bill.at("creationInfo").at("created") == "2023-11-14T22:13:20Z");
  const auto& packages = bill.at("packages");
  const auto has = [&packages](const std::string& name) {
    return std::ranges::any_of(packages, [&](const auto& p) {
      return p.at("name") == name && !p.at("versionInfo").template get<std::string>().empty();
    });
  };
  for (const auto* name : {"monopod", "libc6", "libzmq5", "libmosquitto1", "libsqlite3-0",
                           "libssl3", "libtomlplusplus-dev"})
    BOOST_TEST(has(name), name);
  for (const auto& r : bill.at("relationships"))
    for (const auto* end : {"spdxElementId", "relatedSpdxElement"}) {
      const auto id = r.at(end).get<std::string>();
      BOOST_TEST(
          (id == "SPDXRef-DOCUMENT" ||
           std::ranges::any_of(packages, [&](const auto& p) { return p.at("SPDXID") == id; })),
          id);
    }
}

BOOST_AUTO_TEST_CASE(a_bill_of_nothing_is_an_error) {
  const auto said = run({sbom, "x", "1", "c", "0", "/no/such/program"});
  BOOST_TEST(said.exit_code != 0);
}
