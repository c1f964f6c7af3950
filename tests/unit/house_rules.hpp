// The rules of the house, each a pure function on the text of one file.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <regex>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace monopod::house {

struct finding {
  std::size_t line; // from 1
  std::string what;
  std::string remedy;
};

/// A file by its path from the root.
struct source {
  source(std::string p, std::string t) : path(std::move(p)), text(std::move(t)) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      lines.push_back(line);
  }
  bool in(std::string_view folder) const { return path.starts_with(std::string(folder) + "/"); }
  bool is(std::string_view ending) const { return path.ends_with(ending); }
  bool is_cpp() const { return is(".cpp") || is(".hpp"); }

  std::string path;
  std::string text;
  std::vector<std::string> lines;
};

using findings = std::vector<finding>;

inline findings check_blanks(const source& s) {
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i)
    if (!s.lines[i].empty() && (s.lines[i].back() == ' ' || s.lines[i].back() == '\t'))
      found.push_back({i + 1, "blanks at the end of the line", "remove them"});
  if (s.text.empty() || s.text.back() != '\n')
    found.push_back({s.lines.size(), "no newline at the end of the file", "add it"});
  else if (s.text.ends_with("\n\n"))
    found.push_back({s.lines.size(), "empty lines at the end of the file", "remove them"});
  return found;
}

inline findings check_length(const source& s) {
  constexpr std::size_t limit = 400;
  if (s.lines.size() < limit)
    return {};
  return {{limit, "the file has " + std::to_string(s.lines.size()) + " lines, 400 or more",
           "split it by idea"}};
}

/// Finds functions as clang-format leaves them: one ends with a brace alone at its indentation, and
/// begins at the nearest earlier line that is not indented further.
inline findings check_functions(const source& s) {
  constexpr std::size_t limit = 70;
  findings found;
  for (const std::string_view indent : {"", "  "}) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < s.lines.size(); ++i) {
      const std::string_view line = s.lines[i];
      if (line.size() <= indent.size() || !line.starts_with(indent) || line[indent.size()] == ' ')
        continue;
      const auto rest = line.substr(indent.size());
      if (rest != "}")
        begin = i;
      else if (i - begin + 1 >= limit)
        found.push_back({begin + 1,
                         "the function has " + std::to_string(i - begin + 1) + " lines, 70 or more",
                         "split it by idea"});
    }
  }
  return found;
}

inline findings check_header(const source& s) {
  findings found;
  if (!s.text.starts_with("// "))
    found.push_back({1, "the header does not begin with a comment", "say what it is for"});
  if (std::ranges::find(s.lines, "#pragma once") == s.lines.end())
    found.push_back({1, "the header has no #pragma once", "add it"});
  return found;
}

/// The target of an #include with its quotes or brackets; empty if the line is not one.
inline std::string_view include_of(std::string_view line) {
  constexpr std::string_view directive = "#include ";
  if (!line.starts_with(directive))
    return {};
  line.remove_prefix(directive.size());
  return line.substr(0, line.find_first_of(">\"", 1) + 1);
}

/// The headers that a layer may include; tests may include everything.
struct layer {
  std::string_view folder;
  std::vector<std::string_view> may_use;
  std::vector<std::string_view> may_not_use; // headers, by how their paths begin
};

inline std::span<const layer> layers() {
  static const std::vector<layer> all{
      {"schemas", {"schemas"}, {"<caf/", "<zmq"}},
      {"core", {"core"}, {"<caf/", "<zmq"}},
      {"replication",
       {"replication", "core", "schemas"},
       {"<caf/",       "<zmq",        "\"core/clock", "<chrono",    "<ctime",    "<time.h",
        "<sys/",       "<netinet/",   "<arpa/",       "<poll.h",    "<unistd.h", "<fcntl.h",
        "<thread",     "<mutex",      "<atomic",      "<future",    "<pthread",  "<condition_",
        "<shared_mut", "<filesystem", "<fstream",     "<iostream>", "<cstdio"}},
      {"actors", {"actors", "replication", "core", "schemas"}, {}},
      {"clients", {"clients", "core", "schemas"}, {"<caf/"}},
      {"programs", {"programs", "clients", "actors", "replication", "core", "schemas"}, {"<caf/"}},
      {"tools",
       {"tools", "programs", "clients", "actors", "replication", "core", "schemas"},
       {"<caf/"}},
  };
  return all;
}

/// Dependencies point one way.
inline findings check_layers(const source& s) {
  const auto own = std::ranges::find_if(layers(), [&s](const layer& l) { return s.in(l.folder); });
  if (own == layers().end())
    return {};
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    const auto target = include_of(s.lines[i]);
    if (target.empty())
      continue;
    const auto begins = [&target](std::string_view with) { return target.starts_with(with); };
    const auto inside = [&target](std::string_view folder) {
      return target.starts_with("\"" + std::string(folder) + "/");
    };
    const bool project = target.front() == '"';
    if ((project && std::ranges::none_of(own->may_use, inside)) ||
        std::ranges::any_of(own->may_not_use, begins))
      found.push_back({i + 1, std::string(own->folder) + " must not include " + std::string(target),
                       "dependencies point one way: tools -> programs -> actors, clients -> "
                       "replication -> core"});
  }
  return found;
}

/// `exists` says whether a path from the root is a file of the project or a generated one.
inline findings check_includes(const source& s,
                               const std::function<bool(const std::string&)>& exists) {
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    const auto target = include_of(s.lines[i]);
    if (!target.empty() && target.front() == '"' &&
        !exists(std::string(target.substr(1, target.size() - 2))))
      found.push_back({i + 1, std::string(target) + " is not a file of the project",
                       "write the path from the root"});
  }
  return found;
}

/// One library for one thing.
inline findings check_libraries(const source& s) {
  struct replaced {
    std::string_view header;
    std::string_view by;
  };
  static constexpr std::array all{
      replaced{"<boost/property_tree", "nlohmann-json, which keeps the types"},
      replaced{"<zmq.h>", "<zmq.hpp>, which closes what it opens"},
  };
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i)
    for (const auto& r : all)
      if (include_of(s.lines[i]).starts_with(r.header))
        found.push_back(
            {i + 1, std::string(r.header) + " is not used here", "use " + std::string(r.by)});
  return found;
}

inline findings check_sleeps(const source& s) {
  static const std::regex call(R"(\b(sleep_for|sleep_until|usleep|nanosleep|sleep)[(])");
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i)
    if (std::regex_search(s.lines[i], call))
      found.push_back({i + 1, "a test sleeps", "turn the loop or wait for what should happen"});
  return found;
}

/// Every limit has a comment. A comment belongs to all limits up to the next empty line.
inline findings check_limits(const source& s) {
  findings found;
  bool explained = false;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    const auto& line = s.lines[i];
    if (line.empty())
      explained = false;
    else if (line.starts_with("// ") && !line.starts_with("// --"))
      explained = true;
    else if (line.starts_with("inline constexpr") && !explained)
      found.push_back({i + 1, "a limit without comment", "say what happens at it"});
  }
  return found;
}

/// The types of a namespace that others may see, each with the line of its definition. Two of one
/// name in one program break the one-definition rule (C++20 [basic.def.odr]), and no tool says so.
inline std::vector<std::pair<std::string, std::size_t>> defined_types(const source& s) {
  static const std::regex opens(R"(^namespace ?([\w:]*) \{)");
  static const std::regex type(R"(^(?:struct|class|union) (\w+)(?: final)?(?: : .*)? \{)");
  std::vector<std::pair<std::string, std::size_t>> found;
  std::vector<std::string> scopes;
  std::smatch match;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    const auto& line = s.lines[i];
    if (std::regex_search(line, match, opens))
      scopes.push_back(match[1]);
    else if (line.starts_with("} // namespace") && !scopes.empty())
      scopes.pop_back();
    else if (std::regex_search(line, match, type) && std::ranges::count(scopes, "") == 0) {
      std::string name;
      for (const auto& scope : scopes)
        name += scope + "::";
      found.emplace_back(name + match[1].str(), i + 1);
    }
  }
  return found;
}

/// Everything that is wrong with a file, as "file:line: what; remedy".
inline std::vector<std::string> check(const source& s,
                                      const std::function<bool(const std::string&)>& exists) {
  findings found = check_blanks(s);
  const auto add = [&found](findings more) { found.insert(found.end(), more.begin(), more.end()); };
  if (!s.is(".md"))
    add(check_length(s));
  if (s.is_cpp()) {
    add(check_functions(s));
    add(check_layers(s));
    add(check_includes(s, exists));
    add(check_libraries(s));
  }
  if (s.is(".hpp"))
    add(check_header(s));
  if (s.in("tests"))
    add(check_sleeps(s));
  if (s.is("core/limits.hpp"))
    add(check_limits(s));
  std::vector<std::string> messages;
  for (const auto& f : found)
    messages.push_back(s.path + ":" + std::to_string(f.line) + ": " + f.what + "; " + f.remedy);
  return messages;
}

} // namespace monopod::house
