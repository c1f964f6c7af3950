// The rules of the house about its documents and folders, each a pure function on a text or a list.
#pragma once

#include "tests/unit/house_rules.hpp"

#include <cctype>
#include <filesystem>
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace monopod::house {

inline std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

/// Calls `f` with the number and text of every line of a .md file that is not in a code block.
template <class F>
void each_line(const source& s, F f) {
  bool code = false;
  for (std::size_t i = 0; i < s.lines.size(); ++i)
    if (trimmed(s.lines[i]).starts_with("```"))
      code = !code;
    else if (!code)
      f(i + 1, s.lines[i]);
}

/// The parts of a line that are in backticks, and the line without them.
struct code_spans {
  std::vector<std::string> spans;
  std::string rest;
};
inline code_spans split_code(std::string_view line) {
  code_spans found;
  for (std::size_t at = 0; at < line.size();) {
    const auto begin = line.find('`', at);
    const auto end = begin == std::string_view::npos ? begin : line.find('`', begin + 1);
    found.rest += line.substr(at, begin - at);
    if (end == std::string_view::npos)
      break;
    found.spans.emplace_back(line.substr(begin + 1, end - begin - 1));
    at = end + 1;
  }
  return found;
}

// -- the rules of replication

/// A rule or invariant: R1, L3, I9.
inline bool names_rule(std::string_view text) {
  return text.size() == 2 && std::string_view("RLGCOI").find(text[0]) != std::string_view::npos &&
         text[1] >= '1' && text[1] <= '9';
}

/// The rules that docs/replication.md explains, in its order: a heading for each.
inline std::vector<std::string> rules_of(const source& page) {
  std::vector<std::string> rules;
  each_line(page, [&rules](std::size_t, std::string_view line) {
    if (line.starts_with("### ") && names_rule(line.substr(4)))
      rules.emplace_back(line.substr(4));
  });
  return rules;
}

/// Checks that each rule is explained once, and that those of a letter are numbered without a gap.
inline findings check_rule_page(const source& page) {
  findings found;
  std::string before;
  std::size_t at = 0;
  for (const auto& rule : rules_of(page)) {
    at = static_cast<std::size_t>(std::find(page.lines.begin() + static_cast<std::ptrdiff_t>(at),
                                            page.lines.end(), "### " + rule) -
                                  page.lines.begin() + 1);
    const bool next = !before.empty() && rule[0] == before[0];
    const char expected = next ? static_cast<char>(before[1] + 1) : '1';
    if (rule[1] != expected)
      found.push_back({at, rule + " stands where " + rule[0] + expected + " should",
                       "explain each rule once, in order"});
    before = rule;
  }
  return found;
}

/// Checks that each rule that is named is also explained. Flags of a compiler (-O1) are not rules.
inline findings check_rule_names(const source& s, const std::vector<std::string>& rules) {
  const auto part_of_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    const std::string_view line = s.lines[i];
    for (std::size_t at = 0; at + 2 <= line.size(); ++at) {
      const auto name = line.substr(at, 2);
      const bool begins = at == 0 || !(part_of_word(line[at - 1]) || line[at - 1] == '-');
      const bool ends = at + 2 == line.size() || !part_of_word(line[at + 2]);
      if (begins && ends && names_rule(name) && std::ranges::find(rules, name) == rules.end())
        found.push_back({i + 1, std::string(name) + " is no rule of docs/replication.md",
                         "explain it there, or name the one that is meant"});
    }
  }
  return found;
}

/// Checks that the page names each mutant of replication/rules.hpp, in backticks.
inline findings check_mutants(const source& rules, const source& page) {
  static const std::regex mutant("^  ((?:[rlgco][1-9]|sense)_[a-z0-9_]+)");
  findings found;
  for (std::size_t i = 0; i < rules.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(rules.lines[i], match, mutant) &&
        page.text.find("`" + match[1].str() + "`") == std::string::npos)
      found.push_back({i + 1, match[1].str() + " is not in docs/replication.md",
                       "name it under the rule that it breaks"});
  }
  return found;
}

// -- prose

/// Checks that no text cites a document that is not part of the project.
inline findings check_citations(const source& s) {
  static const std::regex citation(R"(\b(the\s+de)"
                                   R"(sign\b|de)"
                                   R"(sign,?\s+section\b))",
                                   std::regex::icase);
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i)
    if (s.lines[i].find("esign") != std::string::npos && std::regex_search(s.lines[i], citation))
      found.push_back({i + 1, "it cites a document that is not in the project",
                       "name a page of docs/ or an ADR"});
  return found;
}

/// Checks that lines of prose have at most 120 columns. Tables, code, and a link or an image alone
/// may be longer.
inline findings check_width(const source& s) {
  constexpr std::size_t limit = 120;
  static const std::regex alone(R"(^\s*([-*+] |\d+\. )?(!?\[[^\]]*\]\(\S*\)|\S+)[.,;:]?$)");
  findings found;
  each_line(s, [&found](std::size_t number, const std::string& line) {
    const auto columns = static_cast<std::size_t>(std::ranges::count_if(line, [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; // bytes that begin a character
    }));
    if (columns > limit && !trimmed(line).starts_with('|') && !std::regex_match(line, alone))
      found.push_back(
          {number, "the line has " + std::to_string(columns) + " columns, over 120", "wrap it"});
  });
  return found;
}

// -- links and paths

/// The anchor that GitHub makes of a heading.
inline std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ')
      anchor += '-';
    else if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80U)
      anchor += static_cast<char>(std::tolower(byte));
  }
  return anchor;
}

inline std::set<std::string> anchors_of(const source& page) {
  std::set<std::string> anchors;
  each_line(page, [&anchors](std::size_t, std::string_view line) {
    if (!line.starts_with('#'))
      return;
    line.remove_prefix(std::min(line.find_first_not_of('#'), line.size()));
    const auto anchor = anchor_of(trimmed(line));
    auto unique = anchor;
    for (int n = 1; !anchors.insert(unique).second; ++n)
      unique = anchor + "-" + std::to_string(n);
  });
  return anchors;
}

/// The project as the checks of documents see it, by paths from the root.
struct project {
  std::function<bool(const std::string& path)> has; // a file or a folder
  std::function<std::set<std::string>(const std::string& path)> anchors;
};

/// Checks that links to files of the project, and to places in them, lead there.
inline findings check_links(const source& s, const project& all) {
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  findings found;
  each_line(s, [&](std::size_t number, const std::string& line) {
    const auto text = split_code(line).rest;
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
      const auto target = (*at)[1].str();
      if (target.find("://") != std::string::npos || target.starts_with("mailto:"))
        continue;
      const auto hash = target.find('#');
      const auto file = target.substr(0, hash);
      auto path = (std::filesystem::path(s.path).parent_path() / file).lexically_normal().string();
      if (file.empty())
        path = s.path;
      const bool there = file.empty() || all.has(path);
      const bool anchored = hash == std::string::npos || !there || !path.ends_with(".md") ||
                            all.anchors(path).contains(target.substr(hash + 1));
      if (!there || !anchored)
        found.push_back({number, target + " leads nowhere", "link to what is there"});
    }
  });
  return found;
}

/// Checks that paths in backticks that begin with one of the project's folders exist; a C++ file's
/// ending may be left out.
inline findings check_paths(const source& s, const project& all,
                            const std::function<bool(std::string_view folder)>& is_folder) {
  static const std::regex path(R"(^(([a-z0-9]+)/[A-Za-z0-9_./-]*)(\s.*)?$)");
  findings found;
  each_line(s, [&](std::size_t number, const std::string& line) {
    for (const auto& span : split_code(line).spans) {
      std::smatch match;
      if (!std::regex_match(span, match, path) || !is_folder(match[2].str()))
        continue;
      const auto named = match[1].str();
      if (!all.has(named) && !all.has(named + ".hpp") && !all.has(named + ".cpp"))
        found.push_back({number, named + " is not in the project", "name what is there"});
    }
  });
  return found;
}

// -- folders

/// The number of things that one look at a folder shows: a header and its source count once, a
/// subfolder (with a slash at its end) counts, CMakeLists.txt does not.
inline std::size_t rooms_of(const std::vector<std::string>& names) {
  std::set<std::string> rooms;
  for (const auto& name : names)
    if (name != "CMakeLists.txt")
      rooms.insert(name.ends_with('/') ? name : name.substr(0, name.rfind('.')));
  return rooms.size();
}

inline findings check_rooms(const std::vector<std::string>& names, std::size_t limit) {
  const auto rooms = rooms_of(names);
  if (rooms <= limit)
    return {};
  return {{1,
           "the folder shows " + std::to_string(rooms) + " things, over " + std::to_string(limit),
           "make a folder of those that belong together"}};
}

} // namespace monopod::house
