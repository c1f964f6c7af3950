#include "core/log.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <utility>

namespace monopod {

namespace {

std::atomic<log_format> current_format{log_format::text};

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
  case log_level::trace:
    return spdlog::level::trace;
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warn:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::off:
    break;
  }
  return spdlog::level::off;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto l = std::make_shared<spdlog::logger>("monopod",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    l->set_pattern("%v", spdlog::pattern_time_type::utc);
    l->flush_on(spdlog::level::trace);
    return l;
  }();
  return *instance;
}

constexpr const char* level_name(log_level level) {
  constexpr const char* names[] = {"trace", "debug", "info", "warn", "error", "off"};
  return names[static_cast<std::size_t>(level)];
}

// The text in quotation marks, escaped as JSON demands (RFC 8259, section 7). Bytes beyond
// printable ASCII become '?'.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, limits::log_text_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append(1, '\\').append(1, c);
    else if (byte < 0x20 || byte >= 0x7f)
      out += byte >= 0x7f ? "?" : fmt::format("\\u{:04x}", byte);
    else
      out += c;
  }
  return out + '"';
}

std::string value_text(const log_field::value_type& value, bool json) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    const bool plain =
        !json && !text->empty() && text->find_first_of(" \"\\=\n\t") == std::string_view::npos;
    const auto q = quoted(*text);
    return plain && q.size() == text->size() + 2 ? std::string(*text) : q;
  }
  if (const auto* b = std::get_if<bool>(&value))
    return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value))
    return fmt::format("{}", *i);
  if (const auto* u = std::get_if<std::uint64_t>(&value))
    return fmt::format("{}", *u);
  const auto number = std::get<double>(value);
  return json && !std::isfinite(number) ? "null" : fmt::format("{:.6g}", number);
}

std::string timestamp() {
  const auto now_ns = realtime_ns();
  const auto seconds = static_cast<time_t>(now_ns / ns_per_s);
  tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     now_ns % ns_per_s / ns_per_ms);
}

} // namespace

void log_init(log_level level, log_format format) {
  logger().set_level(to_spdlog(level));
  current_format = format;
}

bool log_enabled(log_level level) { return logger().should_log(to_spdlog(level)); }

void log_line(log_level level, std::string_view stage, std::string_view message,
              log_fields fields) {
  if (!log_enabled(level))
    return;
  const bool json = current_format == log_format::json;
  std::string line;
  if (json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","stage":{},"msg":{})", timestamp(),
                       level_name(level), quoted(stage), quoted(message));
    for (const auto& f : fields)
      line += "," + quoted(f.key) + ":" + value_text(f.value, true);
    line += "}";
  } else {
    line = fmt::format("{} level={} stage={} msg={}", timestamp(), level_name(level), stage,
                       quoted(message));
    for (const auto& f : fields)
      line += fmt::format(" {}={}", f.key, value_text(f.value, false));
  }
  logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::optional<std::uint64_t> line_limiter::allow(std::string_view stage, std::string_view message,
                                                 std::uint64_t second) {
  auto key = std::string(stage) + "/" + std::string(message);
  if (!budgets_.contains(key) && budgets_.size() >= limits::log_keys)
    key.clear(); // further kinds share a budget
  auto& b = budgets_[key];
  if (b.second != second) {
    b.second = second;
    b.lines = 0;
  }
  if (++b.lines <= limits::log_lines_per_s)
    return std::exchange(b.left_out, 0);
  ++b.left_out;
  return std::nullopt;
}

void log_limited(log_level level, std::string_view stage, std::string_view message,
                 log_fields fields) {
  if (!log_enabled(level))
    return;
  static std::mutex mutex;
  static line_limiter limiter;
  std::optional<std::uint64_t> left_out;
  {
    const std::lock_guard guard{mutex};
    left_out = limiter.allow(stage, message, boottime_ns() / ns_per_s);
  }
  if (!left_out)
    return;
  log_line(level, stage, message, fields);
  if (*left_out > 0)
    log_line(level, stage, "like the line before, left out", {{"lines", *left_out}});
}

} // namespace monopod
