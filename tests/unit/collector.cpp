// The messages that monopod-collect reads, and its counts.
#include "programs/collect/collector.hpp"

#include "core/clock.hpp"
#include "programs/collect/result_reader.hpp"
#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <malloc.h>
#include <string>
#include <string_view>

namespace monopod {

namespace {

const std::string identity =
    R"("key":"site/cam/1/2/app","site":"site","camera":"cam","stream":1,"seq":2,"app":"app")";

// The one result of a message; null where there is none.
const wire::Result* read(result_reader& reader, std::string_view text) {
  const auto results = reader.read(std::as_bytes(std::span(text)));
  return results.size() == 1 ? results.front() : nullptr;
}

// A result of "cam", stamped at 1 ms and published at 3 ms.
class maker {
public:
  const wire::Result& operator()(std::uint64_t seq, const char* app = "app",
                                 std::uint64_t stream = 1) {
    b_.Clear();
    const auto inference = wire::CreateInferenceDirect(b_, "test");
    wire::FinishResultBuffer(b_, wire::CreateResultDirect(b_, "key", "site", "cam", stream, seq,
                                                          app, "node", 1, ns_per_ms, 0, 0, 0, 0,
                                                          3 * ns_per_ms, inference));
    return *wire::GetResult(b_.GetBufferPointer());
  }
  std::span<const std::byte> bytes() const { return std::as_bytes(bytes_of(b_)); }

private:
  flatbuffers::FlatBufferBuilder b_;
};

} // namespace

BOOST_AUTO_TEST_CASE(one_result_is_kept_per_key) {
  maker result;
  collector c(false);
  BOOST_TEST((c.add(result(1), 5 * ns_per_ms) == verdict::kept));
  BOOST_TEST((c.add(result(1), 6 * ns_per_ms) == verdict::twice));
  BOOST_TEST((c.add(result(1, "other"), 7 * ns_per_ms) == verdict::kept));
  BOOST_TEST((c.add(result(1, "app", 2), 8 * ns_per_ms) == verdict::kept));
  const auto s = c.summarise();
  BOOST_TEST(s.results == 3u);
  BOOST_TEST(s.twice == 1u);
  BOOST_TEST(s.series == 3u);
  BOOST_TEST(s.lost == 0u);
  BOOST_TEST(s.publish_ms.percentile(100) == 2.0);
  BOOST_TEST(s.consumer_ms.percentile(0) == 4.0);
  BOOST_TEST(s.consumer_ms.percentile(100) == 7.0);
}

BOOST_AUTO_TEST_CASE(missing_numbers_are_lost_and_runs_of_them_gaps) {
  for (const bool from_start : {false, true}) {
    maker result;
    collector c(from_start);
    for (const std::uint64_t seq : {3, 4, 7, 9, 8, 12})
      c.add(result(seq), 1);
    const auto s = c.summarise();
    BOOST_TEST(s.lost == (from_start ? 6u : 4u));
    BOOST_TEST(s.gaps == 2u);
    BOOST_TEST(s.out_of_order == 1u);
  }
}

BOOST_AUTO_TEST_CASE(the_rate_is_between_the_first_and_the_last_result) {
  maker result;
  collector c(false);
  BOOST_TEST(c.summarise().rate_per_s == 0.0);
  for (std::uint64_t seq = 1; seq <= 11; ++seq)
    c.add(result(seq), seq * 100 * ns_per_ms);
  BOOST_TEST(std::abs(c.summarise().rate_per_s - 10) < 1e-9);
}

BOOST_AUTO_TEST_CASE(results_are_read_as_json_and_as_flatbuffers) {
  result_reader reader;
  const auto* json =
      read(reader, "{" + identity + R"(,"inference":{"model":"m"},"new":{"a":[1]}})");
  BOOST_REQUIRE(json != nullptr);
  BOOST_TEST(json->camera()->str() == "cam");
  BOOST_TEST(json->seq() == 2u);
  maker result;
  result(9);
  const auto binary = reader.read(result.bytes());
  BOOST_REQUIRE(binary.size() == 1u);
  BOOST_TEST(binary.front()->seq() == 9u);
}

BOOST_AUTO_TEST_CASE(batches_are_read_in_their_order) {
  result_reader reader;
  const auto one = [](int seq) {
    return R"({"key":"k","site":"s","camera":"cam","app":"a","seq":)" + std::to_string(seq) +
           R"(,"inference":{"model":"m"}})";
  };
  const auto text = "[" + one(5) + "," + one(3) + "]";
  const auto json = reader.read(std::as_bytes(std::span(text)));
  BOOST_REQUIRE(json.size() == 2u);
  BOOST_TEST(json[0]->seq() == 5u);
  BOOST_TEST(json[1]->seq() == 3u);
  BOOST_TEST(read(reader, one(4)) != nullptr); // one alone is still read

  flatbuffers::FlatBufferBuilder b;
  std::vector<flatbuffers::Offset<wire::Result>> results;
  for (const std::uint64_t seq : {7, 6})
    results.push_back(wire::CreateResultDirect(b, "k", "s", "cam", 1, seq, "a", "n", 1, 0, 0, 0, 0,
                                               0, 0, wire::CreateInferenceDirect(b, "m")));
  wire::FinishResultBatchBuffer(b, wire::CreateResultBatchDirect(b, &results));
  const auto binary = reader.read(std::as_bytes(bytes_of(b)));
  BOOST_REQUIRE(binary.size() == 2u);
  BOOST_TEST(binary[0]->seq() == 7u);
  BOOST_TEST(binary[1]->seq() == 6u);
}

BOOST_AUTO_TEST_CASE(what_is_no_result_is_refused_and_the_next_one_is_read) {
  result_reader reader;
  const auto good = "{" + identity + R"(,"inference":{"model":"m"}})";
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("hello"), std::string("{}"),
        "{" + identity + "}", "{" + identity + R"(,"inference":null})",
        "{" + identity + R"(,"inference":{"model":"m"},"seq":"many"})", std::string(100'000, '{'),
        good + good, "[" + good, "[" + good + ",{}]", std::string("[1]"), std::string("[]")}) {
    BOOST_TEST(read(reader, bad) == nullptr, bad.substr(0, 200));
    BOOST_TEST(read(reader, good) != nullptr);
  }
}

// Found by the fuzzer: FlatBuffers' parser kept the fields of what it had refused.
BOOST_AUTO_TEST_CASE(what_was_refused_leaves_nothing_in_memory) {
  result_reader reader;
  const auto refused = [&] {
    for (int i = 0; i < 20'000; ++i)
      BOOST_REQUIRE(read(reader, R"([{"key":"k","site":"s","camera":"c","seq":1,)") == nullptr);
  };
  refused();
  const auto allocated_bytes = [] { // 0 under AddressSanitizer
    const auto all = mallinfo2();
    return all.uordblks + all.hblkhd;
  };
  const auto before_bytes = allocated_bytes();
  refused();
  BOOST_TEST(allocated_bytes() <= before_bytes + 100'000);
}

} // namespace monopod
