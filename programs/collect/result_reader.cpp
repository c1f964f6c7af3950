#include "programs/collect/result_reader.hpp"

#include "core/aligned.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"
#include "schemas/result_batch_bfbs.hpp"

namespace monopod {

result_reader::result_reader() { renew_parser(); }

void result_reader::renew_parser() {
  parser_.emplace();
  parser_->Deserialize(wire::result_batch_bfbs, sizeof wire::result_batch_bfbs);
  parser_->opts.skip_unexpected_fields_in_json = true; // a newer node may say more
}

std::span<const wire::Result* const> result_reader::read(std::span<const std::byte> message) {
  results_.clear();
  const auto first = message.empty() ? std::byte{} : message.front();
  if (first == std::byte{'{'} || first == std::byte{'['}) {
    take_json(message, first == std::byte{'['});
    return results_;
  }
  // Each result has two tables and its detections.
  constexpr auto batch_tables = 1 + limits::batch_results_max * (2 + limits::detections_per_frame);
  const auto bytes = copy_aligned(message, scratch_);
  if (const auto* one = decode<wire::Result>(bytes, wire::ResultIdentifier()))
    results_.push_back(one);
  else if (const auto* batch =
               decode<wire::ResultBatch>(bytes, wire::ResultBatchIdentifier(), batch_tables))
    take(*batch);
  return results_;
}

// FlatBuffers' parser wants an object at the top, so an array becomes a field of one, with the
// name that the schema has for it.
void result_reader::take_json(std::span<const std::byte> message, bool batch) {
  const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
  text_ = batch ? R"({"results":)" : "";
  text_.append(text).append(batch ? "}" : "");
  parser_->SetRootType(batch ? "monopod.wire.ResultBatch" : "monopod.wire.Result");
  if (!parser_->ParseJson(text_.c_str())) {
    renew_parser(); // the old one keeps the fields of a refused text for ever
    return;
  }
  const auto* buffer = parser_->builder_.GetBufferPointer();
  if (batch)
    take(*flatbuffers::GetRoot<wire::ResultBatch>(buffer));
  else
    results_.push_back(flatbuffers::GetRoot<wire::Result>(buffer));
}

void result_reader::take(const wire::ResultBatch& batch) {
  results_.assign(batch.results()->begin(), batch.results()->end());
}

} // namespace monopod
