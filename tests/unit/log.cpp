// The lines that reach stderr.
#include "core/log.hpp"

#include "core/limits.hpp"
#include "tests/unit/captured_stderr.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>
#include <regex>

namespace monopod {

namespace {

// The line without its time, whose form is checked.
std::string without_time(const std::string& line) {
  static const std::regex stamp(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  BOOST_TEST(std::regex_search(line, stamp), line);
  return std::regex_replace(line, stamp, "T", std::regex_constants::format_first_only);
}

std::string written(log_format format, std::string_view message, log_fields fields) {
  const captured_stderr err;
  log_init(log_level::info, format);
  log_warn("gateway", message, fields);
  return without_time(err.text());
}

const std::string hostile("a\"b\\c\nd\x1b[2J\x7f\xff\0e", 15);

} // namespace

BOOST_AUTO_TEST_CASE(text_lines_are_keys_and_values) {
  BOOST_TEST(written(log_format::text, "camera refused",
                     {{"camera", "gate-1"},
                      {"frames", 3u},
                      {"offset", -3},
                      {"ratio", 0.25},
                      {"again", true},
                      {"why", "too large"},
                      {"empty", ""},
                      {"equals", "a=b"}}) ==
             "T level=warn stage=gateway msg=\"camera refused\" camera=gate-1 frames=3 offset=-3 "
             "ratio=0.25 again=true why=\"too large\" empty=\"\" equals=\"a=b\"\n");
}

BOOST_AUTO_TEST_CASE(json_lines_are_objects) {
  BOOST_TEST(written(log_format::json, "camera refused",
                     {{"camera", "gate-1"},
                      {"frames", std::numeric_limits<std::uint64_t>::max()},
                      {"ratio", 0.25},
                      {"again", false}}) ==
             R"({"time":"T","level":"warn","stage":"gateway","msg":"camera refused",)"
             R"("camera":"gate-1","frames":18446744073709551615,"ratio":0.25,"again":false})"
             "\n");
}

BOOST_AUTO_TEST_CASE(numbers_that_json_does_not_have_are_null) {
  BOOST_TEST(written(log_format::json, "m",
                     {{"a", std::numeric_limits<double>::quiet_NaN()},
                      {"b", -std::numeric_limits<double>::infinity()}}) ==
             R"({"time":"T","level":"warn","stage":"gateway","msg":"m","a":null,"b":null})"
             "\n");
}

BOOST_AUTO_TEST_CASE(hostile_bytes_make_no_second_line_and_no_escape_sequence) {
  const std::string safe = R"("a\"b\\c\u000ad\u001b[2J??\u0000e")";
  BOOST_TEST(written(log_format::text, hostile, {{"client", hostile}}) ==
             "T level=warn stage=gateway msg=" + safe + " client=" + safe + "\n");
  BOOST_TEST(written(log_format::json, hostile, {{"client", hostile}}) ==
             R"({"time":"T","level":"warn","stage":"gateway","msg":)" + safe + R"(,"client":)" +
                 safe + "}\n");
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut) {
  const std::string endless(10 * limits::log_text_bytes, 'x');
  for (const auto format : {log_format::text, log_format::json}) {
    const auto line = written(format, "m", {{"client", endless}});
    BOOST_TEST(line.size() < limits::log_text_bytes + 200);
    BOOST_TEST(line.size() > limits::log_text_bytes);
  }
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written) {
  const captured_stderr err;
  log_init(log_level::error, log_format::text);
  log_warn("gateway", "not this");
  log_limited(log_level::warn, "gateway", "nor this");
  BOOST_TEST(!log_enabled(log_level::warn));
  log_error("gateway", "but this");
  log_init(log_level::off, log_format::text);
  log_error("gateway", "nothing at all");
  BOOST_TEST(without_time(err.text()) == "T level=error stage=gateway msg=\"but this\"\n");
}

BOOST_AUTO_TEST_CASE(a_stranger_cannot_flood_the_log) {
  line_limiter limiter;
  const auto allowed = [&limiter](std::string_view kind, std::uint64_t second) {
    return limiter.allow("gateway", kind, second).has_value();
  };
  for (std::uint64_t i = 0; i < limits::log_lines_per_s; ++i)
    BOOST_TEST(limiter.allow("gateway", "bad", 10).value() == 0u);
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(!allowed("bad", 10));
  BOOST_TEST(allowed("other", 10)); // has a budget of its own
  BOOST_TEST(limiter.allow("gateway", "bad", 11).value() == 100u);
  BOOST_TEST(limiter.allow("gateway", "bad", 11).value() == 0u); // told once
}

BOOST_AUTO_TEST_CASE(kinds_without_end_share_a_budget) {
  line_limiter limiter;
  for (std::size_t i = 0; i < limits::log_keys; ++i)
    BOOST_TEST(limiter.allow("gateway", std::to_string(i), 1).has_value());
  std::size_t written_lines = 0;
  for (std::size_t i = 0; i < 100; ++i)
    written_lines += limiter.allow("gateway", "new" + std::to_string(i), 1) ? 1 : 0;
  BOOST_TEST(written_lines == limits::log_lines_per_s);
  BOOST_TEST(limiter.allow("gateway", "0", 1).has_value()); // the known ones keep theirs
}

BOOST_AUTO_TEST_CASE(what_was_left_out_is_told_with_the_next_line) {
  const captured_stderr err;
  log_init(log_level::info, log_format::text);
  // Enough for more than one second's budget whatever the clock does meanwhile.
  for (std::uint64_t i = 0; i < 1000; ++i)
    log_limited(log_level::info, "test", "flood", {{"i", i}});
  const auto text = err.text();
  const auto lines = std::ranges::count(text, '\n');
  BOOST_TEST(lines >= static_cast<std::ptrdiff_t>(limits::log_lines_per_s));
  BOOST_TEST(lines < 100);
}

} // namespace monopod
