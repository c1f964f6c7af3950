// `monopod forget`: takes a name off what a node remembers, through its HTTP port.
#include "core/config/config.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "programs/monopod/commands.hpp"
#include "programs/monopod/pod_answers.hpp"

#include <memory>
#include <string>

namespace monopod {

namespace {

struct forgotten {
  std::string name;
  std::string address = config{}.http.listen;
};

void add_kind(CLI::App& forget, const char* kind, const char* help, const char* name_help,
              int& exit_code) {
  const auto o = std::make_shared<forgotten>();
  auto* c = forget.add_subcommand(kind, help);
  c->add_option("NAME", o->name, name_help)->required()->check(wrong_name);
  c->add_option("--address", o->address, "HTTP address of the node to ask (its http.listen)")
      ->check(wrong_address)
      ->capture_default_str();
  c->footer(
      "Exit codes: 0 done, or nothing to do; 1 not done, the answer says why; 2 wrong usage.");
  c->callback([o, &exit_code, path = std::string("/forget/") + kind + "?name="] {
    exit_code = post_to_pod(http_address::parse(o->address), path + o->name);
  });
}

} // namespace

void add_forget(CLI::App& app, int& exit_code) {
  auto* forget = app.add_subcommand(
      "forget", "Take a camera or application off what the node remembers; ask the primary");
  forget->require_subcommand(1);
  add_kind(*forget, "camera", "Forget how far the frames of a camera are settled", "the camera",
           exit_code);
  add_kind(*forget, "app", "Forget that an application subscribes, and what it owes",
           "the application", exit_code);
  forget->footer(
      "A node remembers " + std::to_string(limits::cameras) + " cameras and " +
      std::to_string(limits::apps) +
      " applications. A further one takes the place of\n"
      "the one that was used least recently, if that is away and nothing is held for it.\n"
      "What is connected can't be forgotten: stop it first. Forget a camera that is refused with\n"
      "StaleStream since its clock once ran ahead, and an application that will not return and\n"
      "holds up cameras.");
}

} // namespace monopod
