// A frame's envelope keeps every field on its way.
#include "schemas/frame_info.hpp"

#include <boost/test/unit_test.hpp>
#include <flatbuffers/minireflect.h>

namespace monopod {

namespace {

constexpr frame_info all_set{.stream = 1,
                             .seq = 2,
                             .captured_at_ns = 3,
                             .received_at_ns = 4,
                             .encoding = static_cast<wire::Encoding>(5),
                             .width = 6,
                             .height = 7,
                             .dropped_before = 8};
constexpr skipped_frames all_skipped{.newer = 9, .age = 10, .rate = 11};

const wire::Frame* write(flatbuffers::FlatBufferBuilder& b, const frame_info& info,
                         const skipped_frames& skipped = {}) {
  b.Clear();
  b.Finish(write_frame(b, "cam", info, skipped));
  return flatbuffers::GetRoot<wire::Frame>(b.GetBufferPointer());
}

std::string text_of(const flatbuffers::FlatBufferBuilder& b) {
  return flatbuffers::FlatBufferToString(b.GetBufferPointer(), wire::FrameTypeTable());
}

} // namespace

// One that the schema gets and the functions do not know is not written: zeros are left out.
BOOST_AUTO_TEST_CASE(every_field_of_the_schema_is_written) {
  flatbuffers::FlatBufferBuilder b;
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(write(b, all_set, all_skipped));
  const auto* type = wire::FrameTypeTable();
  for (std::size_t i = 0; i < type->num_elems; ++i)
    BOOST_TEST(
        table->CheckField(flatbuffers::FieldIndexToOffset(static_cast<flatbuffers::voffset_t>(i))),
        type->names[i]);
}

BOOST_AUTO_TEST_CASE(what_is_read_is_what_was_written) {
  flatbuffers::FlatBufferBuilder first;
  flatbuffers::FlatBufferBuilder second;
  const auto* written = write(first, all_set);
  const auto* again = write(second, read_frame(*written));
  BOOST_TEST(text_of(second) == text_of(first));
  BOOST_TEST(again->seq() == 2u);
  BOOST_TEST(again->skipped_newer() == 0u);
}

BOOST_AUTO_TEST_CASE(encodings_beyond_the_schema_are_unknown) {
  BOOST_TEST(known_encoding(wire::Encoding::Jpeg));
  BOOST_TEST(!known_encoding(static_cast<wire::Encoding>(5)));
}

} // namespace monopod
