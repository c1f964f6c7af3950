// A plug-in for tests that throws C++ exceptions wherever it can.
#include "schemas/vision_plugin.h"

#include <stdexcept>
#include <string>

namespace {

void* open_it(const monopod_vision_option* options, std::size_t count, char*, std::size_t) {
  if (count > 0 && std::string(options[0].key) == "open")
    throw std::runtime_error("no model");
  return new int(0);
}

int detect(void*, const monopod_vision_frame* frame, monopod_vision_answer*, char*, std::size_t) {
  if (frame->seq % 2 == 0)
    throw std::runtime_error("no detections today");
  throw 17;
}

void close_it(void* instance) {
  delete static_cast<int*>(instance);
  throw std::runtime_error("no way to go");
}

const monopod_vision_functions functions{MONOPOD_VISION_VERSION, open_it, detect, close_it};

} // namespace

const monopod_vision_functions* monopod_vision_plugin() { return &functions; }
