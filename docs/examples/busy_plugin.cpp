// A vision plug-in to copy: it says "busy" of each JPEG that takes many bytes. Build it with
//   g++ -std=c++20 -O2 -shared -fPIC -I. docs/examples/busy_plugin.cpp -o busy.so
#include "schemas/vision_plugin.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

struct instance {
  std::size_t least_bytes = 20'000;
  monopod_vision_detection found{}; // the answer points to it until the next call
};

void* open(const monopod_vision_option* options, size_t count, char* problem, size_t bytes) {
  auto made = std::make_unique<instance>();
  for (size_t i = 0; i < count; ++i) {
    if (std::strcmp(options[i].key, "least_bytes") != 0) {
      std::snprintf(problem, bytes, "unknown option %s; the one there is: least_bytes",
                    options[i].key);
      return nullptr;
    }
    made->least_bytes = std::strtoul(options[i].value, nullptr, 10);
  }
  return made.release();
}

int detect(void* opened, const monopod_vision_frame* frame, monopod_vision_answer* answer, char*,
           size_t) {
  auto& self = *static_cast<instance*>(opened);
  self.found = {"busy", 0.9F, 0, 0, 0, 0, 0}; // the whole picture, not tracked
  answer->model = "busy";
  answer->detections = &self.found;
  answer->count = frame->jpeg_bytes >= self.least_bytes ? 1 : 0;
  return 0;
}

void close(void* opened) { std::unique_ptr<instance>(static_cast<instance*>(opened)).reset(); }

} // namespace

extern "C" const monopod_vision_functions* monopod_vision_plugin(void) {
  static const monopod_vision_functions functions{MONOPOD_VISION_VERSION, open, detect, close};
  return &functions;
}
