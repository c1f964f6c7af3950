// monopod debug: commands that are only for tests of a running pod.
#include "core/config/config.hpp"
#include "core/names.hpp"
#include "programs/monopod/commands.hpp"
#include "programs/monopod/pod_answers.hpp"

#include <memory>

namespace monopod {

void add_debug(CLI::App& app, int& exit_code) {
  auto* debug = app.add_subcommand("debug", "Make a pod fail on purpose, for tests");
  debug->require_subcommand(1);
  auto* kill =
      debug->add_subcommand("kill-stage", "Make a stage fail; its supervisor restarts it. The pod "
                                          "must have been started with --enable-debug");
  struct options {
    std::string stage;
    std::string address = config{}.http.listen;
  };
  auto o = std::make_shared<options>();
  kill->add_option("NAME", o->stage, "gateway, broker, ledger, cloud or vision.NAME")
      ->required()
      ->check(wrong_name);
  kill->add_option("--address", o->address, "HTTP address of the pod")
      ->check(wrong_address)
      ->capture_default_str();
  kill->callback([o, &exit_code] {
    exit_code = post_to_pod(http_address::parse(o->address), "/debug/kill-stage?name=" + o->stage);
  });
}

} // namespace monopod
