#include "programs/camera/report.hpp"

#include "programs/report_json.hpp"
#include "programs/sources/address.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace monopod {

namespace {

bool keeps_every_frame(const camera_options& o) { return window_of(o).full == full_policy::block; }

} // namespace

void add_source_rows(table& rows, const source_statistics& s) {
  rows.add({"skipped", fmt::to_string(s.skipped), "by the source"});
  rows.add({"broken", fmt::to_string(s.broken)});
  rows.add({"reconnects", fmt::to_string(s.reconnects)});
}

std::string report_json(const camera_report& r) {
  const auto& s = r.frames;
  const nlohmann::ordered_json j{{"frames", s.taken},
                                 {"sent", s.sent},
                                 {"acknowledged", s.acknowledged},
                                 {"resent", s.resent},
                                 {"dropped", s.dropped},
                                 {"refused", s.refused},
                                 {"lost", s.lost},
                                 {"blocked", r.blocked},
                                 {"skipped", r.source.skipped},
                                 {"broken", r.source.broken},
                                 {"reconnects", r.source.reconnects},
                                 {"average_bytes", std::llround(r.average_bytes)},
                                 {"seconds", rounded(r.seconds, 3)},
                                 {"ack_ms", percentiles_json(s.round_trip_ms)}};
  return j.dump() + "\n";
}

std::string report_table(const camera_report& r, const camera_options& o) {
  const auto& s = r.frames;
  const auto& t = s.round_trip_ms;
  table rows({{"", align::left}, {""}, {"", align::left}});
  const auto add = [&rows](const char* name, std::uint64_t count, const std::string& note = {}) {
    rows.add({name, fmt::to_string(count), note});
  };
  add("frames", s.taken,
      fmt::format("{:.1f} a second, {:.0f} bytes on average",
                  static_cast<double>(s.taken) / r.seconds, r.average_bytes));
  add("sent", s.sent, fmt::format("and {} again", s.resent));
  add("acknowledged", s.acknowledged,
      fmt::format("p50 {:.3f}  p95 {:.3f}  p99 {:.3f} ms after publish", t.percentile(50),
                  t.percentile(95), t.percentile(99)));
  add("dropped", s.dropped,
      fmt::format("{} waited: the window holds {} frames, then it is {}", r.blocked,
                  window_of(o).frames, keeps_every_frame(o) ? "block" : "drop-oldest"));
  add("refused", s.refused);
  if (s.lost > 0)
    add("lost", s.lost, "acknowledged (broker.ack = accepted), then lost by the gateway");
  if (is_live(o) || r.source.broken > 0)
    add_source_rows(rows, r.source);
  return "\n" + rows.text();
}

int print_report(const camera_report& r, const camera_options& o) {
  fmt::print("{}", o.json ? report_json(r) : report_table(r, o));
  const auto& s = r.frames;
  if (!r.settled)
    fmt::print(stderr,
               "monopod-camera: not all frames were acknowledged{}: is a gateway running at {}?\n",
               s.last_refusal.empty() ? "" : " (" + s.last_refusal + ")", o.server);
  if (!r.pictures && (is_live(o) || kind_of(o.from) == source_kind::file))
    fmt::print(stderr, "monopod-camera: no picture came from {}{}\n", without_secrets(o.from),
               r.source.trouble.empty() ? "" : ": " + r.source.trouble);
  else if (r.settled && s.acknowledged + (keeps_every_frame(o) ? 0 : s.dropped) == s.taken)
    return 0;
  return 1;
}

} // namespace monopod
