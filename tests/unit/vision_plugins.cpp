// Vision plug-ins as a pod loads them: the one that is shipped, and the example of the
// documentation.
#include "schemas/vision_plugin.h"
#include "tests/unit/pictures.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

namespace monopod {

namespace {

using options = std::vector<std::pair<std::string, std::string>>;
using pictures::bytes;

// A plug-in in its library.
const monopod_vision_functions& functions(const std::string& file) {
  void* library = dlopen((MONOPOD_BIN_DIR "/" + file).c_str(), RTLD_NOW | RTLD_LOCAL);
  BOOST_REQUIRE_MESSAGE(library != nullptr, file);
  auto* exported =
      reinterpret_cast<decltype(&monopod_vision_plugin)>(dlsym(library, "monopod_vision_plugin"));
  BOOST_REQUIRE(exported != nullptr);
  return *exported();
}

// An instance of a plug-in, closed with the object.
class instance {
public:
  instance(const std::string& file, const options& given) : functions_(functions(file)) {
    std::vector<monopod_vision_option> all;
    for (const auto& [key, value] : given)
      all.push_back({key.c_str(), value.c_str()});
    opened_ = functions_.open(all.data(), all.size(), problem_.data(), problem_.size());
  }
  ~instance() {
    if (opened_ != nullptr)
      functions_.close(opened_);
  }
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  bool opened() const { return opened_ != nullptr; }
  std::string problem() const { return problem_.data(); }

  // Labels and track numbers, as text; or the problem.
  std::string look(const bytes& jpeg, std::uint64_t stream = 1, std::uint64_t at_ms = 0) {
    const monopod_vision_frame frame{
        reinterpret_cast<const std::uint8_t*>(jpeg.data()), jpeg.size(), "gate", stream, 1,
        1'800'000'000'000'000'000 + at_ms * 1'000'000};
    answer_ = {};
    problem_.fill('\0');
    if (functions_.detect(opened_, &frame, &answer_, problem_.data(), problem_.size()) != 0)
      return problem();
    std::string text;
    for (std::size_t i = 0; i < answer_.count; ++i)
      text += (i == 0 ? "" : " ") + std::string(answer_.detections[i].label) + ":" +
              std::to_string(answer_.detections[i].track_id);
    return text;
  }
  const monopod_vision_answer& answer() const { return answer_; }

private:
  const monopod_vision_functions& functions_;
  void* opened_ = nullptr;
  std::array<char, 400> problem_{};
  monopod_vision_answer answer_{};
};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* shipped = "monopod-nanodet.so";
constexpr const char* example = "busy.so";

} // namespace

BOOST_AUTO_TEST_CASE(the_shipped_plug_in_finds_and_tracks) {
  BOOST_TEST(functions(shipped).version == std::uint32_t{MONOPOD_VISION_VERSION});
  instance eye(shipped, {});
  BOOST_REQUIRE_MESSAGE(eye.opened(), eye.problem());
  const auto astronaut = pictures::read("astronaut.jpg");
  BOOST_TEST(eye.look(astronaut) == "person:1");
  BOOST_TEST(eye.look(astronaut, 1, 100) == "person:1");
  BOOST_TEST(eye.look(pictures::read("chelsea.jpg"), 1, 200) == "cat:0");
  BOOST_TEST(eye.look(pictures::read("chelsea.jpg"), 2, 300) == "cat:1"); // of the new stream
  BOOST_TEST(eye.look(astronaut, 3, 400) == "person:1");
  BOOST_TEST(std::string(eye.answer().model) == "nanodet-g");
  BOOST_TEST(std::string(eye.answer().revision) == "human-models-3.0.4");
  BOOST_TEST(eye.answer().detections[0].width > 0.5F);
}

BOOST_AUTO_TEST_CASE(its_options_are_checked) {
  instance cats(shipped, {{"classes", "cat+dog"}, {"track", "no"}, {"threads", "1"}});
  BOOST_REQUIRE_MESSAGE(cats.opened(), cats.problem());
  BOOST_TEST(cats.look(pictures::read("astronaut.jpg")).empty());
  BOOST_TEST(cats.look(pictures::read("chelsea.jpg")) == "cat:0");
  instance strict(shipped, {{"classes", "cat;dog"}, {"confidence", "0.99"}});
  BOOST_REQUIRE_MESSAGE(strict.opened(), strict.problem());
  BOOST_TEST(strict.look(pictures::read("chelsea.jpg")).empty());
  for (const auto& [key, value, part] :
       {std::tuple{"colour", "red", "unknown option colour; known ones are model"},
        std::tuple{"confidence", "high", "must be a number"},
        std::tuple{"confidence", "0", "0.01 to 1"}, std::tuple{"confidence", "nan", "0.01 to 1"},
        std::tuple{"threads", "2x", "whole number"}, std::tuple{"threads", "1000", "1 to 64"},
        std::tuple{"track", "true", "yes or no"}, std::tuple{"classes", "unicorn", "no class"},
        std::tuple{"model", "other", "model other is not in"},
        std::tuple{"model", "none.toml", "can't be read"}}) {
    const instance wrong(shipped, {{key, value}});
    BOOST_TEST(!wrong.opened());
    BOOST_TEST(says(wrong.problem(), part), wrong.problem());
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_no_picture_fails_alone) {
  instance eye(shipped, {});
  BOOST_REQUIRE_MESSAGE(eye.opened(), eye.problem());
  BOOST_TEST(says(eye.look({}), "not a JPEG"));
  BOOST_TEST(says(eye.look(bytes(5000, std::byte{1})), "not a JPEG"));
  BOOST_TEST(eye.look(pictures::read("chelsea.jpg")) == "cat:1");
}

// As several [vision.NAME] sections: OpenCV's threads are one pool for all.
BOOST_AUTO_TEST_CASE(instances_on_several_threads_do_not_disturb_each_other) {
  std::array<std::string, 3> seen;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < seen.size(); ++i)
    threads.emplace_back([&seen, i] {
      instance eye(shipped, {{"threads", std::to_string(i + 1)}, {"track", "no"}});
      for (int k = 0; k < 10 && eye.opened(); ++k)
        seen[i] += eye.look(pictures::read(i == 1 ? "chelsea.jpg" : "astronaut.jpg"));
    });
  for (auto& t : threads)
    t.join();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    std::string expected;
    for (int k = 0; k < 10; ++k)
      expected += i == 1 ? "cat:0" : "person:0";
    BOOST_TEST(seen[i] == expected);
  }
}

BOOST_AUTO_TEST_CASE(the_documentation_shows_the_example) {
  const auto read = [](const std::string& path) {
    std::ifstream file(MONOPOD_SOURCE_DIR "/docs/" + path);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  const auto text = read("examples/busy_plugin.cpp");
  BOOST_REQUIRE(text.size() > 1000u);
  BOOST_TEST(says(read("detector.md"), "```cpp\n" + text + "```\n"));
}

BOOST_AUTO_TEST_CASE(the_example_works_as_it_is_documented) {
  BOOST_TEST(functions(example).version == std::uint32_t{MONOPOD_VISION_VERSION});
  instance busy(example, {{"least_bytes", "30000"}});
  BOOST_REQUIRE_MESSAGE(busy.opened(), busy.problem());
  BOOST_TEST(busy.look(pictures::read("astronaut.jpg")) == "busy:0");
  BOOST_TEST(busy.look(pictures::read("chelsea.jpg")).empty());
  const instance wrong(example, {{"most_bytes", "1"}});
  BOOST_TEST(!wrong.opened());
  BOOST_TEST(says(wrong.problem(), "unknown option most_bytes"));
}

} // namespace monopod
