// A model as its TOML file describes it: how pictures become its input, and what its output means.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// The meaning of a network's output; docs/detector.md describes each.
enum class output_layout { nanodet, yolov8, ssd };

struct model_description {
  std::string name;     // at most 64 bytes
  std::string revision; // at most 64 bytes; may be empty
  output_layout layout = output_layout::nanodet;
  std::filesystem::path file; // the ONNX file
  int width = 0;              // of the network's input, in pixels
  int height = 0;
  bool rgb = false; // order of the channels: red first, else blue
  // What is subtracted from each channel (0 to 255), and by what the rest is divided.
  std::array<float, 3> mean{};
  std::array<float, 3> deviation{1, 1, 1};
  std::string licence;
  std::string source; // where it is from; may be empty
  std::vector<std::string> labels;
};

/// Reads a model's TOML file. Every key is checked; an unknown one is an error. The error is a
/// sentence for people with a remedy.
tl::expected<model_description, std::string> read_model(const std::filesystem::path& path);

/// Finds a model by what a user wrote: a path of a TOML file, or a name, which is looked for as
/// NAME.toml in `folders`, the first one first. The error tells where it was looked for.
tl::expected<std::filesystem::path, std::string>
find_model(const std::string& model, const std::vector<std::filesystem::path>& folders);

/// The folders of find_model() for a program or library: ../share/monopod/models seen from the
/// folder of the file that holds the code at `address`, and /usr/share/monopod/models.
std::vector<std::filesystem::path> model_folders(const void* address);

/// The model that is used unless another is named.
inline constexpr const char* default_model = "nanodet-g";

} // namespace monopod
