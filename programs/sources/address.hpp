// What --source names.
#pragma once

#include <string>
#include <string_view>

namespace monopod {

enum class source_kind {
  synthetic, // the word
  file,      // whatever nothing else is
  rtsp,      // rtsp://, rtsps://
  mjpeg,     // http://: a stream of JPEG parts (multipart/x-mixed-replace)
  device     // /dev/...: V4L2
};

/// Pure. Schemes in any case.
source_kind kind_of(std::string_view address);

/// An address as logs may show it: without user and password, and without what cameras take as
/// parameters, which may hold them too: from "?" on, or from the part of the path that has a "=".
/// What is no address with a scheme stays as it is. Pure.
std::string without_secrets(std::string_view address);

} // namespace monopod
