#include "core/config/config_docs.hpp"
#include "core/config/config_loader.hpp"
#include "core/config/cross_checks.hpp"
#include "core/config/secrets.hpp"
#include "programs/monopod/commands.hpp"

#include <iostream>
#include <memory>

namespace monopod {

namespace {

struct checked {
  std::string file;
  std::string node;
};

tl::expected<config, std::vector<config_mistake>> load(const checked& c) {
  const auto as = [&c](const std::string& node) {
    return load_config(c.file, {{"--node", "node", {node}}});
  };
  if (!c.node.empty())
    return as(c.node);
  auto loaded = load_config(c.file, {});
  if (loaded)
    return loaded;
  // The file of a group is good if it is good for its members, wherever it is checked.
  for (const auto& name : section_names(c.file))
    if (auto for_member = as(name))
      return for_member;
  return loaded;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

} // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto* check = app.add_subcommand("check", "Explain what is wrong with a configuration file");
  const auto what = std::make_shared<checked>();
  check->add_option("FILE", what->file, "TOML file")->required();
  check->add_option("--node", what->node,
                    "check it as this node; without it, the file of a group is good if it is for "
                    "one of its members");
  check->footer("Exit codes: 0 good, 1 the file has mistakes, 2 wrong usage.");
  check->callback([what, &exit_code] {
    const auto& file = what->file;
    const auto loaded = load(*what);
    if (loaded) {
      std::cout << file << ": good (" << counted(loaded->vision.size(), "vision application")
                << ", " << counted(loaded->cloud.size(), "cloud") << ", "
                << (loaded->member.empty() ? "a node on its own"
                                           : counted(loaded->member.size(), "member"))
                << ")\n";
      for (const auto& warning : config_warnings(*loaded))
        std::cout << file << ": warning: " << warning << "\n";
      for (const auto& warning : secret_warnings(*loaded, {}))
        std::cout << file << ": warning: " << warning << "\n";
      return;
    }
    std::cerr << describe(loaded.error());
    exit_code = 1;
  });
}

void add_config(CLI::App& app) {
  auto* config_command = app.add_subcommand("config", "Print the settings");
  config_command->require_subcommand(1);
  config_command->add_subcommand("docs", "Print docs/configuration.md")->callback([] {
    std::cout << configuration_page();
  });
  config_command
      ->add_subcommand("example", "Print a configuration file with all settings and their defaults")
      ->callback([] { std::cout << example_file(); });
}

} // namespace monopod
