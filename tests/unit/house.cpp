// The house style checks itself: each rule against a text that breaks it, then all of them against
// the source tree.
#include "tests/unit/house_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace monopod::house {

namespace {

std::string lines(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += text + "\n";
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(blanks_and_lengths) {
  BOOST_TEST(of(check_blanks({"a", "a\n\nb\n"})) == good);
  BOOST_TEST(of(check_blanks({"a", "a\nb \n"})) == (outcome{1, 2}));
  BOOST_TEST(of(check_blanks({"a", "\t\na\n"})) == (outcome{1, 1}));
  BOOST_TEST(of(check_blanks({"a", "a"})) == (outcome{1, 1}));
  BOOST_TEST(of(check_blanks({"a", "a\n\n"})) == (outcome{1, 2}));
  BOOST_TEST(of(check_length({"a", lines(399, "x")})) == good);
  BOOST_TEST(of(check_length({"a", lines(400, "x")})) == (outcome{1, 400}));
}

BOOST_AUTO_TEST_CASE(functions_end_at_their_indentation) {
  const auto free_function = [](std::size_t body) {
    return source("a.cpp", "int a;\n\nint f(int x,\n      int y) {\n" + lines(body, "  g();") +
                               "}\n\n" + lines(80, "int b;"));
  };
  BOOST_TEST(of(check_functions(free_function(66))) == good);
  BOOST_TEST(of(check_functions(free_function(67))) == (outcome{1, 3}));
  const auto member = [](std::size_t body) {
    return source("a.cpp", "struct s {\n  void f() {\n" + lines(body, "    g();") + "  }\n" +
                               lines(80, "  int b;") + "};\n");
  };
  BOOST_TEST(of(check_functions(member(67))) == good);
  BOOST_TEST(of(check_functions(member(68))) == (outcome{1, 2}));
}

BOOST_AUTO_TEST_CASE(headers_say_what_they_are_for) {
  BOOST_TEST(of(check_header({"a.hpp", "// A thing.\n#pragma once\n"})) == good);
  BOOST_TEST(of(check_header({"a.hpp", "#pragma once\n"})) == (outcome{1, 1}));
  BOOST_TEST(of(check_header({"a.hpp", "// A thing.\n"})) == (outcome{1, 1}));
}

BOOST_AUTO_TEST_CASE(dependencies_point_one_way) {
  const auto check_one = [](const char* path, const std::string& target) {
    return of(check_layers({path, "// A comment.\n#include " + target + " // why\n"}));
  };
  const outcome bad{1, 2};
  BOOST_TEST(check_one("core/a.cpp", "\"core/b.hpp\"") == good);
  BOOST_TEST(check_one("core/a.cpp", "\"actors/b.hpp\"") == bad);
  BOOST_TEST(check_one("core/a.cpp", "<caf/all.hpp>") == bad);
  BOOST_TEST(check_one("core/a.cpp", "<zmq.h>") == bad);
  BOOST_TEST(check_one("schemas/a.hpp", "\"core/b.hpp\"") == bad);
  BOOST_TEST(check_one("replication/a.cpp", "\"schemas/codec.hpp\"") == good);
  for (const char* header : {"<caf/all.hpp>", "<zmq.h>", "<chrono>", "<thread>", "<fstream>",
                             "<sys/socket.h>", "\"core/clock.hpp\"", "\"actors/runtime/loop.hpp\""})
    BOOST_TEST(check_one("replication/a.cpp", header) == bad, header);
  BOOST_TEST(check_one("actors/a.cpp", "<caf/all.hpp>") == good);
  BOOST_TEST(check_one("actors/a.cpp", "\"clients/b.hpp\"") == bad);
  BOOST_TEST(check_one("clients/a.cpp", "\"replication/b.hpp\"") == bad);
  BOOST_TEST(check_one("clients/a.cpp", "<zmq.h>") == good);
  BOOST_TEST(check_one("programs/x/a.cpp", "\"actors/b.hpp\"") == good);
  BOOST_TEST(check_one("programs/x/a.cpp", "\"tools/b.hpp\"") == bad);
  BOOST_TEST(check_one("programs/x/a.cpp", "<caf/all.hpp>") == bad);
  BOOST_TEST(check_one("actors/x/a.cpp", "\"programs/b.hpp\"") == bad);
  BOOST_TEST(check_one("tools/x/a.cpp", "\"programs/b.hpp\"") == good);
  BOOST_TEST(check_one("tools/x/a.cpp", "\"actors/b.hpp\"") == good);
  BOOST_TEST(check_one("tools/x/a.cpp", "<caf/all.hpp>") == bad);
  BOOST_TEST(check_one("tools/x/a.cpp", "\"tests/unit/rig.hpp\"") == bad);
  BOOST_TEST(check_one("tests/unit/a.cpp", "<caf/all.hpp>") == good);
}

BOOST_AUTO_TEST_CASE(includes_are_written_from_the_root) {
  const auto there = [](const std::string& path) { return path == "core/b.hpp"; };
  BOOST_TEST(of(check_includes({"core/a.cpp", "#include \"core/b.hpp\"\n"}, there)) == good);
  BOOST_TEST(of(check_includes({"core/a.cpp", "\n#include \"b.hpp\"\n"}, there)) ==
             (outcome{1, 2}));
  BOOST_TEST(exists("core/names.hpp"));
  BOOST_TEST(exists("schemas/camera_generated.h"));
  BOOST_TEST(!exists("schemas/no_generated.h"));
  BOOST_TEST(exists("tools/control/vei.grpc.pb.h"));
  BOOST_TEST(!exists("tools/control/no.pb.h"));
}

BOOST_AUTO_TEST_CASE(tests_never_sleep) {
  for (const std::string call : {"usleep", "std::this_thread::sleep_for", "sleep"})
    BOOST_TEST(of(check_sleeps({"tests/a.cpp", "int a;\n  " + call + "(5);\n"})) ==
               (outcome{1, 2}));
  BOOST_TEST(of(check_sleeps({"tests/a.cpp", "never_sleep(5);\n"})) == good);
}

BOOST_AUTO_TEST_CASE(limits_have_a_comment) {
  const std::string limit = "inline constexpr int a = 1;\n";
  BOOST_TEST(of(check_limits({"a", "// Why.\n" + limit + limit})) == good);
  BOOST_TEST(of(check_limits({"a", "// Why.\n" + limit + "\n" + limit})) == (outcome{1, 4}));
  BOOST_TEST(of(check_limits({"a", "// -- heading\n" + limit})) == (outcome{1, 2}));
}

BOOST_AUTO_TEST_CASE(every_rule_is_applied) {
  const auto messages = [](const char* path, const std::string& text) {
    return check({path, text}, [](const std::string&) { return false; }).size();
  };
  BOOST_TEST(messages("core/a.hpp", "#include \"b.hpp\" ") == 6u);
  BOOST_TEST(messages("core/limits.hpp", "inline constexpr int a = 1;\n") == 3u);
  BOOST_TEST(messages("tests/a.cpp", std::string("void f() {\n") +
                                         lines(400, "  sleep"
                                                    "(1);") +
                                         "}\n") == 402u);
  BOOST_TEST(check({"a.cpp", "a"}, exists).front() ==
             "a.cpp:1: no newline at the end of the file; add it");
}

BOOST_AUTO_TEST_CASE(one_library_for_one_thing) {
  for (const char* header : {"<boost/property_tree/ptree.hpp>", "<zmq.h>"})
    BOOST_TEST(of(check_libraries({"a.cpp", std::string("\n#include ") + header + "\n"})) ==
               (outcome{1, 2}));
  BOOST_TEST(of(check_libraries({"a.cpp", "#include <zmq.hpp>\n"})) == good);
}

// .clang-tidy names the headers that it looks at by one expression: as deep as folders go.
BOOST_AUTO_TEST_CASE(clang_tidy_looks_at_every_header) {
  static const std::regex line(R"(HeaderFilterRegex: '([^\n]*)')");
  const auto text = read(root / ".clang-tidy");
  std::smatch found;
  BOOST_REQUIRE(std::regex_search(text, found, line));
  const std::regex looked_at(found[1].str());
  for (const auto& s : texts())
    if (s.is(".hpp"))
      BOOST_TEST(std::regex_search("/" + s.path, looked_at), s.path);
}

BOOST_AUTO_TEST_CASE(scripts_are_texts_wherever_they_are) {
  BOOST_TEST(is_text(root / "tools/check"));
  BOOST_TEST(is_text(root / "tests/fault/run"));
  BOOST_TEST(is_text(root / "packaging/test"));
  BOOST_TEST(is_text(root / "tools/cluster/stage"));
  BOOST_TEST(!is_text(root / "LICENSE"));
  BOOST_TEST(!is_text(root / "docs/experiment/samples.tar.xz"));
}

BOOST_AUTO_TEST_CASE(types_that_others_may_see_are_found) {
  using types = std::vector<std::pair<std::string, std::size_t>>;
  BOOST_TEST((defined_types({"a", "namespace a::b {\n\nstruct c {\n  struct d {};\n};\n\n}"}) ==
              types{{"a::b::c", 3}}));
  BOOST_TEST((defined_types({"a", "namespace a {\n\nnamespace {\n\nstruct b {\n};\n\n"
                                  "} // namespace\n\nclass c final : public d {\n};\n"}) ==
              types{{"a::c", 10}}));
  BOOST_TEST(defined_types({"a", "struct a;\nstruct a::b {\n};\nstruct a<int> {\n};\n"}).empty());
}

// Tests are programs of their own, the rest may be linked together.
BOOST_AUTO_TEST_CASE(each_type_has_one_definition) {
  std::map<std::string, std::string> places;
  for (const auto& s : texts())
    if (s.is_cpp() && !s.in("tests"))
      for (const auto& [name, line] : defined_types(s)) {
        const auto place = s.path + ":" + std::to_string(line);
        const auto [first, added] = places.emplace(name, place);
        BOOST_TEST(added, place << ": " << name << " is also in " << first->second);
      }
  BOOST_TEST(places.size() > 100u); // else it looked in the wrong place
}

// A test that is not declared runs nowhere, and nothing else would say so.
BOOST_AUTO_TEST_CASE(each_test_is_declared) {
  const auto declared = read(root / "tests/CMakeLists.txt");
  std::size_t tests = 0;
  for (const auto& s : texts()) {
    if (!s.in("tests") || !s.is_cpp() ||
        s.text.find("\nBOOST_AUTO_TEST_CASE(") == std::string::npos)
      continue;
    const std::filesystem::path path(s.path);
    const auto line =
        "monopod_test(" + path.stem().string() + " KIND " + path.parent_path().filename().string();
    BOOST_TEST(declared.find(line) != std::string::npos, "tests/CMakeLists.txt lacks " << line);
    ++tests;
  }
  BOOST_TEST(tests > 50u); // else it looked in the wrong place
}

BOOST_AUTO_TEST_CASE(the_source_tree_keeps_the_rules) {
  BOOST_TEST(texts().size() > 100u); // else it looked in the wrong place
  for (const auto& s : texts())
    for (const auto& message : check(s, exists))
      BOOST_ERROR(message);
}

} // namespace monopod::house
