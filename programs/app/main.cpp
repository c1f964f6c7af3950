// monopod-app: a small real vision application in a process of its own, and the example to copy.
#include "clients/app_client.hpp"
#include "programs/app/motion.hpp"
#include "programs/program.hpp"
#include "programs/subscription_flags.hpp"
#include "programs/table.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace {

using namespace monopod;

struct options {
  app_options subscription{.app = "motion"};
  std::uint64_t frames = 0;
  bool json = false;
  bool quiet = false;
};

void declare(CLI::App& app, options& o) {
  auto& s = o.subscription;
  app.description("Subscribes to cameras and reports the motion and brightness of each frame.");
  declare_subscription(app, s);
  app.add_option("--credit", s.credit, "most frames held here at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--frames", o.frames, "stop after this many, 0 = never")->capture_default_str();
  app.add_flag("--json", o.json, "print the report as one JSON object");
  app.add_flag("--quiet", o.quiet, "do not show progress");
  app.footer("Exit code: 0 if frames were answered; 1 if none were, or an answer could not be "
             "sent; 2: wrong usage.");
}

class session {
public:
  explicit session(const options& o)
      : options_(o), connection_(o.subscription), progress_(o.quiet, 5) {}

  int run() {
    while (stop_requested == 0 && (options_.frames == 0 || answered() < options_.frames)) {
      if (const auto frame = connection_.next(200))
        serve(*frame);
      progress_.tick([this] { return progress(); });
    }
    const bool all = connection_.flush(1000);
    report();
    return all && answered() > 0 ? 0 : 1;
  }

private:
  std::uint64_t answered() const { return connection_.stats().answers; }

  void serve(const app_frame& frame) {
    skipped_ += frame.skipped_newer + frame.skipped_age + frame.skipped_rate;
    const auto picture = decoder_.decode(frame.jpeg);
    wire::InferenceT found;
    found.model = "motion";
    if (picture)
      found = detectors_[frame.camera].detect(*picture);
    else
      ++undecodable_;
    for (const auto& d : found.detections)
      moving_ += d->label == "motion" ? 1 : 0;
    connection_.answer(frame, std::move(found)); // even if nothing was found
  }

  std::string progress() const {
    const auto& s = connection_.stats();
    const std::string trouble = s.attached == 0 && s.last_refusal.empty()
                                    ? " (no broker yet at " + options_.subscription.server + ")"
                                : s.last_refusal.empty() ? std::string{}
                                                         : " (" + s.last_refusal + ")";
    return fmt::format("{} frames answered{}", answered(), trouble);
  }

  void report() const {
    const auto& s = connection_.stats();
    struct count {
      const char* key;
      const char* row;
      std::uint64_t value;
    };
    nlohmann::ordered_json object;
    table rows({{"", align::left}, {""}});
    for (const auto& [key, row, value] : {count{"frames", "frames", s.frames},
                                          {"answers", "answers", s.answers},
                                          {"skipped", "skipped", skipped_},
                                          {"motion", "motion in", moving_},
                                          {"undecodable", "no JPEG", undecodable_},
                                          {"refused", "refused", s.refused},
                                          {"attached", "times attached", s.attached}}) {
      object[key] = value;
      rows.add({row, fmt::to_string(value)});
    }
    fmt::print("{}", options_.json ? object.dump() + "\n" : "\n" + rows.text());
  }

  const options& options_;
  app_connection connection_;
  grey_decoder decoder_;
  std::map<std::string, motion_detector> detectors_; // by camera: as many as the broker has
  std::uint64_t skipped_ = 0;
  std::uint64_t moving_ = 0;
  std::uint64_t undecodable_ = 0;
  progress_line progress_;
};

} // namespace

int main(int argc, char** argv) {
  return run_program<options>("monopod-app", argc, argv, declare,
                              [](const options& o) { return session(o).run(); });
}
