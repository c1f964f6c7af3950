// Models: their TOML files, their networks, and what each layout means. The networks are little
// ones, whose answers are known.
#include "programs/detector/detector.hpp"
#include "programs/detector/network_file.hpp"
#include "tests/unit/little_network.hpp"
#include "tests/unit/pictures.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <limits>

namespace monopod {

namespace {

constexpr std::uint64_t side = 64;

struct model_folder : temporary_folder {
  std::filesystem::path toml() const { return path / "little.toml"; }
  void put(const std::string& model, const std::string& network) const {
    little::write(toml(), model);
    little::write(path / "little.onnx", network);
  }
  auto open() const {
    detector_options options;
    options.model = toml();
    return detector::open(options);
  }
  // What open() says.
  std::string problem() const {
    const auto opened = open();
    return opened ? "" : opened.error();
  }
};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// 1 x 6 x N of YOLOv8 with two classes: rows are centre x and y, width, height, scores.
little::output yolo(const std::vector<std::vector<float>>& boxes) {
  little::output o{"output0", {1, 6, boxes.size()}, {}};
  for (std::size_t row = 0; row < 6; ++row)
    for (const auto& b : boxes)
      o.numbers.push_back(b[row]);
  return o;
}

little::output ssd(const std::vector<std::vector<float>>& rows) {
  little::output o{"detection_out", {1, 1, rows.size(), 7}, {}};
  for (const auto& r : rows)
    o.numbers.insert(o.numbers.end(), r.begin(), r.end());
  return o;
}

// NanoDet's six outputs for one class and two bins a side; nothing is found.
std::vector<little::output> nanodet() {
  std::vector<little::output> all;
  for (const std::uint64_t stride : {8, 16, 32}) {
    const auto cells = (side / stride) * (side / stride);
    all.push_back({"cls" + std::to_string(stride), {1, cells, 1}, std::vector<float>(cells)});
    all.push_back({"reg" + std::to_string(stride), {1, cells, 8}, std::vector<float>(cells * 8)});
  }
  return all;
}

void check_box(const found_box& found, std::size_t label, float confidence, const box& place) {
  BOOST_TEST(found.label == label);
  BOOST_TEST(std::abs(found.confidence - confidence) < 1e-3F);
  BOOST_TEST(std::abs(found.place.x - place.x) < 1e-3F);
  BOOST_TEST(std::abs(found.place.y - place.y) < 1e-3F);
  BOOST_TEST(std::abs(found.place.width - place.width) < 1e-3F);
  BOOST_TEST(std::abs(found.place.height - place.height) < 1e-3F);
}

findings look(const model_folder& folder, int width, int height) {
  const auto opened = folder.open();
  BOOST_REQUIRE_MESSAGE(opened.has_value(), pictures::why(opened));
  auto found = (*opened)->detect(pictures::plain(width, height));
  BOOST_REQUIRE_MESSAGE(found.has_value(), pictures::why(found));
  return *found;
}

} // namespace

BOOST_AUTO_TEST_CASE(yolov8_has_its_picture_in_a_letter_box) {
  const model_folder folder;
  folder.put(little::model("yolov8", side, R"(["person", "car"])"),
             little::network(side, {yolo({{32, 32, 16, 8, 0.9F, 0.1F},
                                          {33, 32, 16, 8, 0.8F, 0.1F},     // the same object
                                          {33, 32, 16, 8, 0.1F, 0.7F},     // of another class
                                          {32, 4, 16, 8, 0.95F, 0},        // above the picture
                                          {10, 32, 4, 4, 0.4F, 0.3F}})})); // not sure enough
  const auto found = look(folder, 128, 64); // it lies in rows 16 to 48
  BOOST_REQUIRE(found.boxes.size() == 2u);
  check_box(found.boxes[0], 0, 0.9F, {24 / 64.0F, 12 / 32.0F, 16 / 64.0F, 8 / 32.0F});
  check_box(found.boxes[1], 1, 0.7F, {25 / 64.0F, 12 / 32.0F, 16 / 64.0F, 8 / 32.0F});
}

BOOST_AUTO_TEST_CASE(ssd_has_rows_of_seven_numbers) {
  const model_folder folder;
  folder.put(little::model("ssd", side, R"(["background", "person"])"),
             little::network(side, {ssd({{0, 1, 0.8F, 0.25F, 0.5F, 0.75F, 1.5F}, // beyond its edge
                                         {0, 7, 0.9F, 0, 0, 1, 1},               // no such label
                                         {0, -1, 0.9F, 0, 0, 1, 1},
                                         {0, 0, 0, 0, 0, 0, 0}})}));
  const auto found = look(folder, 100, 50);
  BOOST_REQUIRE(found.boxes.size() == 1u);
  check_box(found.boxes[0], 1, 0.8F, {0.25F, 0.5F, 0.5F, 0.5F});
}

BOOST_AUTO_TEST_CASE(nanodet_has_distances_from_the_middle_of_cells) {
  const model_folder folder;
  auto outputs = nanodet();
  outputs[4].numbers[3] = 0.6F; // of stride 32, the cell at the right and below: its middle is 48
  auto& bins = outputs[5].numbers;
  for (std::size_t s = 0; s < 4; ++s)
    bins[3 * 8 + 2 * s + (s < 2 ? 1 : 0)] = 100; // left and up one stride, right and down none
  folder.put(little::model("nanodet", side, R"(["person"])"), little::network(side, outputs));
  const auto found = look(folder, 200, 100);
  BOOST_REQUIRE(found.boxes.size() == 1u);
  check_box(found.boxes[0], 0, 0.6F, {0.25F, 0.25F, 0.5F, 0.5F});
}

BOOST_AUTO_TEST_CASE(outputs_that_do_not_fit_are_an_error) {
  const model_folder folder;
  const auto problem = [&folder](const std::string& layout, const std::string& labels,
                                 const std::vector<little::output>& outputs) {
    folder.put(little::model(layout, side, labels), little::network(side, outputs));
    return folder.problem();
  };
  const auto one = yolo({{32, 32, 16, 8, 0.9F, 0.1F}});
  const std::string labels = R"(["person", "car"])";
  BOOST_TEST(problem("yolov8", labels, {one}).empty());
  BOOST_TEST(says(problem("yolov8", R"(["person"])", {one}), "2 classes and the model 1 labels"));
  BOOST_TEST(says(problem("yolov8", R"(["a", "b", "c"])", {one}), "2 classes"));
  BOOST_TEST(says(problem("nanodet", labels, {one}), "its outputs are output0"));
  BOOST_TEST(says(problem("ssd", labels, {one}), "1 x 1 x N x 7"));
  BOOST_TEST(says(problem("yolov8", labels, {ssd({{0, 1, 0.8F, 0, 0, 1, 1}})}), "4 + classes"));
  auto three = nanodet();
  BOOST_TEST(problem("nanodet", R"(["person"])", three).empty());
  BOOST_TEST(says(problem("nanodet", labels, three), "1 classes and the model 2 labels"));
  BOOST_TEST(says(problem("yolov8", labels, three), "its outputs are"));
  three[1].shape = {1, 64, 4};
  three[1].numbers.resize(256);
  BOOST_TEST(says(problem("nanodet", R"(["person"])", three), "reg8 has 4 numbers"));
  three = nanodet();
  three[2].shape = {1, 4, 4};
  BOOST_TEST(says(problem("nanodet", R"(["person"])", three), "stride 16 is 1 x 4 x 4"));
}

BOOST_AUTO_TEST_CASE(a_network_that_answers_no_numbers_is_an_error) {
  const model_folder folder;
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    folder.put(little::model("yolov8", side, R"(["person", "car"])"),
               little::network(side, {yolo({{wrong, 32, 16, 8, 0.9F, 0.1F}})}));
    BOOST_TEST(says(folder.problem(), "NaN"));
  }
}

BOOST_AUTO_TEST_CASE(files_that_are_no_network_are_an_error) {
  const model_folder folder;
  const auto model = little::model("yolov8", side, R"(["person", "car"])");
  const auto network = little::network(side, {yolo({{32, 32, 16, 8, 0.9F, 0.1F}})});
  folder.put(model, "This is no network.");
  BOOST_TEST(says(folder.problem(), "little.onnx: "));
  folder.put(model, "");
  BOOST_TEST(says(folder.problem(), "is empty"));
  folder.put(model, network.substr(0, network.size() / 2));
  BOOST_TEST(says(folder.problem(), "little.onnx: "));
  folder.put(little::model("yolov8", 3000, R"(["person", "car"])"),
             little::network(side, nanodet()));
  BOOST_TEST(!folder.problem().empty());
  std::filesystem::remove(folder.path / "little.onnx");
  little::write(folder.toml(), model);
  BOOST_TEST(says(folder.problem(), "can't be read"));
  std::filesystem::create_directory(folder.path / "little.onnx");
  BOOST_TEST(says(folder.problem(), "can't be read"));
}

BOOST_AUTO_TEST_CASE(a_network_may_be_compressed) {
  const temporary_folder folder;
  const auto plain = folder.path / "a.onnx";
  const std::string content(3'000'000, 'x');
  little::write(plain, content);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread is there
  BOOST_REQUIRE(std::system(("xz -k " + plain.string()).c_str()) == 0);
  const auto packed = folder.path / "a.onnx.xz";
  const auto read = read_network(packed);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(std::string(read->begin(), read->end()) == content);
  std::filesystem::resize_file(packed, std::filesystem::file_size(packed) - 10);
  BOOST_TEST(says(read_network(packed).error(), "cut off"));
  little::write(packed, "This is not xz.");
  BOOST_TEST(says(read_network(packed).error(), "not a file of xz"));
}

BOOST_AUTO_TEST_CASE(every_key_of_a_model_is_checked) {
  const model_folder folder;
  const auto sound = little::model("ssd", side, R"(["person"])");
  const auto problem = [&](const std::string& text) {
    little::write(folder.toml(), text);
    const auto model = read_model(folder.toml());
    return model ? "" : model.error();
  };
  const auto without = [&sound](const std::string& key) {
    const auto begin = sound.find(key + " = ");
    return sound.substr(0, begin) + sound.substr(sound.find('\n', begin) + 1);
  };
  BOOST_TEST(problem(sound).empty());
  for (const auto* key :
       {"name", "layout", "file", "width", "height", "channels", "licence", "labels"})
    BOOST_TEST(says(problem(without(key)), std::string(key) + " is missing"));
  for (const auto& [more, part] :
       {std::pair{"colour = 1", "unknown key colour"}, std::pair{"mean = [1, 2]", "three numbers"},
        std::pair{"mean = 1", "three numbers"}, std::pair{"mean = [1, 2, nan]", "three numbers"},
        std::pair{"deviation = [1, 2, 0]", "must not be 0"},
        std::pair{"revision = 3", "revision must be a text"}, std::pair{"a = ", "line 9"}})
    BOOST_TEST(says(problem(sound + more + "\n"), part), more);
  for (const auto& [key, value, part] :
       {std::tuple{"layout", "\"yolov5\"", "use nanodet, yolov8 or ssd"},
        std::tuple{"width", "0", "1 to 4096"}, std::tuple{"height", "5000", "1 to 4096"},
        std::tuple{"width", "\"64\"", "whole number"},
        std::tuple{"channels", "\"grb\"", "\"rgb\" or \"bgr\""},
        std::tuple{"labels", "[]", "list of 1 to 4096"}, std::tuple{"labels", "[1]", "label 0"},
        std::tuple{"labels", "[\"a\", \"\"]", "label 1"}, std::tuple{"name", "\"\"", "name must"}})
    BOOST_TEST(says(problem(without(key) + key + " = " + value + "\n"), part), key);
  BOOST_TEST(says(problem(std::string(70'000, '#')), "too large"));
  BOOST_TEST(says(problem("a = " + std::string(1000, '[')), "nested too deeply"));
  BOOST_TEST(says(problem(sound).empty() ? read_model(folder.path).error() : "", "can't be read"));
}

BOOST_AUTO_TEST_CASE(models_are_found_by_name) {
  const temporary_folder folder;
  const auto here = folder.path / "here";
  std::filesystem::create_directory(here);
  little::write(here / "a.toml", "");
  BOOST_TEST(find_model("a", {folder.path, here}).value() == here / "a.toml");
  BOOST_TEST(find_model("./b.toml", {}).value() == "./b.toml");
  const auto none = find_model("b", {folder.path, here});
  BOOST_TEST(says(none.error(), folder.path.string() + " and " + here.string()));
  BOOST_TEST(says(none.error(), "install monopod-detector"));
}

} // namespace monopod
