// The detector: a JPEG in, typed detections out.
#pragma once

#include "programs/detector/boxes.hpp"
#include "programs/detector/model_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

struct detector_options {
  std::filesystem::path model;      // its TOML file
  std::vector<std::string> classes; // labels that are looked for; empty: all
  float confidence = 0.45F;         // least, of what is found; above 0
  int threads = 1;                  // at least, for a pass of the network
};

/// What was found in a picture. Boxes are relative to it, inside it, in falling order of
/// confidence, and at most limits::detections_per_frame.
struct findings {
  std::vector<found_box> boxes;
  int width = 0; // of the picture, in pixels
  int height = 0;
  std::string damage;          // what was wrong with the picture, for people; usually empty
  std::uint64_t before_ns = 0; // time to decode and scale the picture
  std::uint64_t network_ns = 0;
  std::uint64_t after_ns = 0; // time to read the outputs
};

/// A network with all that is around it. Not thread-safe, but each thread may have one of its own.
class detector {
public:
  /// Loads the model and tries it on a grey picture. The error is a sentence for people with a
  /// remedy. Takes some tenths of a second.
  static tl::expected<std::unique_ptr<detector>, std::string> open(const detector_options& options);
  ~detector();
  detector(const detector&) = delete;
  detector& operator=(const detector&) = delete;

  /// Looks at a picture. Any bytes will do; the error says why they are not one. Blocks for as long
  /// as the network takes.
  tl::expected<findings, std::string> detect(std::span<const std::byte> jpeg);

  const model_description& model() const;

private:
  struct parts; // OpenCV's headers stay in one file
  explicit detector(std::unique_ptr<parts> all);
  std::unique_ptr<parts> parts_;
};

} // namespace monopod
