#include "core/log.hpp"

#include <cstdio>
#include <string>
namespace monopod {
void log_init(log_level, log_format) {}
bool log_enabled(log_level) { return true; }
void log_line(log_level, std::string_view stage, std::string_view message, log_fields fields) {
  std::string s = "stage=" + std::string(stage) + " msg=\"" + std::string(message) + "\"";
  for (auto& f : fields) {
    s += " " + std::string(f.key) + "=";
    std::visit(
        [&](auto& v) {
          if constexpr (requires { std::to_string(v); })
            s += std::to_string(v);
          else
            s += v;
        },
        f.value);
  }
  std::fprintf(stderr, "%s\n", s.c_str());
}
void log_limited(log_level l, std::string_view a, std::string_view b, log_fields f) {
  log_line(l, a, b, f);
}
} // namespace monopod
