#include "tools/control/camera/report.hpp"

#include "programs/camera/report.hpp"
#include "programs/report_json.hpp"
#include "programs/sources/address.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace monopod::control {

namespace {

std::string report_json(const publisher_report& r) {
  const nlohmann::ordered_json j{{"frames", r.frames},
                                 {"sent", r.streams.sent},
                                 {"dropped", r.streams.dropped},
                                 {"breaks", r.streams.breaks},
                                 {"skipped", r.source.skipped},
                                 {"broken", r.source.broken},
                                 {"reconnects", r.source.reconnects},
                                 {"average_bytes", std::llround(r.average_bytes)},
                                 {"seconds", rounded(r.seconds, 3)}};
  return j.dump() + "\n";
}

std::string report_table(const publisher_report& r, const publisher_options& o) {
  table rows({{"", align::left}, {""}, {"", align::left}});
  rows.add({"frames", fmt::to_string(r.frames),
            fmt::format("{:.1f} a second, {:.0f} bytes on average",
                        static_cast<double>(r.frames) / r.seconds, r.average_bytes)});
  rows.add({"sent", fmt::to_string(r.streams.sent)});
  rows.add({"dropped", fmt::to_string(r.streams.dropped), "while the gateway was away"});
  rows.add({"breaks", fmt::to_string(r.streams.breaks), "of streams, made again"});
  if (is_live(o.feed) || r.source.broken > 0)
    add_source_rows(rows, r.source);
  return "\n" + rows.text();
}

} // namespace

int print_report(const publisher_report& r, const publisher_options& o) {
  fmt::print("{}", o.feed.json ? report_json(r) : report_table(r, o));
  std::fflush(stdout);
  if (!r.settled)
    fmt::print(stderr,
               "monopod-control camera: not all frames were sent: is a gateway running at {}?\n",
               o.gateway);
  if (r.frames == 0 && (is_live(o.feed) || kind_of(o.feed.from) == source_kind::file))
    fmt::print(stderr, "monopod-control camera: no picture came from {}{}\n",
               without_secrets(o.feed.from),
               r.source.trouble.empty() ? "" : ": " + r.source.trouble);
  return r.settled && r.frames > 0 && r.streams.sent == r.frames ? 0 : 1;
}

} // namespace monopod::control
