// The rules about documents and folders, each against a text that breaks it, then all of them
// against the project.
#include "tests/unit/house_docs.hpp"

#include "tests/unit/house_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

namespace monopod::house {

namespace {

namespace fs = std::filesystem;

constexpr outcome first{1, 1};

// Without this, the names in these tests would be looked for, too.
std::string rule(char letter, char number) { return {letter, number}; }

bool is_folder(std::string_view name) { return std::ranges::find(folders, name) != folders.end(); }

const source& page(const std::string& path) {
  const auto at = std::ranges::find(texts(), path, &source::path);
  BOOST_REQUIRE_MESSAGE(at != texts().end(), path << " is missing");
  return *at;
}

const project& here() {
  static const project all{
      [](const std::string& path) { return exists(path) || fs::is_directory(root / path); },
      [](const std::string& path) {
        return anchors_of({path, read(root / path)});
      }};
  return all;
}

void tell(const source& s, const findings& found) {
  for (const auto& f : found)
    BOOST_ERROR(s.path << ":" << f.line << ": " << f.what << "; " << f.remedy);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string() + (entry.is_directory() ? "/" : ""));
  return names;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_rule_is_explained_once_and_in_order) {
  const auto of_page = [](const std::string& text) { return of(check_rule_page({"a.md", text})); };
  BOOST_TEST(of_page("### R1\n\n### R2\n\n### L1\n") == good);
  BOOST_TEST(of_page("### R1\n\n### R1\n") == (outcome{1, 3}));
  BOOST_TEST(of_page("### R1\n\n### R3\n") == (outcome{1, 3}));
  BOOST_TEST(of_page("### R2\n") == first);
  BOOST_TEST(of_page("```\n### R2\n```\n## R2\n### Register\n") == good);
}

BOOST_AUTO_TEST_CASE(rules_are_named_that_exist) {
  const std::vector<std::string> rules{"R1"};
  const auto named = [&rules](const std::string& text) {
    return of(check_rule_names({"a.cpp", text}, rules));
  };
  BOOST_TEST(named("// R1, (R1).") == good);
  BOOST_TEST(named("// " + rule('R', '2')) == first);
  BOOST_TEST(named("a\n// R1 and (" + rule('L', '9') + ")") == (outcome{1, 2}));
  BOOST_TEST(named("x" + rule('R', '2') + " " + rule('R', '2') + "0 -" + rule('O', '2') + " D1") ==
             good);
}

BOOST_AUTO_TEST_CASE(every_mutant_is_named) {
  const source rules("rules.hpp", "enum {\n  none,\n  r1_blind_change, // why\n  c1_anyone\n};\n");
  BOOST_TEST(of(check_mutants(rules, {"a.md", "`r1_blind_change`, `c1_anyone`"})) == good);
  BOOST_TEST(of(check_mutants(rules, {"a.md", "`c1_anyone`"})) == (outcome{1, 3}));
  const source judged("rules.hpp", "  sense_any_view\n");
  BOOST_TEST(of(check_mutants(judged, {"a.md", ""})) == first);
}

BOOST_AUTO_TEST_CASE(nothing_cites_what_is_not_there) {
  const std::string document = "de"
                               "sign";
  const auto cited = [](const std::string& text) { return of(check_citations({"a", text})); };
  BOOST_TEST(cited("as the " + document + " says") == first);
  BOOST_TEST(cited("(" + document + ", section 5)") == first);
  BOOST_TEST(cited("\nD" + document.substr(1) + " section 3 has it") == (outcome{1, 2}));
  BOOST_TEST(cited("slow by " + document + ", the " + document + "er") == good);
}

BOOST_AUTO_TEST_CASE(prose_has_120_columns) {
  const auto wide = [](const std::string& text) { return of(check_width({"a.md", text})); };
  const std::string words = "a " + std::string(118, 'b');
  BOOST_TEST(wide(words) == good);
  BOOST_TEST(wide(words + "b") == first);
  BOOST_TEST(wide("a " + std::string(117, 'b') + "µ") == good);
  BOOST_TEST(wide("| " + words + " |\n```\n" + words + "c\n```\n" + words + "d") ==
             (outcome{1, 5}));
  BOOST_TEST(wide("- [a](" + words.substr(2) + ").") == good);
  BOOST_TEST(wide("![a picture](" + words.substr(2) + ")") == good);
  BOOST_TEST(wide("[a](b) and more: " + words) == first);
}

BOOST_AUTO_TEST_CASE(links_lead_somewhere) {
  const project all{[](const std::string& path) { return path == "docs/b.md" || path == "c"; },
                    [](const std::string& path) {
                      return path == "docs/b.md" ? std::set<std::string>{"l3"}
                                                 : std::set<std::string>{"own-words"};
                    }};
  const auto linked = [&all](const std::string& text) {
    return of(check_links({"docs/a.md", text}, all));
  };
  BOOST_TEST(linked("[b](b.md), [c](../c), [L3](b.md#l3), [here](#own-words)") == good);
  BOOST_TEST(linked("[b](https://b.org/c#d) `[b](none)`") == good);
  BOOST_TEST(linked("```\n[b](none)\n```\n") == good);
  BOOST_TEST(linked("[b](b.txt)") == first);
  BOOST_TEST(linked("[b](b.md#l4)") == first);
  BOOST_TEST(linked("[b](b.md) and\n[a](#l3)") == (outcome{1, 2}));
}

BOOST_AUTO_TEST_CASE(headings_are_anchors) {
  BOOST_TEST(anchor_of("Against the thesis's architecture") == "against-the-thesiss-architecture");
  BOOST_TEST(anchor_of("`step()`, 2.") == "step-2");
  const auto anchors = anchors_of({"a.md", "# A b\n## L3\n## L3\n```\n# no\n```\n"});
  BOOST_TEST((anchors == std::set<std::string>{"a-b", "l3", "l3-1"}));
}

BOOST_AUTO_TEST_CASE(paths_are_there) {
  const project all{[](const std::string& path) { return path == "core/a.hpp" || path == "core/"; },
                    {}};
  const auto named = [&all](const std::string& text) {
    return of(check_paths({"a.md", text}, all, is_folder));
  };
  BOOST_TEST(named("`core/a.hpp`, `core/a`, `core/`, `other/a.hpp`, `core/*`, `a.hpp`") == good);
  BOOST_TEST(named("```\n`core/b.hpp`\n```\n") == good);
  BOOST_TEST(named("`core/b.hpp`") == first);
  BOOST_TEST(named("`a`\n`core/run --flag`") == (outcome{1, 2}));
}

BOOST_AUTO_TEST_CASE(folders_show_little) {
  const std::vector<std::string> names{"a.hpp", "a.cpp", "b.hpp", "a/", "CMakeLists.txt"};
  BOOST_TEST(rooms_of(names) == 3u);
  BOOST_TEST(of(check_rooms(names, 3)) == good);
  BOOST_TEST(of(check_rooms(names, 2)) == first);
}

BOOST_AUTO_TEST_CASE(the_documents_keep_the_rules) {
  for (const auto& s : texts()) {
    tell(s, check_citations(s));
    if (!s.is(".md"))
      continue;
    tell(s, check_width(s));
    tell(s, check_links(s, here()));
    tell(s, check_paths(s, here(), is_folder));
  }
}

BOOST_AUTO_TEST_CASE(the_rules_of_replication_are_told) {
  const auto& told = page("docs/replication.md");
  const auto rules = rules_of(told);
  BOOST_TEST(rules.size() == 32u); // R1 to R5, L1 to L5, G1 to G4, C1 to C5, O1, O2, I1 to I9
  tell(told, check_rule_page(told));
  const auto& mutants = page("replication/rules.hpp");
  tell(mutants, check_mutants(mutants, told));
  for (const auto& s : texts())
    for (const auto* folder :
         {"replication", "actors", "clients", "programs", "tests/sim", "tests/unit", "docs"})
      if (s.in(folder))
        tell(s, check_rule_names(s, rules));
}

BOOST_AUTO_TEST_CASE(one_look_at_a_folder_is_enough) {
  const auto look = [](const fs::path& folder, std::size_t limit) {
    for (const auto& f : check_rooms(names_in(folder), limit))
      BOOST_ERROR(fs::relative(folder, root).string() << ": " << f.what << "; " << f.remedy);
  };
  const std::map<std::string, std::size_t> limits{{"actors", 12}, {"core", 16}};
  for (const auto& [top, limit] : limits) {
    look(root / top, limit);
    for (const auto& entry : fs::recursive_directory_iterator(root / top))
      if (entry.is_directory())
        look(entry.path(), limit);
  }
}

} // namespace monopod::house
