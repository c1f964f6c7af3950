#include "core/config/config_loader.hpp"

#include "core/config/cross_checks.hpp"
#include "core/config/presets.hpp"
#include "core/config/secrets.hpp"
#include "core/config/settings.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <set>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

// Collects values into a config, and the mistakes in them.
class loader {
public:
  config result;
  std::vector<config_mistake> mistakes;
  std::size_t further = 0;                    // mistakes beyond limits::config_mistakes
  std::map<std::string, std::string> said_at; // where each key was set; the last place counts
  std::set<std::string> refused;              // keys whose value alone is a mistake

  void mistake(std::string where, std::string what, std::string remedy) {
    if (mistakes.size() < limits::config_mistakes)
      mistakes.push_back({std::move(where), std::move(what), std::move(remedy)});
    else
      ++further;
  }

  // Makes the section exist. Returns false if its name is invalid or there are too many.
  bool make_section(const std::string& section, const std::string& name, const std::string& where) {
    if (!valid_name(name)) {
      mistake(where, printable(name) + " is not a section name",
              name.find_first_of("*?") == std::string::npos
                  ? name_rule
                  : "write one section for each, since names of sections are no patterns");
      return false;
    }
    const auto& kind = *find_section(section);
    const auto names = kind.names(result);
    if (names.size() >= kind.most && std::ranges::find(names, name) == names.end()) {
      mistake(where, "too many sections of this kind", fmt::format("use at most {}", kind.most));
      return false;
    }
    kind.make(result, name);
    return true;
  }

  void set(const setting& s, const std::string& name, const setting_value& value,
           const std::string& where) {
    if (auto problem = check_setting(s, value)) {
      mistake(where, s.key(name) + ": " + problem->what, problem->remedy);
      refused.insert(s.key(name));
    } else {
      s.set(result, name, value);
    }
    said_at[s.key(name)] = where;
  }

  void apply(const config_override& o) {
    const auto found = find_key(o.key);
    if (!found) {
      mistake(o.where, "unknown key " + printable(o.key), suggest_key(o.key));
      return;
    }
    if (found->which->named && !make_section(found->which->section, found->section_name, o.where))
      return;
    const auto value = parse_setting(*found->which, o.texts);
    if (value)
      set(*found->which, found->section_name, *value, o.where);
    else
      mistake(o.where, o.key + ": " + value.error().what, value.error().remedy);
  }
};

class file_loader {
public:
  file_loader(loader& to, std::string path) : to_(to), path_(std::move(path)) {}

  void load_file() {
    std::ifstream file(path_, std::ios::binary);
    std::string text(limits::config_file_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) { // bad() is true for a directory, for example
      to_.mistake(path_, "can't be read", "name a file that exists, or none to run on defaults");
      return;
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    load_text(text);
  }

  void load_text(const std::string& text) {
    if (text.size() > limits::config_file_bytes) {
      to_.mistake(path_, "is too large",
                  fmt::format("use at most {} bytes", limits::config_file_bytes));
      return;
    }
    if (!shallow(text))
      return;
    try {
      top(toml::parse(text, path_));
    } catch (const toml::parse_error& e) {
      to_.mistake(place(e.source()), std::string(e.description()), "see https://toml.io/en/v1.0.0");
    }
  }

private:
  std::string place(const toml::source_region& r) const {
    return fmt::format("{}:{}:{}", path_, r.begin.line, r.begin.column);
  }

  // Dotted keys and brackets nest tables, and freeing them recurses. A comma ends a key. Strings
  // are counted like keys, so that no quotation mark can hide a key.
  bool shallow(const std::string& text) {
    std::size_t line = 1;
    std::size_t dots = 0;
    std::size_t brackets = 0;
    for (const char c : text) {
      if (c == '\n' || c == ',')
        dots = 0;
      if (c == '\n') {
        brackets = 0;
        ++line;
      }
      dots += c == '.' ? 1 : 0;
      brackets += c == '[' || c == '{' ? 1 : 0;
      if (dots + brackets > limits::config_line_dots) {
        to_.mistake(fmt::format("{}:{}:1", path_, line), "is nested too deeply",
                    "use keys of at most three parts");
        return false;
      }
    }
    return true;
  }

  void top(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const auto* section = find_section(name);
      if (section == nullptr) {
        value("", "", name, node);
      } else if (const auto* inner = node.as_table(); inner == nullptr) {
        to_.mistake(place(node.source()), name + " is a section", fmt::format("write [{}]", name));
      } else if (section->named) {
        named(name, *inner);
      } else {
        for (const auto& [inner_key, inner_node] : *inner)
          value(name, "", std::string(inner_key.str()), inner_node);
      }
    }
  }

  void named(const std::string& section, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const auto* inner = node.as_table();
      if (inner == nullptr)
        to_.mistake(place(node.source()), fmt::format("{}.{} must be a section", section, name),
                    fmt::format("write [{}.NAME] with a name of your choice above it", section));
      else if (to_.make_section(section, name, place(node.source())))
        for (const auto& [inner_key, inner_node] : *inner)
          value(section, name, std::string(inner_key.str()), inner_node);
    }
  }

  void value(const std::string& section, const std::string& name, const std::string& key,
             const toml::node& node) {
    const auto* s = find_setting(section, key);
    if (s == nullptr) {
      const auto full =
          (section.empty() ? "" : section + ".") + (name.empty() ? "" : name + ".") + key;
      to_.mistake(place(node.source()), "unknown key " + printable(full), suggest_key(full));
      return;
    }
    if (const auto converted = convert(*s, node)) {
      to_.set(*s, name, *converted, place(node.source()));
    } else {
      const auto problem = wrong_type(*s, "something else");
      to_.mistake(place(node.source()), s->key(name) + ": " + problem.what, problem.remedy);
    }
  }

  static std::optional<setting_value> convert(const setting& s, const toml::node& node) {
    if (const auto* b = node.as_boolean())
      return b->get();
    if (const auto* i = node.as_integer())
      return s.type == setting_type::number ? setting_value(static_cast<double>(i->get()))
                                            : setting_value(i->get());
    if (const auto* d = node.as_floating_point())
      return d->get();
    if (const auto* t = node.as_string())
      return t->get();
    const auto* array = node.as_array();
    if (array == nullptr)
      return std::nullopt;
    std::vector<std::string> list;
    for (const auto& entry : *array) {
      const auto* t = entry.as_string();
      if (t == nullptr)
        return std::nullopt;
      list.push_back(t->get());
    }
    return list;
  }

  loader& to_;
  std::string path_;
};

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  std::string text = name.data();
  std::ranges::replace_if(
      text, [](char c) { return !valid_name(std::string_view(&c, 1)); }, '-');
  text.resize(std::min(text.size(), limits::name_bytes));
  return text.empty() ? "node" : text;
}

// The place where a key was set; its section if it was not set.
std::string place_of(const loader& l, const std::string& key) {
  const auto said = l.said_at.find(key);
  return said == l.said_at.end() ? key.substr(0, key.rfind('.')) : said->second;
}

void apply_presets(loader& l) {
  for (const auto& [name, c] : l.result.cloud)
    apply_preset(l.result, name, [&l, prefix = "cloud." + name + "."](const std::string& setting) {
      return l.said_at.contains(prefix + setting);
    });
}

void mistake_in(loader& l, const std::string& key, setting_problem why) {
  l.mistake(place_of(l, key), key + ": " + why.what, std::move(why.remedy));
}

void check_presets(loader& l) {
  for (const auto& [name, c] : l.result.cloud)
    for (auto& problem : check_preset(c))
      mistake_in(l, "cloud." + name + "." + problem.setting, std::move(problem.why));
}

// Passwords and paths take the place of the files' names.
void read_secrets(loader& l) {
  for (auto& [name, c] : l.result.cloud) {
    for (auto* file : {&c.ca_file, &c.cert_file, &c.key_file})
      *file = credential_path(*file);
    const auto key = "cloud." + name + ".password_file";
    if (c.password_file.empty() || l.refused.contains(key))
      continue;
    if (!c.password.empty()) {
      l.mistake(place_of(l, key), key + ": there is a password, too", "set only one of both");
      continue;
    }
    auto password = read_secret_file(c.password_file);
    if (password)
      c.password = std::move(*password);
    else
      mistake_in(l, key, std::move(password.error()));
  }
}

tl::expected<config, std::vector<config_mistake>>
finish(loader& l, const std::vector<config_override>& overrides) {
  for (const auto& o : overrides)
    l.apply(o);
  for (const auto& name : std::vector(l.result.group.members))
    l.make_section("member", name, place_of(l, "group.members"));
  for (const auto& section : sections())
    if (!section.made_name.empty() && section.names(l.result).empty())
      section.make(l.result, section.made_name);
  if (l.result.node.empty())
    l.result.node = host_name();
  apply_presets(l);
  check_presets(l);
  read_secrets(l);
  for (auto& problem : check_together(l.result))
    if (!l.refused.contains(problem.key))
      mistake_in(l, problem.key, std::move(problem.why));
  if (l.further > 0)
    l.mistakes.push_back({"configuration", fmt::format("{} more mistakes are not shown", l.further),
                          "correct those above first"});
  if (!l.mistakes.empty())
    return tl::unexpected(std::move(l.mistakes));
  return std::move(l.result);
}

} // namespace

tl::expected<config, std::vector<config_mistake>>
load_config(const std::optional<std::string>& file, const std::vector<config_override>& overrides) {
  loader l;
  if (file)
    file_loader(l, *file).load_file();
  return finish(l, overrides);
}

tl::expected<config, std::vector<config_mistake>>
load_config_text(const std::string& text, const std::string& name,
                 const std::vector<config_override>& overrides) {
  loader l;
  file_loader(l, name).load_text(text);
  return finish(l, overrides);
}

std::vector<std::string> section_names(const std::optional<std::string>& file) {
  loader l;
  if (file)
    file_loader(l, *file).load_file();
  std::vector<std::string> all;
  for (const auto& section : sections()) {
    if (!section.named)
      continue;
    const auto names = section.names(l.result);
    all.insert(all.end(), names.begin(), names.end());
    if (names.empty() && !section.made_name.empty())
      all.push_back(section.made_name);
  }
  return all;
}

std::string describe(const std::vector<config_mistake>& mistakes) {
  std::string text;
  for (const auto& m : mistakes)
    text += fmt::format("{}: {}; {}\n", m.where, m.what, m.remedy);
  return text;
}

} // namespace monopod
