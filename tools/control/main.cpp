// monopod-control: the system that Monopod is compared with.
#include "programs/program.hpp"
#include "tools/control/options.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace monopod::control {

namespace {

// The camera is a program of its own beside this one, since it loads FFmpeg's libraries, which
// would count as memory of the gateway and of the vision application. Returns only if that program
// can't be started.
int become_camera(char** argv) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "monopod-control-camera";
  execv(program.c_str(), argv + 1);
  std::fprintf(stderr, "monopod-control: can't start %s (%s): install it beside monopod-control\n",
               program.c_str(), std::strerror(errno)); // NOLINT(concurrency-mt-unsafe): one thread
  return 1;
}

int run(const arguments& a) {
  if (a.asked == "gateway")
    return run_gateway(a.gateway);
  if (a.asked == "vision")
    return run_vision(a.vision);
  return check_health(a.health);
}

} // namespace

} // namespace monopod::control

int main(int argc, char** argv) {
  using namespace monopod;
  if (argc > 1 && std::string_view(argv[1]) == "camera")
    return control::become_camera(argv);
  return run_program<control::arguments>("monopod-control", argc, argv, control::declare,
                                         control::run);
}
