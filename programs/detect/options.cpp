#include "programs/detect/options.hpp"

#include "core/names.hpp"

namespace monopod {

namespace {

constexpr const char* description =
    R"(Finds objects in the frames of cameras and answers with them: label, confidence, box and track.

exit codes: 0 it was stopped (SIGTERM, SIGINT, --frames) and every answer was handed over;
1 the model can't be used, an address is wrong, or answers were left; 2 wrong usage)";

void declare_subscription(CLI::App& app, detect_options& o) {
  auto& s = o.subscription;
  app.add_option("--server", s.server,
                 "ZeroMQ endpoint of the broker; to follow the primary of a group, those of all "
                 "replicas, separated by commas")
      ->capture_default_str();
  app.add_option("--name", s.app, "name of this application")
      ->check(wrong_name)
      ->capture_default_str();
  app.add_option("--cameras", s.cameras, "patterns of camera names, with * and ?")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--policy", o.policy,
                 "every: each frame once, and the camera waits for the result; latest: the newest "
                 "frame of each camera; bounded: the newest few")
      ->check(CLI::IsMember({"every", "latest", "bounded"}))
      ->capture_default_str();
  app.add_option("--bound", s.bound, "most frames that wait per camera, for bounded")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--max-age,--max-age-ms", s.max_age_ms,
                 "skip frames older than this, in milliseconds, 0 = no limit")
      ->check(CLI::Range(0, 3'600'000))
      ->capture_default_str();
  app.add_option("--max-fps", s.max_fps, "most frames a second from each camera, 0 = all")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
}

void declare_observer(CLI::App& app, detect_options& o) {
  auto& v = o.observer;
  app.add_option("--model", v.model, "name of a model, or the path of its TOML file")
      ->capture_default_str();
  app.add_option("--classes", v.classes, "labels to look for, separated by commas; else all")
      ->delimiter(',');
  app.add_option("--confidence", v.confidence, "least confidence of what is told")
      ->capture_default_str();
  app.add_option("--threads", v.threads, "threads for the network, 0 = one for each processor")
      ->capture_default_str();
  app.add_flag("--track,!--no-track", v.track, "number objects over frames (default: yes)");
}

// What CLI11 can't check flag by flag.
void finish(detect_options& o) {
  auto& s = o.subscription;
  s.policy = o.policy == "every"    ? wire::Policy::Every
             : o.policy == "latest" ? wire::Policy::Latest
                                    : wire::Policy::Bounded;
  // A frame that waits here grows old, unless all of them are wanted anyway.
  s.credit = s.policy == wire::Policy::Every ? 2 : 1;
  if (const auto wrong = wrong_options(o.observer); !wrong.empty())
    throw CLI::ValidationError("--confidence and --threads", wrong);
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
  declare_subscription(app, o);
  declare_observer(app, o);
  app.add_option("--frames", o.frames, "stop after this many, 0 = never; with --bench 200");
  app.add_flag("--json", o.json, "print the report as one JSON object");
  app.add_flag("--quiet", o.quiet, "do not show progress");
  app.add_flag("--bench", o.bench, "measure how fast pictures of files are looked at");
  app.add_option("FILE", o.files, "with --bench: JPEG or Motion JPEG, again and again");
  app.callback([&o] { finish(o); });
}

} // namespace monopod
