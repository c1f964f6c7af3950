// Pictures cut around detections: the right part of them, in whatever kind of JPEG, and bounded
// work for the wrong kind.
#include "actors/cloud/picture_cutter.hpp"

#include "core/limits.hpp"
#include "tests/unit/drawn_jpeg.hpp"
#include "tests/unit/rig.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

namespace monopod {

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

struct detected {
  const char* label;
  std::optional<wire::Box> box;
};

std::optional<picture_area> around(const std::vector<detected>& list,
                                   const std::vector<std::string>& labels = {}) {
  flatbuffers::FlatBufferBuilder b;
  std::vector<flatbuffers::Offset<wire::Detection>> detections;
  for (const auto& d : list)
    detections.push_back(wire::CreateDetectionDirect(b, d.label, 1, d.box ? &*d.box : nullptr));
  b.Finish(wire::CreateInferenceDirect(b, "m", "1", 1, &detections));
  return area_around(*flatbuffers::GetRoot<wire::Inference>(b.GetBufferPointer()), labels);
}

// That the cut part shows what the picture has there.
void check_pixels(const cut_picture& cut) {
  const drawn_pixels pixels(cut.jpeg);
  BOOST_REQUIRE(pixels.width == cut.width);
  BOOST_REQUIRE(pixels.height == cut.height);
  for (int y = drawn_block / 2; y < cut.height; y += drawn_block)
    for (int x = drawn_block / 2; x < cut.width; x += drawn_block)
      BOOST_TEST(std::abs(pixels.at(x, y) - drawn_brightness(cut.x + x, cut.y + y)) <= 3);
}

bool near(float a, float b) { return std::abs(a - b) < 1e-5F; }

// The largest picture that may be cut, without any content: only the header counts.
payload claiming(int width, int height) {
  auto small = drawn_jpeg(64, 64);
  std::vector<std::byte> bytes(small.bytes().begin(), small.bytes().end());
  for (std::size_t i = 0; i + 9 < bytes.size(); ++i)
    if (bytes[i] == std::byte{0xff} &&
        bytes[i + 1] == std::byte{0xc0}) { // SOF0: ISO 10918-1, B.2.2
      const auto put = [&bytes](std::size_t at, int value) {
        bytes[at] = static_cast<std::byte>(value >> 8);
        bytes[at + 1] = static_cast<std::byte>(value);
      };
      put(i + 5, height);
      put(i + 7, width);
      break;
    }
  return payload_of(std::move(bytes));
}

} // namespace

BOOST_AUTO_TEST_CASE(the_area_holds_the_wanted_boxes_and_a_margin) {
  const std::vector<detected> list{{"person", wire::Box(0.2F, 0.4F, 0.1F, 0.2F)},
                                   {"dog", wire::Box(0.5F, 0.5F, 0.1F, 0.2F)},
                                   {"car", wire::Box(0, 0, 0.1F, 0.1F)}};
  const auto both = around(list, {"person", "dog"});
  BOOST_REQUIRE(both.has_value());
  BOOST_TEST(near(both->left, 0.16F));
  BOOST_TEST(near(both->right, 0.64F));
  BOOST_TEST(near(both->top, 0.37F));
  BOOST_TEST(near(both->bottom, 0.73F));
  const auto all = around(list);
  BOOST_REQUIRE(all.has_value());
  BOOST_TEST(all->left == 0);
  BOOST_TEST(all->top == 0);
  BOOST_TEST(!around(list, {"bicycle"}).has_value());
  BOOST_TEST(!around({}).has_value());
}

BOOST_AUTO_TEST_CASE(a_detection_without_a_box_and_a_strange_box_concern_a_part_that_there_is) {
  const auto whole = around({{"person", std::nullopt}});
  BOOST_REQUIRE(whole.has_value());
  BOOST_TEST(whole->left == 0);
  BOOST_TEST(whole->bottom == 1);
  for (const auto strange :
       {wire::Box(not_a_number, not_a_number, not_a_number, not_a_number),
        wire::Box(-1e30F, 1e30F, 1e30F, -1e30F), wire::Box(2, 2, 1, 1), wire::Box(1, 1, 0, 0),
        wire::Box(0, 0, std::numeric_limits<float>::infinity(), -1)}) {
    const auto area = around({{"person", strange}});
    BOOST_REQUIRE(area.has_value());
    for (const auto e : {area->left, area->top, area->right, area->bottom})
      BOOST_TEST((e >= 0 && e <= 1));
    const auto cut = cut_jpeg(drawn_jpeg(100, 50), *area);
    BOOST_REQUIRE(cut.has_value());
    check_pixels(*cut);
  }
}

BOOST_DATA_TEST_CASE(a_part_of_any_kind_of_jpeg_is_cut_out,
                     boost::unit_test::data::make({TJSAMP_420, TJSAMP_422, TJSAMP_444, TJSAMP_GRAY,
                                                   TJSAMP_440, TJSAMP_411}) *
                         boost::unit_test::data::make({0, TJFLAG_PROGRESSIVE}),
                     sampling, flags) {
  const auto jpeg = drawn_jpeg(330, 250, sampling, flags);
  for (const auto area : {picture_area{0.3F, 0.3F, 0.6F, 0.7F}, picture_area{0, 0, 0.1F, 0.1F},
                          picture_area{0.9F, 0.9F, 1, 1}, picture_area{0.5F, 0.5F, 0.5F, 0.5F}}) {
    const auto cut = cut_jpeg(jpeg, area);
    BOOST_REQUIRE(cut.has_value());
    BOOST_TEST(static_cast<float>(cut->x) <= area.left * 330);
    BOOST_TEST(static_cast<float>(cut->x) > area.left * 330 - 33);
    BOOST_TEST(static_cast<float>(cut->x + cut->width) >= area.right * 330);
    BOOST_TEST(static_cast<float>(cut->y) <= area.top * 250);
    BOOST_TEST(static_cast<float>(cut->y + cut->height) >= area.bottom * 250);
    BOOST_TEST(cut->jpeg.size_bytes() < jpeg.size_bytes());
    check_pixels(*cut);
  }
}

BOOST_AUTO_TEST_CASE(a_whole_picture_is_not_copied) {
  const auto jpeg = drawn_jpeg(64, 64);
  const auto cut = cut_jpeg(jpeg, {});
  BOOST_REQUIRE(cut.has_value());
  BOOST_TEST(cut->jpeg.bytes().data() == jpeg.bytes().data());
}

BOOST_AUTO_TEST_CASE(a_picture_that_is_none_or_takes_too_much_is_refused) {
  const picture_area part{0.4F, 0.4F, 0.6F, 0.6F};
  BOOST_TEST(!cut_jpeg({}, part).has_value());
  BOOST_TEST(!cut_jpeg(payload_of(std::vector<std::byte>(100, std::byte{0x42})), part).has_value());
  const auto bound = static_cast<int>(limits::picture_cut_bytes / 3 / 4096); // 4:2:0
  BOOST_TEST(cut_jpeg(claiming(4096, bound), part).has_value()); // its end is missing: a warning
  BOOST_TEST(!cut_jpeg(claiming(4096, bound + 1), part).has_value());
  BOOST_TEST(!cut_jpeg(claiming(65'500, 65'500), part).has_value());
  auto jpeg = drawn_jpeg(64, 64);
  std::vector<std::byte> bytes(jpeg.bytes().begin(), jpeg.bytes().end());
  for (std::size_t i = 0; i < limits::picture_scans; ++i)
    for (const auto b : {0xff, 0xda})
      bytes.push_back(static_cast<std::byte>(b));
  BOOST_TEST(!cut_jpeg(payload_of(std::move(bytes)), part).has_value());
}

BOOST_FIXTURE_TEST_CASE(pictures_are_cut_on_another_thread_and_in_order, rig) {
  picture_cutter cutter(host);
  const auto loops_thread = std::this_thread::get_id();
  std::vector<int> widths;
  for (const int width : {640, 320, 160})
    cutter.cut(drawn_jpeg(width, 160), {0, 0, 0.5F, 1}, [&](picture_cutter::outcome made) {
      BOOST_TEST((std::this_thread::get_id() == loops_thread));
      BOOST_REQUIRE(made.has_value());
      widths.push_back(made->width);
    });
  BOOST_TEST(widths.empty()); // not from within cut()
  BOOST_TEST(until([&] { return widths.size() == 3; }));
  BOOST_TEST((widths == std::vector{320, 160, 80}));
  std::optional<picture_cutter::fault> fault;
  cutter.cut(payload_of({std::byte{1}}), {0, 0, 0.5F, 1},
             [&](picture_cutter::outcome made) { fault = made.error(); });
  BOOST_TEST(until([&] { return fault.has_value(); }));
  BOOST_TEST((fault == picture_cutter::fault::unreadable));
}

// The first one may be taken by the thread at once; the others wait within the bound.
BOOST_FIXTURE_TEST_CASE(the_oldest_pictures_that_wait_make_room, rig) {
  picture_cutter cutter(host);
  auto jpeg = drawn_jpeg(2000, 2000, TJSAMP_420, TJFLAG_PROGRESSIVE);
  std::vector<std::byte> bytes(jpeg.bytes().begin(), jpeg.bytes().end());
  bytes.resize(limits::picture_uncut_bytes / 2, std::byte{0}); // after its end
  jpeg = payload_of(std::move(bytes));
  std::vector<int> cut;
  std::vector<int> busy;
  for (int i = 0; i < 6; ++i)
    cutter.cut(jpeg, {0, 0, 0.5F, 1},
               [&, i](picture_cutter::outcome made) { (made ? cut : busy).push_back(i); });
  BOOST_TEST(busy.size() >= 3u);
  BOOST_TEST(until([&] { return cut.size() + busy.size() == 6; }));
  BOOST_TEST(cut.back() == 5);
  BOOST_TEST(std::ranges::is_sorted(cut));
  BOOST_TEST(std::ranges::is_sorted(busy));
}

BOOST_FIXTURE_TEST_CASE(a_cutter_that_goes_calls_nobody, rig) {
  bool called = false;
  {
    picture_cutter cutter(host);
    cutter.cut(drawn_jpeg(640, 480), {0, 0, 0.5F, 1},
               [&](const picture_cutter::outcome&) { called = true; });
  }
  picture_cutter another(host);
  bool after = false;
  another.cut(drawn_jpeg(640, 480), {0, 0, 0.5F, 1},
              [&](const picture_cutter::outcome&) { after = true; });
  BOOST_TEST(until([&] { return after; }));
  BOOST_TEST(!called);
}

} // namespace monopod
