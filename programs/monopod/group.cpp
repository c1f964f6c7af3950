// The commands that an operator may give to a group, through the HTTP port of one of its nodes.
#include "core/config/config.hpp"
#include "core/names.hpp"
#include "programs/monopod/commands.hpp"
#include "programs/monopod/pod_answers.hpp"

#include <iostream>
#include <memory>
#include <unistd.h>

namespace monopod {

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done, 1 not done (the answer says why), 2 wrong usage.";

struct options {
  std::string member;
  std::string address = config{}.http.listen;
  bool force = false;
  bool yes = false;
};

int command(const options& o, const std::string& verb) {
  return post_to_pod(http_address::parse(o.address),
                     "/group/" + verb + (o.member.empty() ? "" : "?member=" + o.member));
}

// The losses that a forced promotion accepts, as this node sees the group; empty if the status
// does not mention a group.
std::string warning(const nlohmann::json& status) {
  const auto group = status.find("group");
  if (group == status.end())
    return "";
  const auto node = status.at("node").get<std::string>();
  std::string others;
  bool in_sync = false;
  for (const auto& m : group->at("members")) {
    const auto name = m.at("name").get<std::string>();
    if (m.at("incarnation") == 0)
      continue;
    if (name == node)
      in_sync = true;
    else
      others += " " + name;
  }
  std::string text = "This makes " + node + " primary with what it holds.\n";
  if (in_sync)
    text += "It is in sync: it becomes primary by itself, and loses nothing, once a majority "
            "answers.\n";
  else
    text +=
        "It is not in sync. Results and cursors that only these members hold are lost for good,\n"
        "even if they come back:" +
        (others.empty() ? " none" : others) + "\n";
  return text + "A majority of the voters must still answer; --force does not replace it.\n";
}

bool confirmed() {
  std::cout << "Go on? [y/N] " << std::flush;
  std::string line;
  return std::getline(std::cin, line) && (line == "y" || line == "Y" || line == "yes");
}

int promote(const options& o) {
  const auto address = http_address::parse(o.address);
  const auto status = ask_http(address, "GET", "/api/v1/status");
  if (status.status != 200) {
    std::cerr << "monopod: " << unreachable(address, status);
    return 1;
  }
  const auto text = warning(read_status(status.body));
  if (text.empty()) {
    std::cerr << "monopod: this node is alone: it is not a member of a group\n";
    return 1;
  }
  std::cout << text;
  if (!o.yes && isatty(STDIN_FILENO) != 1) {
    std::cerr << "monopod: nothing was done: pass --yes to confirm\n";
    return 2;
  }
  if (!o.yes && !confirmed()) {
    std::cerr << "monopod: nothing was done\n";
    return 1;
  }
  return command(o, "promote");
}

CLI::App* subcommand(CLI::App& app, const char* name, const char* help,
                     const std::shared_ptr<options>& o) {
  auto* c = app.add_subcommand(name, help);
  c->add_option("--address", o->address, "HTTP address of the node to ask (its http.listen)")
      ->check(wrong_address)
      ->capture_default_str();
  c->footer(exit_codes);
  return c;
}

void add_members(CLI::App& app, int& exit_code) {
  auto* members = app.add_subcommand("members", "Change who votes in the group; ask the primary");
  members->require_subcommand(1);
  members->footer(
      "To add a member: 1. write [member.NAME] into the configuration of every node; 2. restart\n"
      "them one by one, the primary last; 3. start NAME; 4. monopod members add NAME.\n"
      "To remove one: 1. hand over, if it is primary; 2. stop it; 3. monopod members remove NAME;\n"
      "4. take [member.NAME] out of every configuration, and restart the nodes one by one.\n"
      "To replace a machine: stop the old one, start the new one with the same configuration and\n"
      "an empty group.directory. It takes the place by itself within a second; replace NAME does\n"
      "not wait until the old one has been silent for long enough.\n"
      "Change one member at a time, while all the others are up.");
  for (const auto& [verb, help] :
       {std::pair{"add", "Let a configured member vote"},
        {"remove", "Take a member's vote away"},
        {"replace", "Let the new machine with this name vote in place of the old one"}}) {
    auto o = std::make_shared<options>();
    auto* c = subcommand(*members, verb, help, o);
    c->add_option("NAME", o->member, "the member")->required()->check(wrong_name);
    c->callback([o, &exit_code, what = std::string(verb)] { exit_code = command(*o, what); });
  }
}

} // namespace

void add_group(CLI::App& app, int& exit_code) {
  auto heir = std::make_shared<options>();
  auto* handover =
      subcommand(app, "handover", "Make another member primary; ask the primary", heir);
  handover->add_option("NAME", heir->member, "the next primary; without it, any member in sync")
      ->check(wrong_name);
  handover->callback([heir, &exit_code] { exit_code = command(*heir, "handover"); });
  auto o = std::make_shared<options>();
  auto* force = subcommand(
      app, "promote",
      "Make a node primary although the members that know more are gone; ask that node", o);
  force->add_flag("--force", o->force, "accept that data may be lost")->required();
  force->add_flag("--yes", o->yes, "do not ask for confirmation");
  force->callback([o, &exit_code] { exit_code = promote(*o); });
  add_members(app, exit_code);
}

} // namespace monopod
