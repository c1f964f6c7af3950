// The subcommands of monopod; those that may fail set the program's exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace monopod {

void add_run(CLI::App& app, int argc, char** argv, int& exit_code);
void add_witness(CLI::App& app, int argc, char** argv, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_config(CLI::App& app);
void add_status(CLI::App& app, int& exit_code);
void add_forget(CLI::App& app, int& exit_code);
void add_group(CLI::App& app, int& exit_code);
void add_debug(CLI::App& app, int& exit_code);

} // namespace monopod
