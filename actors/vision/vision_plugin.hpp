// Finds and loads the shared libraries of vision plug-ins (schemas/vision_plugin.h).
#pragma once

#include "core/config/setting.hpp"
#include "schemas/vision_plugin.h"

#include <string>
#include <tl/expected.hpp>

namespace monopod {

/// The functions of the plug-in `name`, which is a file if it holds a '/', and NAME.so in the
/// folders of plug-ins otherwise: ../lib/monopod beside the program's own folder, then that folder.
/// They are never unloaded, since a library may have threads of its own. The error is a file that
/// is missing, can't be loaded, or has another version of the interface, with what to do about it.
/// Any thread.
tl::expected<const monopod_vision_functions*, setting_problem> load_plugin(const std::string& name);

} // namespace monopod
