// Detector and tracker together, as a program or plug-in uses them.
#pragma once

#include "programs/detector/detector.hpp"
#include "programs/detector/tracker.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

struct observer_options {
  std::string model = default_model; // a name, or a path of a TOML file
  std::vector<std::string> classes;  // labels that are looked for; empty: all
  double confidence = 0.45;          // least, of what is told; limits::least_confidence to 1
  int threads = 0; // for a pass of the network; 0, or too many: one on each processor
  bool track = true;
};

/// The labels in a text, separated by any of `,`, `;` and `+`: lists and shells take some of them.
std::vector<std::string> split_labels(std::string_view text);

/// What is wrong with the values, for people with a remedy; empty if nothing is. Pure.
std::string wrong_options(const observer_options& options);

/// A frame; the views must live during the call only.
struct observed_frame {
  std::string_view camera;
  std::uint64_t stream = 0;
  std::uint64_t captured_at_ns = 0;
  std::span<const std::byte> jpeg;
};

struct observed_object {
  const std::string* label = nullptr; // belongs to the observer
  float confidence = 0;
  box place; // relative to the picture, inside it: the detector's box, not the tracker's estimate
  std::uint64_t track_id = 0; // 0: none
};

struct observation {
  std::vector<observed_object> objects; // in falling order of confidence
  std::string damage;                   // see findings
  std::uint64_t before_ns = 0;
  std::uint64_t network_ns = 0;
  std::uint64_t after_ns = 0; // with the tracker's time
};

/// Detects and tracks. Not thread-safe, but each thread may have one of its own.
class observer {
public:
  /// `code` is the address of any function of the program or library, next to which models are
  /// looked for. The error is a sentence for people with a remedy.
  static tl::expected<std::unique_ptr<observer>, std::string> open(const observer_options& options,
                                                                   const void* code);

  /// Looks at a frame. The error says why it can't be looked at; its camera's tracks go on then.
  tl::expected<observation, std::string> observe(const observed_frame& frame);

  const model_description& model() const { return detector_->model(); }
  std::uint64_t tracks() const { return trackers_.numbered(); }

private:
  observer(std::unique_ptr<detector> d, const observer_options& options)
      : detector_(std::move(d)), confidence_(static_cast<float>(options.confidence)),
        track_(options.track) {}

  std::unique_ptr<detector> detector_;
  camera_trackers trackers_;
  float confidence_;
  bool track_;
};

} // namespace monopod
