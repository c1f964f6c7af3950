#include "actors/cloud/result_format.hpp"

#include "schemas/codec.hpp"
#include "schemas/result_batch_generated.h"

#include <array>
#include <utility>

namespace monopod {

topic_template::topic_template(std::string_view pattern, const config& conf, std::string_view cloud)
    : pieces_(1) {
  const std::array<std::pair<std::string_view, std::string_view>, 3> fixed{
      {{"{site}", conf.site}, {"{node}", conf.node}, {"{cloud}", cloud}}};
  const std::array<std::pair<std::string_view, field>, 2> varying{
      {{"{camera}", field::camera}, {"{app}", field::app}}};
  const auto take = [&](const auto& fields, auto use) {
    for (const auto& [placeholder, value] : fields) {
      if (!pattern.starts_with(placeholder))
        continue;
      use(value);
      pattern.remove_prefix(placeholder.size());
      return true;
    }
    return false;
  };
  while (!pattern.empty()) {
    if (take(fixed, [this](std::string_view value) { pieces_.back().literal += value; }) ||
        take(varying, [this](field value) {
          pieces_.back().then = value;
          pieces_.emplace_back();
        }))
      continue;
    pieces_.back().literal += pattern.front();
    pattern.remove_prefix(1);
  }
}

void topic_template::expand(std::string& out, std::string_view camera, std::string_view app) const {
  out.clear();
  for (const auto& p : pieces_) {
    out += p.literal;
    if (p.then != field::none)
      out += p.then == field::camera ? camera : app;
  }
}

std::optional<std::span<const std::byte>>
result_formatter::format(const wire::Finished& op, result_format as, const result_origin& origin) {
  if (as == result_format::flatbuffers) {
    builder_.Clear();
    wire::FinishResultBuffer(builder_, encode(op, origin));
    return std::as_bytes(bytes_of(builder_));
  }
  text_.clear();
  if (!append_result_json(text_, op, origin))
    return std::nullopt;
  return std::as_bytes(std::span(text_));
}

std::optional<std::span<const std::byte>>
result_formatter::format_events(const wire::Finished& op, result_format as,
                                const result_origin& origin) {
  events_text_.clear();
  if (as == result_format::json) {
    if (!append_events_json(events_text_, op, origin))
      return std::nullopt;
    return std::as_bytes(std::span(events_text_));
  }
  auto& b = events_builder_;
  b.Clear();
  append_result_key(events_text_, origin.site, op);
  events_text_ += events_key_end;
  std::vector<flatbuffers::Offset<wire::Event>> events;
  for (const auto* e : *op.events()) {
    const auto zone = e->zone() == nullptr ? 0 : b.CreateString(e->zone());
    const auto label = e->label() == nullptr ? 0 : b.CreateString(e->label());
    events.push_back(wire::CreateEvent(b, e->kind(), zone, e->track_id(), label));
  }
  const auto key = b.CreateString(events_text_);
  const auto site = b.CreateString(origin.site);
  const auto camera = b.CreateString(op.camera());
  const auto app = b.CreateString(op.app());
  const auto node = b.CreateString(origin.node);
  wire::FinishEventsBuffer(b, wire::CreateEvents(b, key, site, camera, op.stream(), op.seq(), app,
                                                 node, origin.epoch, op.captured_at_ns(),
                                                 op.committed_at_ns(), origin.published_at_ns,
                                                 b.CreateVector(events)));
  return std::as_bytes(bytes_of(b));
}

flatbuffers::Offset<wire::Result> result_formatter::encode(const wire::Finished& op,
                                                           const result_origin& origin) {
  auto& b = builder_;
  text_.clear();
  append_result_key(text_, origin.site, op);
  const auto inference = copy_inference(b, *op.inference());
  const auto key = b.CreateString(text_);
  const auto site = b.CreateString(origin.site);
  const auto camera = b.CreateString(op.camera());
  const auto app = b.CreateString(op.app());
  const auto node = b.CreateString(origin.node);
  return wire::CreateResult(b, key, site, camera, op.stream(), op.seq(), app, node, origin.epoch,
                            op.captured_at_ns(), op.received_at_ns(), op.started_at_ns(),
                            op.finished_at_ns(), op.committed_at_ns(), origin.published_at_ns,
                            inference);
}

result_batch result_formatter::format_batch(std::span<const wire::Op* const> ops, result_format as,
                                            result_origin origin, std::size_t limit_bytes) {
  return as == result_format::json ? json_batch(ops, origin, limit_bytes)
                                   : buffer_batch(ops, origin, limit_bytes);
}

result_batch result_formatter::json_batch(std::span<const wire::Op* const> ops,
                                          result_origin origin, std::size_t limit_bytes) {
  result_batch batch;
  text_.assign(1, '[');
  for (const auto* op : ops) {
    const auto mark = text_.size();
    if (batch.results > 0)
      text_ += ',';
    origin.epoch = op->epoch();
    const bool valid = append_result_json(text_, *op->body_as_Finished(), origin);
    const auto closed = text_.size() + 1;
    if (!valid || closed > limit_bytes) {
      batch.needs_bytes = valid ? closed : 0;
      text_.resize(mark);
      break;
    }
    ++batch.results;
  }
  text_ += ']';
  batch.bytes = std::as_bytes(std::span(text_));
  return batch;
}

// A builder can't take anything back: if one result too many has been written, those before it are
// written again.
result_batch result_formatter::buffer_batch(std::span<const wire::Op* const> ops,
                                            result_origin origin, std::size_t limit_bytes) {
  // Vector and root table, their alignment, offset and identifier.
  constexpr std::size_t around_bytes = 64;
  const auto write = [&](std::size_t index) {
    origin.epoch = ops[index]->epoch();
    encoded_.push_back(encode(*ops[index]->body_as_Finished(), origin));
    return builder_.GetSize() + encoded_.size() * sizeof(encoded_.front()) + around_bytes;
  };
  const auto start = [this] {
    builder_.Clear();
    encoded_.clear();
  };
  result_batch batch;
  start();
  while (batch.results < ops.size()) {
    if (const auto needed = write(batch.results); needed > limit_bytes) {
      batch.needs_bytes = needed;
      break;
    }
    ++batch.results;
  }
  if (batch.results < encoded_.size()) {
    start();
    for (std::size_t i = 0; i < batch.results; ++i)
      write(i);
  }
  wire::FinishResultBatchBuffer(builder_,
                                wire::CreateResultBatch(builder_, builder_.CreateVector(encoded_)));
  batch.bytes = std::as_bytes(bytes_of(builder_));
  return batch;
}

} // namespace monopod
