// The fields that the ledger sets in an op that the broker wrote.
#include "actors/ledger/unsealed_op.hpp"

#include "schemas/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <type_traits>

namespace monopod {

namespace {

constexpr auto placeholder = unsealed_op::placeholder;

static_assert(!std::is_copy_constructible_v<unsealed_op>);
static_assert(!std::is_copy_assignable_v<unsealed_op>);

} // namespace

BOOST_AUTO_TEST_CASE(a_finished_frame_gets_index_epoch_and_stamp) {
  flatbuffers::FlatBufferBuilder b;
  const auto body =
      wire::CreateFinishedDirect(b, "cam", 3, 4, "app", 4, 5, 6, 7, 8, placeholder, 0);
  unsealed_op op(finish_op(b, placeholder, placeholder, body));
  const auto bytes = std::move(op).seal(11, 12, 13);
  const auto* sealed = decode_op(std::as_bytes(std::span(*bytes)));
  BOOST_REQUIRE(sealed != nullptr);
  BOOST_TEST(sealed->index() == 11u);
  BOOST_TEST(sealed->epoch() == 12u);
  BOOST_TEST(sealed->body_as_Finished()->committed_at_ns() == 13u);
  BOOST_TEST(sealed->body_as_Finished()->seq() == 4u);
  BOOST_TEST(sealed->body_as_Finished()->app()->string_view() == "app");
}

BOOST_AUTO_TEST_CASE(a_frame_taken_has_no_stamp) {
  flatbuffers::FlatBufferBuilder b;
  const std::vector<std::uint8_t> picture{1, 2, 3};
  const auto frame = wire::CreateFrameDirect(b, "cam", 3, 4);
  unsealed_op op(
      finish_op(b, placeholder, placeholder, wire::CreateFrameTakenDirect(b, frame, &picture)));
  const auto bytes = std::move(op).seal(11, 12, 13);
  const auto* sealed = decode_op(std::as_bytes(std::span(*bytes)));
  BOOST_REQUIRE(sealed != nullptr);
  BOOST_TEST(sealed->index() == 11u);
  BOOST_TEST(sealed->epoch() == 12u);
  BOOST_TEST(sealed->body_as_FrameTaken()->picture()->size() == 3u);
}

} // namespace monopod
