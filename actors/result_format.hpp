// How a result looks to a cloud: key, topic and message.
#pragma once

#include "core/config.hpp"
#include "schemas/ledger_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace monopod {

/// Identity of a result: site/camera/stream/seq/app, the same on every retry.
std::string result_key(std::string_view site, const wire::Finished& op);

/// Replaces {site} {node} {cloud} {camera} {app} in a topic; camera and app are empty where they do
/// not apply.
std::string expand_topic(std::string_view pattern, const config& conf, std::string_view cloud,
                         std::string_view camera, std::string_view app);

/// Turns a Finished op with an inference into a cloud message. Not thread-safe.
class result_formatter {
public:
  result_formatter();

  /// Null-terminated JSON or a Result buffer. Nothing where no valid JSON can be made.
  std::optional<std::string> format(const wire::Finished& op, const config& conf, result_format as,
                                    std::uint64_t epoch, std::uint64_t published_at_ns);

private:
  flatbuffers::FlatBufferBuilder builder_{1024};
};

} // namespace monopod
