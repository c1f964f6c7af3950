#include "programs/camera/report.hpp"

#include "programs/sources/address.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdio>

namespace monopod {

namespace {

void print_json(const camera_report& r) {
  const auto& s = r.frames;
  const auto& t = s.round_trip_ms;
  fmt::print(
      R"({{"frames":{},"sent":{},"acknowledged":{},"resent":{},"dropped":{},"refused":{},"lost":{},)"
      R"("blocked":{},"skipped":{},"broken":{},"reconnects":{},)"
      R"("average_bytes":{:.0f},"seconds":{:.3f},)"
      R"("ack_ms":{{"p50":{:.3f},"p95":{:.3f},"p99":{:.3f}}}}})"
      "\n",
      s.taken, s.sent, s.acknowledged, s.resent, s.dropped, s.refused, s.lost, r.blocked,
      r.source.skipped, r.source.broken, r.source.reconnects, r.average_bytes, r.seconds,
      t.percentile(50), t.percentile(95), t.percentile(99));
}

void print_table(const camera_report& r, const camera_options& o) {
  const auto& s = r.frames;
  const auto& t = s.round_trip_ms;
  const auto window = window_of(o);
  fmt::print("\nframes       {:>9}   {:.1f} a second, {:.0f} bytes on average\n"
             "sent         {:>9}   and {} again\n"
             "acknowledged {:>9}   p50 {:.3f}  p95 {:.3f}  p99 {:.3f} ms after publish\n"
             "dropped      {:>9}   {} waited: the window holds {} frames, then it is {}\n"
             "refused      {:>9}\n",
             s.taken, static_cast<double>(s.taken) / r.seconds, r.average_bytes, s.sent, s.resent,
             s.acknowledged, t.percentile(50), t.percentile(95), t.percentile(99), s.dropped,
             r.blocked, window.frames, window.full == full_policy::block ? "block" : "drop-oldest",
             s.refused);
  if (s.lost > 0)
    fmt::print(
        "lost         {:>9}   acknowledged (broker.ack = accepted), then lost by the gateway\n",
        s.lost);
  if (is_live(o) || r.source.broken > 0)
    fmt::print("skipped      {:>9}   by the source\nbroken       {:>9}\nreconnects   {:>9}\n",
               r.source.skipped, r.source.broken, r.source.reconnects);
}

} // namespace

int print_report(const camera_report& r, const camera_options& o) {
  if (o.json)
    print_json(r);
  else
    print_table(r, o);
  const auto& s = r.frames;
  if (!r.settled)
    fmt::print(stderr,
               "monopod-camera: not all frames were acknowledged{}: is a gateway running at {}?\n",
               s.last_refusal.empty() ? "" : " (" + s.last_refusal + ")", o.server);
  if (!r.pictures && (is_live(o) || kind_of(o.from) == source_kind::file))
    fmt::print(stderr, "monopod-camera: no picture came from {}{}\n", without_secrets(o.from),
               r.source.trouble.empty() ? "" : ": " + r.source.trouble);
  else if (r.settled &&
           s.acknowledged + (window_of(o).full == full_policy::block ? 0 : s.dropped) == s.taken)
    return 0;
  return 1;
}

} // namespace monopod
