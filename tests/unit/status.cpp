// The tables of monopod status, and what its exit code says.
#include "programs/monopod/commands.hpp"
#include "programs/monopod/status_table.hpp"
#include "tests/unit/environment_variable.hpp"
#include "tests/unit/web_server.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string>

namespace monopod {

namespace {

using nlohmann::json;

// The status of a pod with all stages, as /api/v1/status answers.
json whole_status() {
  return json::parse(R"({
    "version": "0.1.0", "commit": "abc123", "site": "street", "node": "n1", "role": "primary",
    "epoch": 7, "ready": true, "uptime_s": 93784.9,
    "cameras": [
      {"name": "gate", "stream": 1, "settled_seq": 41, "in_flight": 2, "credit": 16, "frames": 43,
       "last_frame_age_ms": 12},
      {"name": "yard-north", "stream": 2, "settled_seq": 1234567, "in_flight": 0, "credit": 8,
       "frames": 3, "last_frame_age_ms": 60000}],
    "apps": [
      {"name": "motion", "cameras": ["gate", "yard-*"], "queued": 4, "outstanding": 5, "credit": 8,
       "results": 40, "policy": "latest", "skipped": 3}],
    "outbox": [
      {"cloud": "aws", "waiting": 5, "dropped": 1, "limit": 100, "level": "ok", "draining": true},
      {"cloud": "local", "waiting": 90, "dropped": 0, "limit": 100, "level": "nearly full",
       "draining": true}],
    "clouds": [
      {"name": "aws", "connected": true, "in_flight": 4, "published": 9, "confirmed": 6,
       "reconnects": 2},
      {"name": "local", "connected": false, "in_flight": 0, "published": 0, "confirmed": 0,
       "reconnects": 7}],
    "stage_states": [{"name": "gateway", "restarts": 0}, {"name": "broker", "restarts": 2}]})");
}

json group() {
  return json::parse(R"({
    "name": "street", "version": 4, "primary": "n1", "serving": true, "lease_left_ms": 118,
    "members": [
      {"name": "n1", "role": "primary", "lag_ops": 0, "heard_ms": 0},
      {"name": "n2", "role": "backup", "lag_ops": 3, "heard_ms": 15},
      {"name": "w", "role": "witness", "lag_ops": 0, "heard_ms": 0}],
    "voters": ["n1", "n2", "w"], "commit": 40, "last": 43, "last_outage_ms": 0})");
}

std::string table_of(const json& status) { return status_table(status.dump(), false).text; }

void check_holds(const std::string& text, const std::string& part) {
  BOOST_TEST(text.find(part) != std::string::npos, text << "lacks " << part);
}

// How long the pod has been up, as its first line says.
std::string uptime(double seconds) {
  const auto text = table_of({{"uptime_s", seconds}});
  const auto begin = text.find("up ") + 3;
  return text.substr(begin, text.find("  version") - begin);
}

struct shown {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

// The output of the command while this lives.
class captured {
public:
  explicit captured(std::ostream& from) : from_(from), before_(from.rdbuf(text_.rdbuf())) {}
  ~captured() { from_.rdbuf(before_); }
  captured(const captured&) = delete;
  captured& operator=(const captured&) = delete;
  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
  std::ostream& from_;
  std::streambuf* before_;
};

// monopod status --address 127.0.0.1:`port`, with `flags`.
shown ask_status(std::uint16_t port, const std::string& flags = {}) {
  const variable colourless("NO_COLOR", "1"); // the test may run on a terminal
  const captured out(std::cout);
  const captured err(std::cerr);
  CLI::App app;
  int exit_code = -1;
  add_status(app, exit_code);
  app.parse("status --address 127.0.0.1:" + std::to_string(port) + " " + flags);
  return {exit_code, out.text(), err.text()};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_list_has_a_table_and_every_item_a_row) {
  BOOST_TEST(table_of(whole_status()) ==
             R"(street/n1  primary  epoch 7  ready  up 1 d 2 h  version 0.1.0 (abc123)

CAMERA      FRAMES  SETTLED  IN FLIGHT  CREDIT  LAST FRAME
gate            43       41          2      16       12 ms
yard-north       3  1234567          0       8    60000 ms

APPLICATION      CAMERAS  POLICY  RESULTS  SKIPPED  QUEUED  OUTSTANDING  CREDIT
motion       gate yard-*  latest       40        3       4            5       8

CLOUD  CONNECTED  WAITING  DROPPED       OUTBOX  IN FLIGHT  PUBLISHED  CONFIRMED  RECONNECTS
aws          yes        5        1     draining          4          9          6           2
local         no       90        0  nearly full          0          0          0           7

STAGE    RESTARTS
gateway         0
broker          2
)");
}

BOOST_AUTO_TEST_CASE(a_group_stands_before_the_cameras) {
  auto status = whole_status();
  status["group"] = group();
  check_holds(table_of(status), R"((abc123)

group street  view 4  primary n1  voters n1 n2 w
this node serves, lease left 118 ms  ops 40 of 43 committed
MEMBER     ROLE    LAG      HEARD
n1      primary      -          -
n2       backup  3 ops  15 ms ago
w       witness      -          -

CAMERA )");
  status["group"]["last_outage_ms"] = 143.26;
  check_holds(table_of(status), "43 committed  last failover to it took 143.3 ms\n");
  status["role"] = "backup"; // which does not know how far the others are
  status["group"]["serving"] = false;
  check_holds(table_of(status), "this node does not serve  ops 40 of 43 committed");
  check_holds(table_of(status), "\nn2       backup    -      -\n");
}

BOOST_AUTO_TEST_CASE(problems_are_told_first) {
  auto status = whole_status();
  status["problems"] = {"node n2 is to be updated", "the disk is full"};
  check_holds(table_of(status), "(abc123)\nproblem: node n2 is to be updated\n"
                                "problem: the disk is full\n\nCAMERA");
}

BOOST_AUTO_TEST_CASE(the_time_since_the_start_is_told_in_two_units_at_most) {
  BOOST_TEST(uptime(0) == "0 s");
  BOOST_TEST(uptime(59.9) == "59 s");
  BOOST_TEST(uptime(60) == "1 min 0 s");
  BOOST_TEST(uptime(3599) == "59 min 59 s");
  BOOST_TEST(uptime(3600) == "1 h 0 min");
  BOOST_TEST(uptime(86'399) == "23 h 59 min");
  BOOST_TEST(uptime(86'400) == "1 d 0 h");
  BOOST_TEST(uptime(-1) == "0 s");
}

// Of another version, or of a process that has a part of the stages.
BOOST_AUTO_TEST_CASE(a_field_that_is_missing_is_a_dash) {
  BOOST_TEST(
      table_of(json::object()) ==
      "-/-  -  epoch -  not ready  up 0 s  version - (-)\n\nno cameras\n\nno applications\n");
  auto status = whole_status();
  status["cameras"][0].erase("last_frame_age_ms");
  status["cameras"][1].erase("credit");
  status["apps"][0].erase("cameras");
  status["apps"][0].erase("policy");
  status["group"] = group();
  status["group"].erase("lease_left_ms");
  status["group"].erase("voters");
  status["group"]["members"][1].erase("lag_ops");
  status["group"]["members"][1].erase("heard_ms");
  const auto text = table_of(status);
  for (const auto* part : {"\ngate            43       41          2      16           -\n",
                           "\nyard-north       3  1234567          0       -    60000 ms\n",
                           "\nmotion             -       -       40 ", "voters -\n",
                           "lease left -  ops 40", "\nn2       backup    -      -\n"})
    check_holds(text, part);
}

BOOST_AUTO_TEST_CASE(pictures_are_shown_of_clouds_that_get_any) {
  auto status = whole_status();
  BOOST_TEST(table_of(status).find("PICTURES") == std::string::npos);
  status["clouds"][1]["pictures"] = {
      {"waiting", 12}, {"waiting_bytes", 345678}, {"published", 90}, {"dropped", 7}};
  const auto text = table_of(status);
  check_holds(text, "\nPICTURES FOR  WAITING   BYTES  PUBLISHED  DROPPED\n"
                    "local              12  345678         90        7\n");
}

BOOST_AUTO_TEST_CASE(a_cloud_is_shown_even_if_one_process_knows_only_half_of_it) {
  auto status = whole_status();
  status["clouds"].erase(0);
  status["outbox"].erase(1);
  const auto text = table_of(status);
  check_holds(text, "\naws            -        5        1  draining          -          -          "
                    "-           -\n");
  check_holds(text, "\nlocal         no        -        -         -          0          0          "
                    "0           7\n");
}

BOOST_AUTO_TEST_CASE(only_a_terminal_gets_colours) {
  auto status = whole_status();
  check_holds(status_table(status.dump(), true).text, "  \033[32mready\033[0m  ");
  status["ready"] = false;
  check_holds(status_table(status.dump(), true).text, "  \033[31mnot ready\033[0m  ");
  BOOST_TEST(table_of(status).find('\033') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_status_is_not_shown) {
  for (const auto* answer : {"", "ok\n", "[]", "7", R"({"cameras": 7)", R"({"ready": "yes"})"})
    BOOST_CHECK_THROW(status_table(answer, false), std::exception);
}

BOOST_AUTO_TEST_CASE(the_exit_code_says_whether_the_pod_is_ready) {
  web_server pod;
  auto status = whole_status();
  pod.answer_by([&status](const web_server::request& r) {
    return r.path == "/api/v1/status" ? web_server::answer{200, status.dump()}
                                      : web_server::answer{404, {}};
  });
  const auto ready = ask_status(pod.port());
  BOOST_TEST(ready.exit_code == 0);
  BOOST_TEST(ready.output == table_of(status));
  BOOST_TEST(ready.errors.empty());
  status["ready"] = false;
  const auto waiting = ask_status(pod.port(), "--json");
  BOOST_TEST(waiting.exit_code == 3);
  BOOST_TEST(waiting.output == status.dump());

  pod.answer_by([](const auto&) { return web_server::answer{404, "nothing here"}; });
  const auto stranger = ask_status(pod.port());
  BOOST_TEST(stranger.exit_code == 1);
  BOOST_TEST(stranger.output.empty());
  check_holds(stranger.errors, "monopod: the answer is not a pod's status");
  const auto nobody = ask_status(1);
  BOOST_TEST(nobody.exit_code == 1);
  check_holds(nobody.errors, "start one with `monopod run`");
}

} // namespace monopod
