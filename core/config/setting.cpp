#include "core/config/setting.hpp"

#include "core/config/settings.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace monopod {

namespace {

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end)
    return std::nullopt;
  return value;
}

std::vector<std::string> split_list(const std::vector<std::string>& texts) {
  std::vector<std::string> entries;
  for (const auto& text : texts) {
    std::size_t begin = 0;
    while (begin <= text.size()) {
      const auto end = std::min(text.find(',', begin), text.size());
      const auto first = text.find_first_not_of(' ', begin);
      if (first < end)
        entries.push_back(text.substr(first, text.find_last_not_of(' ', end - 1) - first + 1));
      begin = end + 1;
    }
  }
  return entries;
}

std::string quoted_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

const char* type_text(setting_type type) {
  switch (type) {
  case setting_type::boolean:
    return "true or false";
  case setting_type::integer:
    return "a whole number";
  case setting_type::number:
    return "a number";
  case setting_type::list:
    return "a list of strings";
  case setting_type::text:
  case setting_type::word:
    break;
  }
  return "a string in quotes";
}

bool type_fits(setting_type type, const setting_value& value) {
  switch (type) {
  case setting_type::boolean:
    return std::holds_alternative<bool>(value);
  case setting_type::integer:
    return std::holds_alternative<std::int64_t>(value);
  case setting_type::number:
    return std::holds_alternative<double>(value);
  case setting_type::list:
    return std::holds_alternative<std::vector<std::string>>(value);
  case setting_type::text:
  case setting_type::word:
    break;
  }
  return std::holds_alternative<std::string>(value);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::optional<setting_problem> check_text(const setting& s, const std::string& text) {
  if (text.size() > limits::config_text_bytes)
    return setting_problem{fmt::format("a string has {} bytes", text.size()),
                           fmt::format("use at most {}", limits::config_text_bytes)};
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
    return setting_problem{"a string holds control characters", "remove them"};
  if (s.type == setting_type::word && std::ranges::find(s.words, text) == s.words.end())
    return setting_problem{fmt::format("{} is not known", printable(text)),
                           fmt::format("use {}", s.allowed())};
  return s.check ? s.check(text) : std::nullopt;
}

} // namespace

std::string setting::key(std::string_view section_name) const {
  if (section.empty())
    return name;
  return named ? fmt::format("{}.{}.{}", section, section_name, name)
               : fmt::format("{}.{}", section, name);
}

std::string environment_form(std::string_view name) {
  std::string out = upper(name);
  std::ranges::replace_if(
      out, [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

std::string setting::environment_name(std::string_view section_name) const {
  return "MONOPOD_" + environment_form(key(section_name));
}

std::string setting::allowed() const {
  switch (type) {
  case setting_type::boolean:
    return "true or false";
  case setting_type::integer:
  case setting_type::number:
    return fmt::format("{} to {}{}{}", min, max, unit.empty() ? "" : " ", unit);
  case setting_type::word:
    return fmt::format("one of {}", fmt::join(words, ", "));
  case setting_type::list:
    return fmt::format("a list of {} to {} entries", min, max);
  case setting_type::text:
    break;
  }
  return "a string";
}

std::string setting::default_text() const { return toml_text(get(reference_config(), "NAME")); }

tl::expected<setting_value, setting_problem> parse_setting(const setting& s,
                                                           const std::vector<std::string>& texts) {
  if (s.type == setting_type::list)
    return split_list(texts);
  if (texts.size() != 1)
    return tl::unexpected(
        setting_problem{"it takes one value", fmt::format("use {}", s.allowed())});
  const auto& text = texts.front();
  const auto refused = [&] {
    const auto got = s.secret ? "what was given" : printable(text);
    return tl::unexpected(wrong_type(s, got));
  };
  switch (s.type) {
  case setting_type::boolean:
    if (text != "true" && text != "false")
      return refused();
    return text == "true";
  case setting_type::integer: {
    const auto value = parse_number<std::int64_t>(text);
    return value ? tl::expected<setting_value, setting_problem>(*value) : refused();
  }
  case setting_type::number: {
    const auto value = parse_number<double>(text);
    return value ? tl::expected<setting_value, setting_problem>(*value) : refused();
  }
  default:
    return text;
  }
}

std::optional<setting_problem> check_setting(const setting& s, const setting_value& value) {
  if (!type_fits(s.type, value))
    return wrong_type(s, "a value of another type");
  const auto outside = [&](auto number) -> std::optional<setting_problem> {
    const auto as_double = static_cast<double>(number);
    if (std::isnan(as_double) || number < static_cast<decltype(number)>(s.min) ||
        number > static_cast<decltype(number)>(s.max))
      return setting_problem{
          fmt::format("{} is out of range", number),
          fmt::format("use {}; the default is {}", s.allowed(), s.default_text())};
    return std::nullopt;
  };
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return outside(*integer);
  if (const auto* number = std::get_if<double>(&value))
    return outside(*number);
  if (const auto* text = std::get_if<std::string>(&value))
    return check_text(s, *text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    const auto count = static_cast<std::int64_t>(list->size());
    if (count < s.min || count > s.max)
      return setting_problem{fmt::format("{} entries are out of range", count),
                             fmt::format("use {}", s.allowed())};
    for (const auto& entry : *list)
      if (auto problem = check_text(s, entry))
        return problem;
  }
  return std::nullopt;
}

setting_problem wrong_type(const setting& s, std::string_view got) {
  const auto example = s.secret ? "\"...\"" : s.default_text();
  return {fmt::format("it must be {}, not {}", type_text(s.type), got),
          fmt::format("write for example {} = {}", s.name, example)};
}

std::string toml_text(const setting_value& value) {
  struct {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(const std::string& s) const { return quoted_toml(s); }
    std::string operator()(const std::vector<std::string>& list) const {
      std::string out = "[";
      for (const auto& entry : list)
        out += (out.size() > 1 ? ", " : "") + quoted_toml(entry);
      return out + "]";
    }
  } write;
  return std::visit(write, value);
}

std::string printable(std::string_view text, std::size_t most_bytes) {
  std::string out = "\"";
  for (const char c : text.substr(0, most_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return out + (text.size() > most_bytes ? "...\"" : "\"");
}

} // namespace monopod
