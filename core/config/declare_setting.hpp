// The way in which core/config/settings.cpp and core/config/settings_cloud.cpp declare a setting.
// Only they include this, since the macros have short names.
#pragma once

#include "core/config/setting.hpp"
#include "core/config/setting_words.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace monopod {

/// Adds the settings of [cloud.NAME].
void declare_cloud(std::vector<setting>& t);

// Converts a member of each type to a setting_value and back.
template <class Member>
struct member_traits {
  static_assert(std::is_integral_v<Member>);
  static constexpr auto type = setting_type::integer;
  static setting_value read(Member m) { return static_cast<std::int64_t>(m); }
  static Member write(const setting_value& v) {
    return static_cast<Member>(std::get<std::int64_t>(v));
  }
};
template <class Member, setting_type Type>
struct plain_traits {
  static constexpr auto type = Type;
  static setting_value read(const Member& m) { return m; }
  static Member write(const setting_value& v) { return std::get<Member>(v); }
};
template <>
struct member_traits<bool> : plain_traits<bool, setting_type::boolean> {};
template <>
struct member_traits<double> : plain_traits<double, setting_type::number> {};
template <>
struct member_traits<std::string> : plain_traits<std::string, setting_type::text> {};
template <>
struct member_traits<std::vector<std::string>>
    : plain_traits<std::vector<std::string>, setting_type::list> {};
template <class Enum>
requires std::is_enum_v<Enum>
struct member_traits<Enum> {
  static constexpr auto type = setting_type::word;
  static setting_value read(Enum e) {
    return std::string(words_of(e, static_cast<std::size_t>(e)));
  }
  static Enum write(const setting_value& v) {
    std::size_t i = 0;
    while (std::get<std::string>(v) != words_of(Enum{}, i)) // the word was checked before
      ++i;
    return static_cast<Enum>(i);
  }
};

struct details {
  std::string help;
  std::string unit = {};
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::optional<setting_problem> (*check)(const std::string&) = nullptr;
  bool runtime = false;
  bool secret = false;
};

/// Makes a setting. `access` returns the member of a config, const or not, by its section's name.
template <class Access>
setting declare(std::string_view section, std::string_view name, bool named, Access access,
                details d) {
  using member = std::remove_cvref_t<decltype(access(std::declval<config&>(), std::string{}))>;
  using traits = member_traits<member>;
  setting s;
  s.section = section;
  s.name = name;
  s.named = named;
  s.type = traits::type;
  s.unit = std::move(d.unit);
  s.min = d.min;
  s.max = d.max;
  if constexpr (std::is_enum_v<member>)
    for (std::size_t i = 0; words_of(member{}, i) != nullptr; ++i)
      s.words.emplace_back(words_of(member{}, i));
  s.help = std::move(d.help);
  s.runtime = d.runtime;
  s.secret = d.secret;
  s.check = d.check;
  s.get = [access](const config& c, const std::string& n) { return traits::read(access(c, n)); };
  s.set = [access](config& c, const std::string& n, const setting_value& v) {
    access(c, n) = traits::write(v);
  };
  return s;
}

inline constexpr std::int64_t ms_per_minute = 60'000;
inline constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

// The name of the member is also the key, so that they can't differ.
// NOLINTBEGIN(cppcoreguidelines-macro-usage): only a macro makes a string of a name
#define TOP(member)                                                                                \
  "", #member, false, [](auto& c, const std::string&) -> auto& { return c.member; }
#define IN(section, member)                                                                        \
#section, #member, false, [](auto& c, const std::string&) -> auto& { return c.section.member; }
#define NAMED(section, member)                                                                     \
#section, #member, true, [](auto& c, const std::string& name) -> auto& {                         \
    return c.section.at(name).member;                                                              \
  }
// NOLINTEND(cppcoreguidelines-macro-usage)

} // namespace monopod
