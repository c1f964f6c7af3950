#include "tools/control/options.hpp"

#include "core/config/config_loader.hpp"
#include "core/config/settings.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace monopod::control {

namespace {

// The settings of the emulated work. The other settings of [vision.NAME] concern the broker.
constexpr std::array emulator_settings{"distribution", "service_ms", "deviation_ms", "work",
                                       "decode",       "detections", "seed"};

void declare_names(CLI::App& app, arguments& a) {
  app.add_option("--site", a.site, "name of the site, in topics and keys")->capture_default_str();
  app.add_option("--node", a.node, "name of the node, in results; default: the host's name");
}

// Names and emulator settings, checked by Monopod's own rules. Throws CLI::ValidationError.
config configured(const arguments& a) {
  std::vector<config_override> given{{"--site", "site", {a.site}}};
  if (!a.node.empty())
    given.push_back({"--node", "node", {a.node}});
  for (const auto& [name, text] : a.emulator)
    given.push_back({"--" + name, "vision." + a.vision.app + "." + name, {text}});
  auto loaded = load_config(std::nullopt, given);
  if (!loaded)
    throw CLI::ValidationError(describe(loaded.error()));
  return std::move(*loaded);
}

void declare_habits(CLI::App& app, gateway_habits& h) {
  const char* const group = "Habits of the original, each off by default";
  app.add_flag(
         "--reads-on", h.reads_on,
         "keep reading, for ever, from a stream of a camera or an application that was cut, "
         "and let all work take turns at the processors with that, as Go's scheduler does; at "
         "most 64 streams")
      ->group(group);
  app.add_flag("--ends-with-subscriber", h.ends_with_subscriber,
               "end with exit code 1 when a frame can't be written to a subscriber that left")
      ->group(group);
  app.add_flag("--answers-after-cloud", h.answers_after_cloud,
               "answer PublishToCloud only after the broker has confirmed the call's results; "
               "needs --qos 1 or 2")
      ->group(group);
  app.add_flag("--queues-without-bound", h.queues_without_bound,
               "keep every message for a slow subscriber, limited only by memory; otherwise the "
               "latest 64 wait. A subscriber that answers no pings is disconnected unless "
               "--default-keepalive is given, too")
      ->group(group);
  declare_keepalive(app, h.liveness)->group(group);
}

void declare_gateway(CLI::App& app, arguments& a) {
  auto& o = a.gateway;
  app.add_option("--listen", o.listen, "HOST:PORT for gRPC")->capture_default_str();
  app.add_option("--nats", o.nats, "NATS servers, with commas between")->capture_default_str();
  app.add_option("--cloud", o.cloud, "HOST:PORT of the MQTT broker")->capture_default_str();
  app.add_option("--qos", o.qos, "quality of service of results")
      ->check(CLI::Range(0, 2))
      ->capture_default_str();
  app.add_flag(
      "--vei-encoding", o.vei_encoding,
      "frames pass through NATS as JSON with base64, as VEI sent them; all replicas alike");
  app.add_option("--metrics", o.metrics, "HOST:PORT for Prometheus; default: none");
  declare_habits(app, o.habits);
  declare_names(app, a);
  app.footer("Says \"ready\" in its log once it listens and NATS and the broker are there; takes "
             "calls before that. Exit code: 0 stopped; 1 it can't start, or it ended with a "
             "subscriber; 2 wrong usage.");
  app.callback([&a] {
    a.asked = "gateway";
    if (a.gateway.habits.answers_after_cloud && a.gateway.qos == 0)
      throw CLI::ValidationError("--answers-after-cloud",
                                 "needs confirmations, and there are none at QoS 0: use --qos 1 "
                                 "or 2");
    a.gateway.names = configured(a);
  });
}

void declare_vision(CLI::App& app, arguments& a) {
  auto& o = a.vision;
  app.add_option("--gateway", o.gateway, "HOST:PORT of the gateway")->capture_default_str();
  app.add_option("--camera", o.cameras, "cameras that it subscribes to, by name")->required();
  app.add_option("--app", o.app, "name of the application")->capture_default_str();
  for (const auto* name : emulator_settings) {
    const auto& s = *find_setting("vision", name);
    app.add_option_function<std::string>(
           "--" + s.name, [&a, name](const std::string& text) { a.emulator[name] = text; },
           s.help + " (" + s.allowed() + ")")
        ->default_str(s.default_text());
  }
  app.add_option("--metrics", o.metrics, "HOST:PORT for Prometheus; default: none");
  app.add_flag("--call-per-frame", o.call_per_frame,
               "a habit of the original: one PublishToCloud call for each result, whose answer it "
               "waits for before it takes the next frame; it ends with exit code 1 when that call "
               "or a subscription fails");
  declare_keepalive(app, o.liveness);
  declare_names(app, a);
  app.footer("Says \"ready\" in its log once it is subscribed to all cameras. Exit code: 0 "
             "stopped; 1 it can't start, or a call failed with --call-per-frame; 2 wrong usage.");
  app.callback([&a] {
    a.asked = "vision";
    const auto bad = std::ranges::find_if_not(a.vision.cameras, valid_name);
    if (bad != a.vision.cameras.end() || !valid_name(a.vision.app))
      throw CLI::ValidationError("--camera, --app", "take 1 to 64 of A-Z a-z 0-9 . _ -");
    a.vision.names = configured(a);
    a.vision.work = a.vision.names.vision[a.vision.app];
  });
}

void declare_health(CLI::App& app, arguments& a) {
  auto& o = a.health;
  app.add_option("GATEWAY", o.gateway, "HOST:PORT of the gateway")->capture_default_str();
  app.add_option("--service", o.service, "VEIv1_0.VEIv1_0 also wants NATS; default: it answers");
  app.add_option("--timeout-s", o.timeout_s, "how long it may take")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.footer("Exit code: 0 it serves; 1 it does not; 2 wrong usage.");
  app.callback([&a] { a.asked = "health"; });
}

} // namespace

void declare(CLI::App& app, arguments& a) {
  app.description("The control of the experiment: the 2022 thesis's gateway and vision application "
                  "as processes of their own, connected by gRPC and NATS.");
  app.require_subcommand(1);
  declare_gateway(*app.add_subcommand("gateway", "VEI's interface between cameras, NATS, vision "
                                                 "applications and the cloud"),
                  a);
  declare_vision(*app.add_subcommand("vision", "The emulated vision application"), a);
  // The camera is a program of its own (main.cpp), which declares its flags.
  app.add_subcommand("camera", "Publishes frames as one or many cameras; see camera --help");
  declare_health(*app.add_subcommand("health", "gRPC's health check of a gateway, for probes"), a);
}

} // namespace monopod::control
