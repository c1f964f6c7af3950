#include "programs/detect/session.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "programs/report_json.hpp"
#include "programs/table.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace monopod {

namespace {

constexpr std::uint64_t progress_period_s = 5;
constexpr std::size_t labels_shown = 6; // in a line of progress

wire::InferenceT inference(const model_description& model, const observation& seen) {
  wire::InferenceT found;
  found.model = model.name;
  found.revision = model.revision;
  for (const auto& o : seen.objects) {
    auto d = std::make_unique<wire::DetectionT>();
    d->label = *o.label;
    d->confidence = o.confidence;
    d->box = std::make_unique<wire::Box>(o.place.x, o.place.y, o.place.width, o.place.height);
    d->track_id = o.track_id;
    found.detections.push_back(std::move(d));
  }
  return found;
}

double ms_since(std::uint64_t stamp_ns) {
  const auto now_ns = realtime_ns();
  return now_ns > stamp_ns ? static_cast<double>(now_ns - stamp_ns) * 1e-6 : 0;
}

} // namespace

detect_session::detect_session(const detect_options& options, observer_opener open)
    : options_(options), connection_(options.subscription), eye_(open(options)),
      progress_(options.quiet, progress_period_s), shown_at_ns_(boottime_ns()) {}

int detect_session::run() {
  while (stop_requested == 0 &&
         (options_.frames == 0 || connection_.stats().answers < options_.frames)) {
    if (const auto frame = connection_.next(200))
      serve(*frame);
    progress_.tick([this] { return progress(); });
  }
  const bool all = connection_.flush(1000);
  report();
  return all ? 0 : 1;
}

void detect_session::serve(const app_frame& frame) {
  counts_.skipped += frame.skipped_newer + frame.skipped_age + frame.skipped_rate;
  const auto seen =
      eye_->observe({frame.camera, frame.stream, frame.captured_at_ns, frame.jpeg.bytes()});
  if (seen) {
    count(*seen);
  } else {
    ++counts_.undecodable;
    log_limited(log_level::warn, "detect", "a frame can't be looked at",
                {{"camera", frame.camera}, {"seq", frame.seq}, {"reason", seen.error()}});
  }
  connection_.answer(frame, inference(eye_->model(), seen.value_or(observation{})));
  last_age_ms_ = ms_since(frame.captured_at_ns);
  counts_.age_ms.add(last_age_ms_);
  counts_.service_ms.add(ms_since(frame.started_at_ns));
}

void detect_session::count(const observation& seen) {
  counts_.damaged += seen.damage.empty() ? 0 : 1;
  std::set<std::string_view> here;
  for (const auto& o : seen.objects) {
    ++counts_.found[*o.label];
    if (here.insert(*o.label).second)
      ++counts_.frames_with[*o.label];
  }
}

std::string detect_session::progress() {
  const auto& s = connection_.stats();
  if (s.attached == 0 && s.last_refusal.empty())
    return fmt::format("no broker yet at {}", options_.subscription.server);
  const auto now_ns = boottime_ns();
  const double seconds = static_cast<double>(now_ns - shown_at_ns_) * 1e-9;
  auto line = fmt::format("{} frames, {:.1f} a second, age {:.0f} ms", s.answers,
                          static_cast<double>(s.answers - shown_frames_) / seconds, last_age_ms_);
  shown_frames_ = s.answers;
  shown_at_ns_ = now_ns;
  std::vector<std::pair<std::uint64_t, std::string>> most;
  for (const auto& [label, count] : counts_.found)
    most.emplace_back(count, label);
  std::ranges::sort(most, std::greater<>());
  for (std::size_t i = 0; i < std::min(most.size(), labels_shown); ++i)
    line += fmt::format(", {} {}", most[i].second, most[i].first);
  if (!s.last_refusal.empty())
    line += " (" + s.last_refusal + ")";
  return line;
}

void detect_session::report() const {
  const auto& s = connection_.stats();
  nlohmann::ordered_json object;
  table rows({{"", align::left}, {""}});
  struct figure {
    const char* key;
    const char* row;
    std::uint64_t value;
  };
  for (const auto& [key, row, value] :
       {figure{"frames", "frames", s.frames}, figure{"answers", "answers", s.answers},
        figure{"skipped", "skipped", counts_.skipped},
        figure{"undecodable", "not looked at", counts_.undecodable},
        figure{"damaged", "damaged", counts_.damaged}, figure{"tracks", "tracks", eye_->tracks()},
        figure{"refused", "refused", s.refused},
        figure{"attached", "times attached", s.attached}}) {
    object[key] = value;
    rows.add({row, fmt::to_string(value)});
  }
  object["found"] = counts_.found;
  object["frames_with"] = counts_.frames_with;
  for (const auto& [label, count] : counts_.frames_with)
    rows.add({"frames with " + label, fmt::to_string(count)});
  for (const auto& [key, row, times] :
       {std::tuple{"age_ms", "age", &counts_.age_ms},
        std::tuple{"service_ms", "service time", &counts_.service_ms}}) {
    object[key] = percentiles_json(*times);
    for (const auto p : {50, 99})
      rows.add({fmt::format("{}, ms, p{}", row, p), fmt::format("{:.1f}", times->percentile(p))});
  }
  fmt::print("{}", options_.json ? object.dump() + "\n" : "\n" + rows.text());
  if (s.frames == 0 && s.attached > 0 && s.refused == 0)
    fmt::print(
        stderr,
        "monopod-detect: no frame came; `monopod status` tells which cameras the node has\n");
}

} // namespace monopod
