// A vision application whose frames a plug-in looks at (schemas/vision_plugin.h).
#pragma once

#include "actors/metrics.hpp"
#include "actors/vision/vision_worker.hpp"
#include "schemas/vision_plugin.h"

#include <cstdint>
#include <string>
#include <vector>

namespace monopod {

/// One instance of a plug-in. Whatever the plug-in does short of crashing, the frame is answered: a
/// plug-in that can't be loaded or opened, that fails or throws, is logged, counted
/// (monopod_vision_failures_total) and told in the node's status; what it says is put right before
/// it leaves, by the rules of schemas/vision_plugin.h.
class plugin_worker final : public vision_worker {
public:
  /// Loads and opens the plug-in for the application `app`; both may take as long as they like.
  plugin_worker(std::string app, const vision_config& conf, metrics& metrics);
  ~plugin_worker() override;

  std::uint64_t look(const vision_frame& f) override;
  flatbuffers::Offset<wire::Inference> answer(flatbuffers::FlatBufferBuilder& b,
                                              std::uint64_t processing_ns) override;
  std::string problem() const override;

private:
  void open(const vision_config& conf);
  void failed(std::string why);

  const std::string app_;
  const std::string name_; // of the plug-in, without folder and ending
  prometheus::Counter& failures_;
  const monopod_vision_functions* functions_ = nullptr;
  void* instance_ = nullptr; // null: it can't be used, and problem_ says why
  std::string problem_;      // of open(), or of the last frame
  monopod_vision_answer answer_{};
};

} // namespace monopod
