// monopod-control-camera: the program behind `monopod-control camera`.
#include "tools/control/camera/session.hpp"

int main(int argc, char** argv) {
  using namespace monopod;
  return run_program<control::publisher_options>(
      "monopod-control camera", argc, argv, control::declare,
      [](const control::publisher_options& o) { return control::publisher_session(o).run(); });
}
