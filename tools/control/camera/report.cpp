#include "tools/control/camera/report.hpp"

#include "programs/sources/address.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdio>

namespace monopod::control {

namespace {

void print_json(const publisher_report& r) {
  fmt::print(R"({{"frames":{},"sent":{},"dropped":{},"breaks":{},"skipped":{},"broken":{},)"
             R"("reconnects":{},"average_bytes":{:.0f},"seconds":{:.3f}}})"
             "\n",
             r.frames, r.streams.sent, r.streams.dropped, r.streams.breaks, r.source.skipped,
             r.source.broken, r.source.reconnects, r.average_bytes, r.seconds);
}

void print_table(const publisher_report& r, const publisher_options& o) {
  fmt::print("\nframes       {:>9}   {:.1f} a second, {:.0f} bytes on average\n"
             "sent         {:>9}\n"
             "dropped      {:>9}   while the gateway was away\n"
             "breaks       {:>9}   of streams, made again\n",
             r.frames, static_cast<double>(r.frames) / r.seconds, r.average_bytes, r.streams.sent,
             r.streams.dropped, r.streams.breaks);
  if (is_live(o.feed) || r.source.broken > 0)
    fmt::print("skipped      {:>9}   by the source\nbroken       {:>9}\nreconnects   {:>9}\n",
               r.source.skipped, r.source.broken, r.source.reconnects);
}

} // namespace

int print_report(const publisher_report& r, const publisher_options& o) {
  if (o.feed.json)
    print_json(r);
  else
    print_table(r, o);
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
