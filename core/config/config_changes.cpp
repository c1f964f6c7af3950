#include "core/config/config_changes.hpp"

#include "core/config/settings.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace monopod {

namespace {

using names = std::set<std::string>;

// The names of the sections of one kind; one empty name if that kind has no names.
names names_of(const config& c, const std::string& section) {
  const auto* about = find_section(section);
  if (about == nullptr || !about->named)
    return {""};
  const auto all = about->names(c);
  return {all.begin(), all.end()};
}

names in_both(const config& a, const config& b, const setting& s) {
  names both;
  std::ranges::set_intersection(names_of(a, s.section), names_of(b, s.section),
                                std::inserter(both, both.end()));
  return both;
}

void compare_sections(const config& running, const config& wanted, const section_info& section,
                      std::vector<config_change>& changes) {
  const auto before = names_of(running, section.name);
  const auto after = names_of(wanted, section.name);
  for (const auto& name : before)
    if (!after.contains(name))
      changes.push_back({section.name + "." + name, "present", "absent", section.runtime});
  for (const auto& name : after)
    if (!before.contains(name))
      changes.push_back({section.name + "." + name, "absent", "present", section.runtime});
}

} // namespace

std::vector<config_change> compare(const config& running, const config& wanted) {
  std::vector<config_change> changes;
  for (const auto& section : sections())
    if (section.named)
      compare_sections(running, wanted, section, changes);
  for (const auto& s : settings())
    for (const auto& name : in_both(running, wanted, s)) {
      const auto from = s.get(running, name);
      const auto to = s.get(wanted, name);
      if (from == to)
        continue;
      const auto text = [&s](const setting_value& v) {
        const auto* plain = std::get_if<std::string>(&v);
        return s.secret ? "(secret)" : plain != nullptr ? *plain : toml_text(v);
      };
      changes.push_back({s.key(name), text(from), text(to), s.runtime});
    }
  return changes;
}

void take_runtime(config& running, const config& wanted) {
  for (const auto& section : sections()) {
    if (!section.runtime)
      continue;
    for (const auto& name : section.names(wanted))
      section.make(running, name);
    for (const auto& name : section.names(running))
      if (const auto kept = section.names(wanted); std::ranges::find(kept, name) == kept.end())
        section.remove(running, name);
  }
  for (const auto& s : settings())
    if (s.runtime)
      for (const auto& name : in_both(running, wanted, s))
        s.set(running, name, s.get(wanted, name));
}

} // namespace monopod
