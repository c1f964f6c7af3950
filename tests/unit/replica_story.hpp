// An exchange between replicas as text: a script of commands, each with everything that it caused.
#pragma once

#include <string>

namespace monopod {

/// Runs the commands of `script` (lines that begin with "> ") and returns the script with what each
/// of them caused below it; comments and empty lines stay. Text below a command is dropped first,
/// so running a result gives the same result. Throws std::runtime_error for a line that is not a
/// command. Commands, where `X` and `Y` are replicas:
///
///   group X...                 starts them and waits until all are in sync, without telling it
///   start X...                 starts a process for each, from its disk
///   crash X                    its process ends; its disk stays
///   run N ms                   time passes
///   run until X acts|accepts|holds N|commits N|is a backup|has all in sync
///   append X                   the primary X gets an op of its own
///   hand over X to Y           X is asked to hand the primary's role over to Y
///   lose KIND from X [to Y]    messages of that kind, or `everything`, are lost from now on
///   heal                       nothing is lost any more
///   hide KIND...               messages of these kinds are left out of the text from now on
///   show everything            no message is left out any more
///
/// A message takes a millisecond; a save is on disk at once. Times count from the first command, or
/// from the end of `group`.
std::string run_story(const std::string& script);

} // namespace monopod
