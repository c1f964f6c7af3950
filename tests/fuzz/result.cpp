// Any bytes as a result from a cloud.
#include "core/ensure.hpp"
#include "programs/collect/collector.hpp"
#include "programs/collect/result_reader.hpp"
#include "schemas/codec.hpp"
#include "tests/fuzz/target.hpp"

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  flatbuffers::FlatBufferBuilder b;
  const auto inference = wire::CreateInferenceDirect(b, "model", "1", 2);
  wire::FinishResultBuffer(b, wire::CreateResultDirect(b, "s/c/1/2/a", "s", "c", 1, 2, "a", "n", 1,
                                                       2, 3, 4, 5, 6, 7, inference));
  const auto binary = bytes_of(b);
  flatbuffers::FlatBufferBuilder many;
  std::vector<flatbuffers::Offset<wire::Result>> results;
  for (const std::uint64_t seq : {3, 4})
    results.push_back(wire::CreateResultDirect(many, "s/c/1/2/a", "s", "c", 1, seq, "a", "n", 1, 2,
                                               3, 4, 5, 6, 7,
                                               wire::CreateInferenceDirect(many, "model", "1", 2)));
  wire::FinishResultBatchBuffer(many, wire::CreateResultBatchDirect(many, &results));
  const auto batch = bytes_of(many);
  return {
      bytes(binary.begin(), binary.end()), bytes(batch.begin(), batch.end()),
      of_text(R"([{"key":"s/c/1/2/a","site":"s","camera":"c","seq":2,"app":"a",)"
              R"("inference":{"model":"m"}},{"key":"k","site":"s","camera":"c","app":"a",)"
              R"("inference":{"model":"m"}}])"),
      of_text(R"({"key":"s/c/1/2/a","site":"s","camera":"c","stream":1,"seq":2,"app":"a",)"
              R"("captured_at_ns":5,"new":[{"x":null}],"inference":{"model":"m","detections":)"
              R"([{"label":"l","confidence":0.5,"box":{"x":0,"y":0,"width":1,"height":1}}]}})")};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static monopod::result_reader reader;
  monopod::collector collected(true);
  const auto results = reader.read(std::as_bytes(std::span(data, size)));
  for (const auto* result : results) {
    const auto verdict = collected.add(*result, 1);
    MONOPOD_ENSURE(verdict == monopod::verdict::kept || results.size() > 1,
                   "the first result of a key is kept");
    MONOPOD_ENSURE(result->inference() != nullptr, "a result has what it must");
  }
  return 0;
}
