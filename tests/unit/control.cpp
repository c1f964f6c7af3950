// The control's pure parts: stamps, what drops its oldest, and how messages look inside of NATS.
#include "tools/control/bus_encoding.hpp"
#include "tools/control/cloud_publisher.hpp"
#include "tools/control/dropping_queue.hpp"
#include "tools/control/frame_stamp.hpp"
#include "tools/control/vei.pb.h"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <span>
#include <string>

namespace monopod::control {

namespace {

payload as_payload(const std::string& text) {
  auto copy = std::make_shared<std::string>(text);
  const auto bytes = std::as_bytes(std::span(*copy));
  return {std::move(copy), bytes};
}

std::string as_text(const payload& p) {
  return {reinterpret_cast<const char*>(p.bytes().data()), p.size_bytes()};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_stamp_is_read_as_it_was_written) {
  const frame_stamp stamp{1'764'251'122'000'000'001u, 1'764'251'122'000'000u, 42};
  BOOST_TEST(to_text(stamp) == "1764251122000000001/1764251122000000/42");
  BOOST_TEST((parse_stamp(to_text(stamp)) == stamp));
  for (const auto* text : {"", "1", "1/2", "1/2/", "1/2/3/", "1/2/3 ", "/2/3", "1//3", "1/-2/3",
                           "a/b/c", "99999999999999999999/2/3"})
    BOOST_TEST(!parse_stamp(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_result_gets_its_stamp_once) {
  std::string result = R"({"a":1,"published_at_ns":0,"inference":{"published_at_ns":0}})";
  stamp_result(result, 17);
  BOOST_TEST(result == R"({"a":1,"published_at_ns":17,"inference":{"published_at_ns":0}})");
  std::string other = "no place for it";
  stamp_result(other, 17);
  BOOST_TEST(other == "no place for it");
}

BOOST_AUTO_TEST_CASE(the_oldest_make_room) {
  dropping_queue<int> queue(2);
  BOOST_TEST(queue.push(1));
  BOOST_TEST(queue.push(2));
  BOOST_TEST(!queue.push(3));
  BOOST_TEST(queue.dropped() == 1u);
  BOOST_TEST(queue.size() == 2u);
  BOOST_TEST(queue.pop() == 2);
  BOOST_TEST(queue.front() == 3);
}

BOOST_AUTO_TEST_CASE(both_encodings_give_the_same_bytes_back) {
  VEIv1_0::ImageData image;
  image.set_image(std::string("\xff\xd8\0\x01", 4));
  image.set_timestamp("1/2/3");
  VEIv1_0::ImageData scratch;
  for (const auto as : {bus_encoding::protobuf, bus_encoding::vei_json}) {
    std::string text = "what was there before";
    BOOST_TEST_REQUIRE(encode(image, as, text));
    const auto back = decode(as_payload(text), as, scratch);
    BOOST_TEST(as_text(back) == image.SerializeAsString());
  }
  std::string json;
  encode(image, bus_encoding::vei_json, json);
  BOOST_TEST(json == R"({"image":"/9gAAQ==","timestamp":"1/2/3"})");
  for (const auto* text : {"", "{", R"({"image":"?"})", R"({"other":1})"})
    BOOST_TEST(decode(as_payload(text), bus_encoding::vei_json, scratch).empty(), text);
}

} // namespace monopod::control
