// How a result looks to a cloud: topic and message.
#pragma once

#include "actors/result_json.hpp"
#include "core/config.hpp"
#include "schemas/ledger_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// A topic pattern with its placeholders {site} {node} {cloud} {camera} {app}, those of the node
/// already filled in: what is left for each result is to put texts together.
class topic_template {
public:
  topic_template(std::string_view pattern, const config& conf, std::string_view cloud);

  /// Replaces `out` by the topic; camera and app are empty where they do not apply.
  void expand(std::string& out, std::string_view camera, std::string_view app) const;

private:
  enum class field { none, camera, app };
  struct piece {
    std::string literal;
    field then = field::none;
  };
  std::vector<piece> pieces_;
};

/// Turns a Finished op with an inference into a cloud message. Not thread-safe.
class result_formatter {
public:
  /// JSON or a Result buffer; valid until the next call. Nothing where no valid JSON can be made.
  std::optional<std::span<const std::byte>> format(const wire::Finished& op, result_format as,
                                                   const result_origin& origin);

private:
  std::span<const std::byte> encode(const wire::Finished& op, const result_origin& origin);

  std::string text_; // reused: the usual result needs no allocation
  flatbuffers::FlatBufferBuilder builder_{1024};
};

} // namespace monopod
