#include "programs/detect/options.hpp"

#include "core/names.hpp"
#include "programs/subscription_flags.hpp"

#include <string>
#include <utility>
#include <vector>

namespace monopod {

namespace {

constexpr const char* description =
    R"(Finds objects in the frames of cameras and answers with them: label, confidence, box and track.

exit codes: 0 it was stopped (SIGTERM, SIGINT, --frames) and every answer was handed over;
1 the model can't be used, an address is wrong, or answers were left; 2 wrong usage)";

void declare_observer(CLI::App& app, detect_options& o) {
  auto& v = o.observer;
  app.add_option("--model", v.model, "name of a model, or the path of its TOML file")
      ->capture_default_str();
  app.add_option_function<std::vector<std::string>>(
      "--classes",
      [&v](const std::vector<std::string>& given) {
        for (const auto& text : given)
          for (auto& label : split_labels(text))
            v.classes.push_back(std::move(label));
        if (v.classes.empty())
          throw CLI::ValidationError("--classes", "names no label; leave it out for all");
      },
      "labels to look for, separated by commas; else all");
  app.add_option("--confidence", v.confidence, "least confidence of what is told")
      ->capture_default_str();
  app.add_option("--threads", v.threads, "threads for the network, 0 = one for each processor")
      ->capture_default_str();
  app.add_flag("--track,!--no-track", v.track, "number objects over frames (default: yes)");
}

// Checks that the flags fit together, which CLI11 can't do flag by flag.
void finish(detect_options& o) {
  auto& s = o.subscription;
  // A frame that waits here grows old, unless all of them are wanted anyway.
  s.credit = s.policy == wire::Policy::Every ? 2 : 1;
  if (const auto wrong = wrong_options(o.observer); !wrong.empty())
    throw CLI::ValidationError("--" + wrong);
  for (const auto& pattern : s.cameras)
    if (!valid_pattern(pattern))
      throw CLI::ValidationError("--cameras", "takes names with * and ?, such as gate-*");
  if (o.bench == o.files.empty())
    throw CLI::ValidationError("--bench", o.bench
                                              ? "needs files: --bench FILE..., JPEG or Motion JPEG"
                                              : "is missing; files are for a benchmark only");
}

} // namespace

void declare_detect(CLI::App& app, detect_options& o) {
  app.description(description);
  declare_subscription(app, o.subscription);
  declare_observer(app, o);
  app.add_option("--frames", o.frames, "stop after this many, 0 = never; with --bench 200");
  app.add_flag("--json", o.json, "print the report as one JSON object");
  app.add_flag("--quiet", o.quiet, "do not show progress");
  app.add_flag("--bench", o.bench, "measure how fast pictures of files are looked at");
  app.add_option("FILE", o.files, "with --bench: JPEG or Motion JPEG, again and again");
  app.callback([&o] { finish(o); });
}

} // namespace monopod
