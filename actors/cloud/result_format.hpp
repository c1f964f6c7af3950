// How a result looks to a cloud: topic and message.
#pragma once

#include "actors/cloud/result_json.hpp"
#include "core/config/config.hpp"
#include "schemas/events_generated.h"
#include "schemas/ledger_generated.h"
#include "schemas/result_generated.h"

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// A topic pattern with its placeholders {site} {node} {cloud} {camera} {app}, those of the node
/// already filled in, so that each result only puts texts together.
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

/// Several results as one message.
struct result_batch {
  std::span<const std::byte> bytes; // valid until the formatter's next call
  std::size_t results = 0;          // those of the list, from its first on; 0: that one alone fails
  std::size_t needs_bytes = 0;      // if it fails for its size
};

/// Turns Finished ops with an inference into cloud messages. Not thread-safe.
class result_formatter {
public:
  /// JSON or a Result buffer; valid until the next call. Nothing if no valid JSON can be made.
  std::optional<std::span<const std::byte>> format(const wire::Finished& op, result_format as,
                                                   const result_origin& origin);

  /// The events of an op that has some, as JSON or an Events buffer; valid until the next call of
  /// this function. Nothing if no valid JSON can be made.
  std::optional<std::span<const std::byte>>
  format_events(const wire::Finished& op, result_format as, const result_origin& origin);

  /// As many of `ops`, in their order, as fit into `limit_bytes`: a JSON array, or a ResultBatch
  /// buffer. They are verified ops with a Finished, and `origin.epoch` is theirs.
  result_batch format_batch(std::span<const wire::Op* const> ops, result_format as,
                            result_origin origin, std::size_t limit_bytes);

private:
  flatbuffers::Offset<wire::Result> encode(const wire::Finished& op, const result_origin& origin);
  result_batch json_batch(std::span<const wire::Op* const> ops, result_origin origin,
                          std::size_t limit_bytes);
  result_batch buffer_batch(std::span<const wire::Op* const> ops, result_origin origin,
                            std::size_t limit_bytes);

  std::string text_; // reused: the usual result needs no allocation
  flatbuffers::FlatBufferBuilder builder_{1024};
  std::vector<flatbuffers::Offset<wire::Result>> encoded_;
  std::string events_text_;
  flatbuffers::FlatBufferBuilder events_builder_{256};
};

} // namespace monopod
