// The detector with the network that is shipped: what it finds in photographs, and that no picture
// harms it.
#include "programs/detector/detector.hpp"

#include "programs/detector/picture.hpp"
#include "tests/unit/pictures.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <opencv2/core/mat.hpp>
#include <random>

namespace monopod {

namespace {

using pictures::bytes;

std::unique_ptr<detector> shipped(std::vector<std::string> classes = {}, float confidence = 0.45F) {
  auto opened = detector::open({.model = MONOPOD_SOURCE_DIR "/models/nanodet-g.toml",
                                .classes = std::move(classes),
                                .confidence = confidence,
                                .threads = 2});
  BOOST_REQUIRE_MESSAGE(opened.has_value(), pictures::why(opened));
  return std::move(*opened);
}

// One for all cases, since it takes time to load.
detector& eye() {
  static const auto one = shipped();
  return *one;
}

std::vector<std::string> labels_in(detector& by, const bytes& jpeg) {
  const auto found = by.detect(jpeg);
  BOOST_REQUIRE_MESSAGE(found.has_value(), pictures::why(found));
  std::vector<std::string> labels;
  for (const auto& b : found->boxes) {
    labels.push_back(by.model().labels.at(b.label));
    BOOST_TEST((b.place.x >= 0 && b.place.x + b.place.width <= 1.0001F));
    BOOST_TEST((b.place.y >= 0 && b.place.y + b.place.height <= 1.0001F));
  }
  std::ranges::sort(labels);
  return labels;
}

std::string joined(const std::vector<std::string>& labels) {
  std::string text;
  for (const auto& l : labels)
    text += (text.empty() ? "" : " ") + l;
  return text;
}

std::string seen(const bytes& jpeg) { return joined(labels_in(eye(), jpeg)); }

// What detect() says of a picture that it can't look at; empty if it can.
std::string refusal(const bytes& jpeg) {
  const auto found = eye().detect(jpeg);
  return found ? "" : found.error();
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(photographs_hold_what_everybody_sees) {
  BOOST_TEST(seen(pictures::read("astronaut.jpg")) == "person");
  BOOST_TEST(seen(pictures::read("chelsea.jpg")) == "cat");
  const auto table = labels_in(eye(), pictures::read("coffee.jpg"));
  BOOST_TEST(std::ranges::count(table, "cup") == 1, joined(table));
  BOOST_TEST(std::ranges::count(table, "person") == 0, joined(table));
}

BOOST_AUTO_TEST_CASE(a_box_surrounds_its_object) {
  const auto found = eye().detect(pictures::read("astronaut.jpg"));
  BOOST_REQUIRE(found.has_value());
  BOOST_REQUIRE(found->boxes.size() == 1u);
  BOOST_TEST(found->width == 512);
  BOOST_TEST(found->height == 512);
  BOOST_TEST(found->damage.empty());
  const box person{0.02F, 0.02F, 0.75F, 0.98F}; // by eye
  BOOST_TEST(overlap(found->boxes[0].place, person) > 0.8F);
}

BOOST_AUTO_TEST_CASE(only_classes_that_are_wanted_are_found) {
  const auto cats = shipped({"cat"});
  BOOST_TEST(labels_in(*cats, pictures::read("astronaut.jpg")).empty());
  BOOST_TEST(joined(labels_in(*cats, pictures::read("chelsea.jpg"))) == "cat");
  const auto none = detector::open(
      {.model = MONOPOD_SOURCE_DIR "/models/nanodet-g.toml", .classes = {"cat", "unicorn"}});
  BOOST_REQUIRE(!none.has_value());
  BOOST_TEST(says(none.error(), "no class \"unicorn\""));
  BOOST_TEST(says(none.error(), "bicycle")); // the ones that there are
}

BOOST_AUTO_TEST_CASE(every_form_of_jpeg_shows_the_same) {
  const auto photograph = pictures::decode(pictures::read("astronaut.jpg"));
  BOOST_TEST(seen(pictures::grey(photograph)) == "person");
  BOOST_TEST(seen(pictures::progressive(photograph)) == "person");
  BOOST_TEST(seen(pictures::cmyk(photograph)) == "person");
  BOOST_TEST(seen(pictures::enlarged(photograph, 4)) == "person"); // decoded at a half
}

BOOST_AUTO_TEST_CASE(large_pictures_are_scaled_while_they_are_decoded) {
  picture_decoder decoder;
  const auto decoded_width = [&decoder](int width, int height) {
    const auto p = decoder.decode(pictures::plain(width, height), 416, 416);
    BOOST_REQUIRE(p.has_value());
    BOOST_TEST(p->width == width);
    return p->pixels.cols;
  };
  BOOST_TEST(decoded_width(830, 832) == 830);
  BOOST_TEST(decoded_width(831, 832) == 416);
  BOOST_TEST(decoded_width(1920, 1080) == 960);
  BOOST_TEST(decoded_width(3840, 2160) == 960);
  BOOST_TEST(decoded_width(3840, 400) == 3840);
}

BOOST_AUTO_TEST_CASE(colours_arrive_in_their_places) {
  picture_decoder decoder;
  const pictures::pixels orange{8, 8, [] {
                                  std::vector<unsigned char> all;
                                  for (int i = 0; i < 64; ++i)
                                    all.insert(all.end(), {250, 120, 10});
                                  return all;
                                }()};
  for (const auto& jpeg : {pictures::progressive(orange), pictures::cmyk(orange)}) {
    const auto p = decoder.decode(jpeg, 8, 8);
    BOOST_REQUIRE(p.has_value());
    const auto& blue_first = p->pixels.at<cv::Vec3b>(4, 4);
    BOOST_TEST(std::abs(blue_first[0] - 10) < 8);
    BOOST_TEST(std::abs(blue_first[1] - 120) < 8);
    BOOST_TEST(std::abs(blue_first[2] - 250) < 8);
  }
}

BOOST_AUTO_TEST_CASE(extreme_sizes_are_looked_at_or_refused) {
  BOOST_TEST(refusal(pictures::plain(1, 1)).empty());
  BOOST_TEST(refusal(pictures::plain(4000, 1)).empty());
  const auto large = pictures::with_size(pictures::read("chelsea.jpg"), 8000, 8000);
  BOOST_TEST(refusal(large).empty());
  const auto huge = pictures::with_size(pictures::read("chelsea.jpg"), 10'000, 10'000);
  BOOST_TEST(says(refusal(huge), "10000 x 10000"));
  BOOST_TEST(says(refusal(huge), "64 megapixels"));
}

BOOST_AUTO_TEST_CASE(a_picture_that_is_cut_off_is_seen_as_far_as_it_goes) {
  auto jpeg = pictures::read("astronaut.jpg");
  jpeg.resize(jpeg.size() * 9 / 10);
  const auto most = eye().detect(jpeg);
  BOOST_REQUIRE(most.has_value());
  BOOST_TEST(!most->damage.empty());
  BOOST_TEST(most->boxes.size() == 1u);
  jpeg.resize(700); // tables, and hardly a row
  if (const auto least = eye().detect(jpeg)) {
    BOOST_TEST(!least->damage.empty());
    BOOST_TEST(least->boxes.empty());
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_picture_are_refused) {
  BOOST_TEST(says(refusal({}), "not a JPEG"));
  BOOST_TEST(says(refusal(bytes(1000, std::byte{0xff})), "not a JPEG"));
  auto jpeg = pictures::read("chelsea.jpg");
  jpeg.resize(20);
  BOOST_TEST(says(refusal(jpeg), "not a JPEG"));
  BOOST_TEST(seen(pictures::read("chelsea.jpg")) == "cat"); // and it goes on
}

// Damage anywhere in the file: an answer or a reason, and what follows is not disturbed.
BOOST_AUTO_TEST_CASE(damage_does_no_harm) {
  const auto whole = pictures::read("chelsea.jpg");
  std::mt19937 random(7);
  for (int i = 0; i < 40; ++i) {
    auto jpeg = whole;
    for (int k = 0; k < 8; ++k)
      jpeg[random() % (i < 20 ? 700 : jpeg.size())] = static_cast<std::byte>(random());
    static_cast<void>(eye().detect(jpeg));
  }
  BOOST_TEST(seen(whole) == "cat");
}

} // namespace monopod
