// The addresses that --source takes.
#pragma once

#include <string>
#include <string_view>

namespace monopod {

enum class source_kind {
  synthetic, // the word "synthetic"
  file,      // everything that is none of the others
  rtsp,      // rtsp://, rtsps://
  mjpeg,     // http://: a stream of JPEG parts (multipart/x-mixed-replace)
  device     // /dev/...: V4L2
};

/// Pure. Schemes may be in upper or lower case.
source_kind kind_of(std::string_view address);

/// An address as logs may show it: without user and password, and without parameters, which may
/// contain them too. Parameters are everything from "?" on, or from the part of the path that has
/// a "=". A text without a scheme stays as it is. Pure.
std::string without_secrets(std::string_view address);

} // namespace monopod
