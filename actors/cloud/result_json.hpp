// A result as JSON, written straight from the ledger's op.
#pragma once

#include "schemas/ledger_generated.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace monopod {

/// The fields of a result that are not in the op. The texts are names within the rules
/// (core/names.hpp), so they need no escapes.
struct result_origin {
  std::string_view site;
  std::string_view node;
  std::uint64_t epoch = 0;
  std::uint64_t published_at_ns = 0;
};

/// Appends to `out` one line of strict JSON (RFC 8259) with the fields of schemas/result.fbs in
/// their order: the text that to_json() makes of the Result buffer, except for blanks, without that
/// buffer (ADR 7). `op` is verified and has camera, app and inference. False if a text is not
/// UTF-8: the text appended so far is of no use then. Any thread.
bool append_result_json(std::string& out, const wire::Finished& op, const result_origin& origin);

/// Appends the op's events in the same way, with the fields of schemas/events.fbs. `op` must have
/// events, too.
bool append_events_json(std::string& out, const wire::Finished& op, const result_origin& origin);

/// The key of a result's events is the key of the result, followed by this.
inline constexpr std::string_view events_key_end = "/events";

/// Appends the idempotency key site/camera/stream/seq/app, the same on every retry.
void append_result_key(std::string& out, std::string_view site, const wire::Finished& op);

} // namespace monopod
