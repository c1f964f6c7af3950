// monopod-camera: publishes frames to a gateway, as one or many cameras.
#include "programs/camera/session.hpp"

int main(int argc, char** argv) {
  using namespace monopod;
  return run_program<camera_options>(
      "monopod-camera", argc, argv, declare_camera,
      [](const camera_options& o) { return camera_session(o).run(); });
}
