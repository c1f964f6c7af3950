// The messages that a cloud gets: JSON that is FlatBuffers' own except for blanks, and topics.
#include "actors/cloud/result_format.hpp"

#include "actors/json_writer.hpp"
#include "schemas/codec.hpp"
#include "schemas/result_batch_generated.h"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace monopod {

namespace {

constexpr result_origin origin{
    .site = "north", .node = "n1", .epoch = 7, .published_at_ns = 1'900'000'000'000'000'005};

struct inference_parts {
  const char* model = "emulator";
  const char* revision = "1.0";
  std::vector<wire::DetectionT> detections;
  bool has_detections = true;
};

// An op as the broker makes it.
std::vector<std::uint8_t> make_op(const inference_parts& parts) {
  flatbuffers::FlatBufferBuilder b;
  std::vector<flatbuffers::Offset<wire::Detection>> list;
  for (const auto& d : parts.detections)
    list.push_back(wire::CreateDetection(b, &d));
  const auto inference = wire::CreateInferenceDirect(b, parts.model, parts.revision, 12'345,
                                                     parts.has_detections ? &list : nullptr);
  const auto body = wire::CreateFinishedDirect(b, "gate-1", 1'900'000'000'000'000, 42, "people", 42,
                                               1'900'000'000'000'000'001, 2, 3, 4,
                                               1'900'000'000'000'000'004, inference);
  const auto bytes = finish_op(b, 1, 7, body);
  return {bytes.begin(), bytes.end()};
}

wire::DetectionT detection(std::string label, float confidence, const wire::Box* box,
                           std::uint64_t track) {
  wire::DetectionT d;
  d.label = std::move(label);
  d.confidence = confidence;
  if (box != nullptr)
    d.box = std::make_unique<wire::Box>(*box);
  d.track_id = track;
  return d;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The same result through FlatBuffers' generator, without its blanks between name and value.
std::string generated(const wire::Finished& op) {
  flatbuffers::FlatBufferBuilder b;
  b.ForceDefaults(true);
  const auto inference = copy_inference(b, *op.inference());
  std::string key;
  append_result_key(key, origin.site, op);
  const auto offsets =
      std::array{b.CreateString(key), b.CreateString(origin.site), b.CreateString(op.camera()),
                 b.CreateString(op.app()), b.CreateString(origin.node)};
  wire::FinishResultBuffer(
      b, wire::CreateResult(b, offsets[0], offsets[1], offsets[2], op.stream(), op.seq(),
                            offsets[3], offsets[4], origin.epoch, op.captured_at_ns(),
                            op.received_at_ns(), op.started_at_ns(), op.finished_at_ns(),
                            op.committed_at_ns(), origin.published_at_ns, inference));
  auto text = to_json(b.GetBufferPointer(), wire::ResultTypeTable()).value_or("not UTF-8");
  for (auto at = text.find("\": "); at != std::string::npos; at = text.find("\": ", at))
    text.erase(at + 2, 1);
  return text;
}

// Ops with none, one and two detections.
struct ops_of_all {
  ops_of_all() {
    inference_parts parts;
    for (int i = 0; i < 3; ++i) {
      bytes.push_back(make_op(parts));
      parts.detections.push_back(detection("person", 0.5f, nullptr, 9));
    }
    for (const auto& b : bytes)
      ops.push_back(wire::GetOp(b.data()));
  }
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<const wire::Op*> ops;
};

void check_same(const inference_parts& parts) {
  const auto bytes = make_op(parts);
  const auto& op = *wire::GetOp(bytes.data())->body_as_Finished();
  result_formatter formatter;
  const auto json = formatter.format(op, result_format::json, origin);
  BOOST_TEST_REQUIRE(json.has_value());
  BOOST_TEST(text_of(*json) == generated(op));
}

} // namespace

BOOST_AUTO_TEST_CASE(json_is_what_flatbuffers_would_write) {
  const wire::Box box(0.1f, 1e-7f, 0.333333343f, 1);
  inference_parts parts;
  check_same(parts);
  parts.detections.push_back(detection("person", 0.87f, &box, 3));
  check_same(parts);
  parts.detections.push_back(detection("car", 0, nullptr, 0));
  parts.detections.push_back(
      detection("a \"quoted\" \\ label\n\tüñí€", 1, &box, ~std::uint64_t{0}));
  check_same(parts);
  parts.revision = nullptr;
  parts.has_detections = false;
  check_same(parts);
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_gives_no_json) {
  inference_parts parts;
  parts.detections.push_back(detection("bad \xff", 1, nullptr, 0));
  const auto bytes = make_op(parts);
  const auto& op = *wire::GetOp(bytes.data())->body_as_Finished();
  result_formatter formatter;
  BOOST_TEST(!formatter.format(op, result_format::json, origin).has_value());
  BOOST_TEST(formatter.format(op, result_format::flatbuffers, origin).has_value());
}

BOOST_AUTO_TEST_CASE(flatbuffers_hold_the_same) {
  inference_parts parts;
  parts.detections.push_back(detection("person", 0.5f, nullptr, 9));
  const auto bytes = make_op(parts);
  const auto& op = *wire::GetOp(bytes.data())->body_as_Finished();
  result_formatter formatter;
  const auto encoded = formatter.format(op, result_format::flatbuffers, origin);
  BOOST_TEST_REQUIRE(encoded.has_value());
  const auto* result = decode<wire::Result>(*encoded, wire::ResultIdentifier());
  BOOST_TEST_REQUIRE(result != nullptr);
  BOOST_TEST(result->key()->str() == "north/gate-1/1900000000000000/42/people");
  BOOST_TEST(result->published_at_ns() == origin.published_at_ns);
  BOOST_TEST(result->inference()->detections()->Get(0)->track_id() == 9u);
}

BOOST_AUTO_TEST_CASE(a_json_batch_is_an_array_of_the_same_objects) {
  const ops_of_all three;
  result_formatter formatter;
  std::string expected;
  for (const auto* op : three.ops)
    expected += (expected.empty() ? "[" : ",") + generated(*op->body_as_Finished());
  expected += "]";
  const auto whole = formatter.format_batch(three.ops, result_format::json, origin, 1'000'000);
  BOOST_TEST(whole.results == 3u);
  BOOST_TEST(text_of(whole.bytes) == expected);
  BOOST_TEST(
      formatter.format_batch(three.ops, result_format::json, origin, expected.size()).results ==
      3u);
}

BOOST_AUTO_TEST_CASE(a_batch_ends_where_the_next_result_does_not_fit) {
  const ops_of_all three;
  result_formatter formatter;
  for (const auto as : {result_format::json, result_format::flatbuffers}) {
    std::size_t most = 0;
    for (std::size_t limit = 1; limit < 3'000; limit += 7) {
      const auto batch = formatter.format_batch(three.ops, as, origin, limit);
      BOOST_TEST(batch.results >= most);
      most = batch.results;
      if (batch.results > 0)
        BOOST_REQUIRE_LE(batch.bytes.size(), limit);
      if (batch.results < 3)
        BOOST_REQUIRE_GT(batch.needs_bytes, limit);
    }
    BOOST_TEST(most == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_of_flatbuffers_holds_the_results_in_order) {
  const ops_of_all three;
  result_formatter formatter;
  const auto one = formatter.format_batch(three.ops, result_format::flatbuffers, origin, 1'000'000);
  BOOST_TEST(one.results == 3u);
  // The second call writes one too many and begins again.
  const auto bytes = one.bytes.size();
  for (const auto limit : {bytes + 100, bytes - 1}) {
    const auto made = formatter.format_batch(three.ops, result_format::flatbuffers, origin, limit);
    const auto* batch = decode<wire::ResultBatch>(made.bytes, wire::ResultBatchIdentifier());
    BOOST_TEST_REQUIRE(batch != nullptr);
    BOOST_TEST_REQUIRE(batch->results()->size() == made.results);
    for (flatbuffers::uoffset_t i = 0; i < made.results; ++i)
      BOOST_TEST(batch->results()->Get(i)->inference()->detections()->size() == i);
    BOOST_TEST(batch->results()->Get(0)->epoch() == 7u);
  }
}

BOOST_AUTO_TEST_CASE(a_result_that_is_no_text_ends_a_batch_and_fails_alone) {
  inference_parts good;
  inference_parts bad;
  bad.detections.push_back(detection("bad \xff", 1, nullptr, 0));
  const auto first = make_op(good);
  const auto second = make_op(bad);
  const std::vector<const wire::Op*> ops{wire::GetOp(first.data()), wire::GetOp(second.data())};
  result_formatter formatter;
  const auto batch = formatter.format_batch(ops, result_format::json, origin, 1'000'000);
  BOOST_TEST(batch.results == 1u);
  BOOST_TEST(text_of(batch.bytes) == "[" + generated(*ops[0]->body_as_Finished()) + "]");
  const auto alone =
      formatter.format_batch(std::span(ops).subspan(1), result_format::json, origin, 1'000'000);
  BOOST_TEST(alone.results == 0u);
  BOOST_TEST(alone.needs_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(topics_are_put_together) {
  config conf;
  conf.site = "north";
  conf.node = "n1";
  const auto expanded = [&conf](std::string_view pattern) {
    std::string out = "what was there before";
    topic_template(pattern, conf, "aws").expand(out, "gate", "people");
    return out;
  };
  BOOST_TEST(expanded("monopod/{site}/results/{camera}/{app}") ==
             "monopod/north/results/gate/people");
  BOOST_TEST(expanded("{camera}{app}{camera}") == "gatepeoplegate");
  BOOST_TEST(expanded("{node}/{cloud}/x") == "n1/aws/x");
  BOOST_TEST(expanded("a{b}{site") == "a{b}{site");
}

} // namespace monopod
