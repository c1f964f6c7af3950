#include "core/config/config_docs.hpp"
#include "core/config/config_loader.hpp"
#include "core/config/group_checks.hpp"
#include "core/config/secrets.hpp"
#include "programs/monopod/commands.hpp"

#include <iostream>
#include <memory>

namespace monopod {

void add_check(CLI::App& app, int& exit_code) {
  auto* check = app.add_subcommand("check", "Explain what is wrong with a configuration file");
  auto file = std::make_shared<std::string>();
  check->add_option("FILE", *file, "TOML file")->required();
  check->callback([file, &exit_code] {
    const auto loaded = load_config(*file, {});
    if (loaded) {
      std::cout << *file << ": good (" << loaded->vision.size() << " vision applications, "
                << loaded->cloud.size() << " clouds, ";
      if (loaded->member.empty())
        std::cout << "a node on its own)\n";
      else
        std::cout << loaded->member.size() << " members)\n";
      for (const auto& warning : group_warnings(*loaded))
        std::cout << *file << ": warning: " << warning << "\n";
      for (const auto& warning : secret_warnings(*loaded, {}))
        std::cout << *file << ": warning: " << warning << "\n";
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
