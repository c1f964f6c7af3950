// A network's ONNX file, which may be compressed by xz.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// The bytes of the file, uncompressed if its name ends in .xz. The error is a sentence for people
/// with a remedy. Takes at most limits::network_bytes of memory, and limits::network_xz_bytes while
/// it uncompresses.
tl::expected<std::vector<unsigned char>, std::string>
read_network(const std::filesystem::path& path);

} // namespace monopod
