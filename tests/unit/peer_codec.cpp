// The messages between replicas, to bytes and back; and bytes that no replica sends.
#include "replication/peer_codec.hpp"

#include "core/limits.hpp"
#include "replication/peer_shapes.hpp"
#include "tests/unit/some_messages.hpp"
#include "tests/unit/some_view.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace monopod {

namespace {

const member sender{"north.gate", 5};
const auto group = group_tag("north");

std::optional<peer_message> decode(const std::vector<std::uint8_t>& bytes) {
  return decode_peer(std::as_bytes(std::span(bytes)));
}

bool refused(const peer::message& m, const member& from = sender) {
  return !decode(encode_peer(from, m, group));
}

std::shared_ptr<group_view> changed(const view_ptr& v) { return std::make_shared<group_view>(*v); }

peer::append appended(std::vector<op_bytes> ops, std::uint64_t first = 4) {
  return {.epoch = 2,
          .session = 3,
          .incarnation = 4,
          .first = first,
          .ops = std::move(ops),
          .commit = 3};
}

} // namespace

// Equal messages have the same bytes: a message is known by its bytes.
BOOST_AUTO_TEST_CASE(every_message_comes_back_as_it_was) {
  std::set<std::size_t> kinds;
  std::set<std::vector<std::uint8_t>> different;
  for (const auto& m : some_messages()) {
    const auto bytes = encode_peer(sender, m, group);
    const auto back = decode(bytes);
    BOOST_TEST_REQUIRE(back.has_value(), "kind " << m.index());
    BOOST_TEST((back->from == sender));
    BOOST_TEST(back->group == group);
    BOOST_TEST(back->body.index() == m.index());
    BOOST_TEST(encode_peer(back->from, back->body, back->group) == bytes,
               boost::test_tools::per_element());
    kinds.insert(m.index());
    different.insert(bytes);
  }
  BOOST_TEST(kinds.size() == std::variant_size_v<peer::message>);
  BOOST_TEST(different.size() == some_messages().size());
}

// Both ends pack against the same shapes. If this fails, another version of the protocol is due,
// which the one before does not understand: peer_version and peer_version_oldest rise.
BOOST_AUTO_TEST_CASE(shapes_are_those_of_version_2) {
  std::uint32_t sum = 0;
  for (const auto kind : {wire::PeerBody::Append, wire::PeerBody::Beat, wire::PeerBody::BeatAnswer,
                          wire::PeerBody::Appended})
    for (const auto byte : shape_of(kind))
      sum = sum * 31 + byte;
  BOOST_TEST(sum == 886236691u);
  BOOST_TEST(peer_version == 2);
}

BOOST_AUTO_TEST_CASE(every_field_is_carried) {
  const auto view = decode(encode_peer(sender, peer::accept{4, {9, "p", 3}, some_view(6)}, group));
  const auto& accept = std::get<peer::accept>(view->body);
  BOOST_TEST(accept.voter_id == 4u);
  BOOST_TEST((accept.number == ballot{9, "p", 3}));
  BOOST_TEST(*accept.value == *some_view(6));
  const auto back = decode(encode_peer(sender, appended({some_op(4), some_op(5)}), group));
  const auto& append = std::get<peer::append>(back->body);
  BOOST_TEST(append.epoch == 2u);
  BOOST_TEST(append.session == 3u);
  BOOST_TEST(append.incarnation == 4u);
  BOOST_TEST(append.first == 4u);
  BOOST_TEST(append.commit == 3u);
  BOOST_TEST_REQUIRE(append.ops.size() == 2u);
  BOOST_TEST(*append.ops[1] == *some_op(5), boost::test_tools::per_element());
  const auto nothing = decode(encode_peer(sender, peer::looked{}, group));
  BOOST_TEST(std::get<peer::looked>(nothing->body).value == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_is_refused) {
  for (const auto& m : some_messages()) {
    const auto bytes = encode_peer(sender, m, group);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      if (const auto back =
              decode({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}))
        BOOST_TEST(back->body.index() == m.index()); // padding may be missing
  }
  BOOST_TEST(!decode({}));
  BOOST_TEST(!decode(std::vector<std::uint8_t>(64, 0xff)));
}

BOOST_AUTO_TEST_CASE(names_and_views_are_bounded) {
  const std::string longest(limits::name_bytes, 'n');
  BOOST_TEST(!refused(peer::look{}, {longest, 1}));
  BOOST_TEST(refused(peer::look{}, {longest + "n", 1}));
  BOOST_TEST(refused(peer::prepare{1, {1, longest + "n", 1}}));
  BOOST_TEST(refused(peer::look{}, {"a b", 1}));
  BOOST_TEST(refused(peer::look{}, {"a\n", 1}));
  BOOST_TEST(!refused(peer::decided{largest_view()}));
  auto v = changed(largest_view());
  v->in_sync.emplace_back();
  BOOST_TEST(refused(peer::decided{v}));
  v = changed(largest_view());
  v->voters.emplace_back();
  BOOST_TEST(refused(peer::decided{v}));
  v = changed(some_view(1));
  v->voters.front().name = longest + "n";
  BOOST_TEST(refused(peer::looked{1, {}, nullptr, v, {}}));
  v = changed(some_view(1));
  v->version = 0;
  BOOST_TEST(refused(peer::promised{1, {}, {}, v}));
}

BOOST_AUTO_TEST_CASE(ops_follow_each_other_or_are_refused) {
  BOOST_TEST(!refused(appended({some_op(4), some_op(5), some_op(6)})));
  BOOST_TEST(!refused(appended({})));
  BOOST_TEST(refused(appended({some_op(4), some_op(6)})));
  BOOST_TEST(refused(appended({some_op(5), some_op(4)}, 5)));
  BOOST_TEST(refused(appended({some_op(4), some_op(4)})));
  BOOST_TEST(refused(appended({some_op(5)}))); // is not the first one
  BOOST_TEST(refused(appended({}, 0)));
  const auto no_op = std::make_shared<const std::vector<std::uint8_t>>(40, std::uint8_t{7});
  BOOST_TEST(refused(appended({no_op})));
  std::vector<op_bytes> many;
  while (many.size() < limits::group_append_ops)
    many.push_back(some_op(4 + many.size()));
  BOOST_TEST(!refused(appended(many)));
  many.push_back(some_op(4 + many.size()));
  BOOST_TEST(refused(appended(many)));
}

BOOST_AUTO_TEST_CASE(a_piece_has_results_or_is_refused) {
  peer::snapshot_piece p{2, 3, 4, 5, false, {}, {some_op(1), some_op(7)}};
  BOOST_TEST(!refused(p));
  flatbuffers::FlatBufferBuilder b;
  const auto bytes = finish_op(b, 8, 2, wire::CreateStreamOpenedDirect(b, "cam", 1));
  p.entries.push_back(
      std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end()));
  BOOST_TEST(refused(p));
  p.entries.clear();
  while (p.entries.size() < limits::group_append_ops)
    p.entries.push_back(some_op(4 + p.entries.size()));
  BOOST_TEST(!refused(p));
  p.entries.push_back(some_op(4));
  BOOST_TEST(refused(p));
}

} // namespace monopod
