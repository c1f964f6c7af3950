// Structured logs to stderr, as key=value text or JSON lines.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace monopod {

enum class log_level { trace, debug, info, warn, error, off };
enum class log_format { text, json };

/// One key and value of a log line. It holds views, so it lives during the call only.
struct log_field {
  using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  template <class T>
  log_field(std::string_view k, const T& v) : key(k), value(to_value(v)) {}

  std::string_view key;
  value_type value;

private:
  template <class T>
  static value_type to_value(const T& v) {
    if constexpr (std::same_as<T, bool>)
      return v;
    else if constexpr (std::floating_point<T>)
      return static_cast<double>(v);
    else if constexpr (std::unsigned_integral<T>)
      return static_cast<std::uint64_t>(v);
    else if constexpr (std::signed_integral<T>)
      return static_cast<std::int64_t>(v);
    else
      return std::string_view(v);
  }
};

using log_fields = std::initializer_list<log_field>;

/// Sets level and format, which are info and text before. Any thread, at any time.
void log_init(log_level level, log_format format);

/// Whether a line of this level would be written.
bool log_enabled(log_level level);

/// Writes a line with time, level, stage, message and fields to stderr. Any thread.
void log_line(log_level level, std::string_view stage, std::string_view message,
              log_fields fields = {});

/// Decides which lines may still be written in a second: limits::log_lines_per_s of each kind,
/// which is a stage and message. Kinds beyond limits::log_keys share one budget. Not thread-safe.
class line_limiter {
public:
  /// Nothing if the line must be left out. Otherwise the number of lines of its kind that were left
  /// out since the last one that was written.
  std::optional<std::uint64_t> allow(std::string_view stage, std::string_view message,
                                     std::uint64_t second);

private:
  struct budget {
    std::uint64_t second = 0;
    std::uint64_t lines = 0;
    std::uint64_t left_out = 0;
  };
  std::map<std::string, budget, std::less<>> budgets_;
};

/// Like log_line, but writes at most limits::log_lines_per_s lines a second of one stage and
/// message; the next line of that kind says how many were left out. For lines that an outsider can
/// cause.
void log_limited(log_level level, std::string_view stage, std::string_view message,
                 log_fields fields = {});

inline void log_debug(std::string_view stage, std::string_view message, log_fields fields = {}) {
  log_line(log_level::debug, stage, message, fields);
}
inline void log_info(std::string_view stage, std::string_view message, log_fields fields = {}) {
  log_line(log_level::info, stage, message, fields);
}
inline void log_warn(std::string_view stage, std::string_view message, log_fields fields = {}) {
  log_line(log_level::warn, stage, message, fields);
}
inline void log_error(std::string_view stage, std::string_view message, log_fields fields = {}) {
  log_line(log_level::error, stage, message, fields);
}

} // namespace monopod
