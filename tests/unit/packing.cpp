// Packed bytes: that they come back, that they are fewer, and that nobody is made to take more than
// the limit.
#include "replication/packing.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>

namespace monopod {

namespace {

using bytes = std::vector<std::uint8_t>;

bytes packed(const bytes& plain, const bytes& like = {}) {
  bytes out;
  pack(plain, like, out);
  return out;
}

std::optional<bytes> unpacked(const bytes& from, const bytes& like = {}, std::size_t limit = 1024) {
  const auto words = unpack(std::as_bytes(std::span(from)), like, limit);
  if (!words)
    return std::nullopt;
  bytes out(words->size() * sizeof(std::uint64_t));
  if (!out.empty())
    std::memcpy(out.data(), words->data(), out.size());
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_packed_comes_back) {
  const bytes plain{1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
  const auto p = packed(plain);
  BOOST_TEST(p == (bytes{0b10001001, 1, 2, 3, 0, 0xff, 1, 2, 3, 4, 5, 6, 7, 8}),
             boost::test_tools::per_element());
  BOOST_TEST((unpacked(p) == plain));
  BOOST_TEST(packed({}).empty());
  BOOST_TEST((unpacked({}) == bytes{}));
}

BOOST_AUTO_TEST_CASE(only_differences_to_a_like_message_are_left) {
  const bytes like{9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8};
  auto plain = like;
  plain[10] = 77;
  const auto p = packed(plain, like);
  BOOST_TEST(p.size() == 3u);
  BOOST_TEST((unpacked(p, like) == plain));
  plain.resize(24, 5); // longer than what it is like
  BOOST_TEST((unpacked(packed(plain, like), like) == plain));
  plain.resize(8); // and shorter
  BOOST_TEST((unpacked(packed(plain, like), like) == plain));
}

BOOST_AUTO_TEST_CASE(a_length_is_filled_up_to_whole_words) {
  BOOST_TEST((unpacked(packed({1, 2, 3})) == bytes{1, 2, 3, 0, 0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(what_lacks_its_end_or_is_too_long_is_refused) {
  BOOST_TEST(!unpacked({0b11, 1}));
  BOOST_TEST(!unpacked(bytes(3, 0), {}, 16));
  BOOST_TEST(unpacked(bytes(2, 0), {}, 16).has_value());
}

} // namespace monopod
