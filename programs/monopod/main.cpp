// monopod: the edge gateway.
#include "core/version.hpp"
#include "programs/monopod/commands.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  CLI::App app{"Monopod, an edge gateway for multi-camera computer vision."};
  app.set_version_flag("--version", std::string(monopod::version) + " (" + monopod::commit + ")");
  app.require_subcommand(1);
  int exit_code = 0;
  monopod::add_run(app, argc, argv, exit_code);
  monopod::add_witness(app, argc, argv, exit_code);
  monopod::add_status(app, exit_code);
  monopod::add_group(app, exit_code);
  monopod::add_forget(app, exit_code);
  monopod::add_check(app, exit_code);
  monopod::add_config(app);
  monopod::add_debug(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::cerr << "monopod: " << e.what() << "\n";
    return 1;
  }
  return exit_code;
}
