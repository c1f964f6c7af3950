// Plug-ins as their authors may write them: good ones, and ones that lie, fail, throw, or are not
// there.
#include "actors/vision/plugin_worker.hpp"

#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace monopod {

namespace {

std::string file_of(const std::string& plugin) {
  return std::filesystem::path(MONOPOD_BIN_DIR) / "plugins" / (plugin + ".so");
}

struct fixture {
  monopod::metrics metrics;
  flatbuffers::FlatBufferBuilder b;
  std::unique_ptr<plugin_worker> worker;

  void open(const std::string& file, const std::vector<std::string>& options = {}) {
    vision_config conf;
    conf.plugin = file;
    conf.options = options;
    worker = std::make_unique<plugin_worker>("people", conf, metrics);
  }
  const wire::Inference* look(std::uint64_t seq = 5) {
    const auto jpeg = std::make_shared<std::vector<std::byte>>(3, std::byte{0x42});
    BOOST_TEST(worker->look({"gate", 7, seq, 11, payload(jpeg, *jpeg)}) == 0u);
    b.Clear();
    b.Finish(worker->answer(b, 9));
    return flatbuffers::GetRoot<wire::Inference>(b.GetBufferPointer());
  }
  double failures() { return metrics.vision_failures("people").Value(); }
  bool told(const std::string& part) { return worker->problem().find(part) != std::string::npos; }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_a_plugin_finds_is_the_answer, fixture) {
  open(file_of("probe"));
  const auto* found = look();
  BOOST_TEST(found->model()->str() == "probe");
  BOOST_TEST(found->revision()->str() == "7");
  BOOST_TEST(found->processing_ns() == 9u);
  BOOST_REQUIRE(found->detections()->size() == 2u);
  const auto* d = found->detections()->Get(1);
  BOOST_TEST(d->label()->str() == "gate");
  BOOST_TEST(d->confidence() == 0.75f);
  BOOST_TEST(d->track_id() == 5u);
  BOOST_TEST(d->box()->x() == 0.25f);
  BOOST_TEST(d->box()->height() == 0.25f);
  BOOST_TEST(worker->problem() == "");
  BOOST_TEST(failures() == 0);
}

BOOST_FIXTURE_TEST_CASE(nonsense_is_put_right_before_it_leaves, fixture) {
  open(file_of("probe"), {"does=nonsense"});
  const auto* found = look();
  BOOST_REQUIRE(found->detections()->size() == 1u); // the other one is not a number
  const auto* d = found->detections()->Get(0);
  BOOST_TEST(d->label()->str() == std::string(63, 'a'));
  BOOST_TEST(d->confidence() == 1.0f);
  BOOST_TEST(d->box()->x() == 0.0f);
  BOOST_TEST(d->box()->width() == 1.0f);
}

BOOST_FIXTURE_TEST_CASE(too_many_detections_are_cut_to_the_bound, fixture) {
  open(file_of("probe"), {"does=many"});
  BOOST_TEST(look()->detections()->size() == limits::detections_per_frame);
}

BOOST_FIXTURE_TEST_CASE(a_detection_may_concern_the_whole_picture_and_have_no_label, fixture) {
  open(file_of("probe"), {"does=whole"});
  const auto* found = look();
  BOOST_TEST((found->detections()->Get(0)->box() == nullptr));
  BOOST_TEST(found->detections()->Get(1)->label()->str() == "");
}

BOOST_FIXTURE_TEST_CASE(a_frame_that_fails_is_answered_and_told, fixture) {
  open(file_of("probe"), {"does=fail"});
  BOOST_TEST(look()->detections()->size() == 0u);
  BOOST_TEST(failures() == 1);
  BOOST_TEST(told("vision.people: the last frame could not be looked at: camera gate: \"3 bytes "
                  "are no picture\""),
             worker->problem());
}

BOOST_FIXTURE_TEST_CASE(exceptions_end_at_the_plugin, fixture) {
  open(file_of("thrower"));
  BOOST_TEST(look(2)->detections()->size() == 0u);
  BOOST_TEST(told("no detections today"), worker->problem());
  BOOST_TEST(look(3)->model()->str() == "thrower");
  BOOST_TEST(told("no std::exception"), worker->problem());
  BOOST_TEST(failures() == 2);
  worker.reset(); // close() throws, too
}

BOOST_FIXTURE_TEST_CASE(a_plugin_that_cannot_be_opened_answers_every_frame, fixture) {
  open(file_of("probe"), {"does=refuse"});
  BOOST_TEST(look()->detections()->size() == 0u);
  BOOST_TEST(failures() == 1);
  BOOST_TEST(told("\"it refuses\"; mend vision.people.options"), worker->problem());
  open(file_of("thrower"), {"open=yes"});
  BOOST_TEST(told("no model"), worker->problem());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_no_plugin_is_told_with_the_remedy, fixture) {
  open("monopod-none");
  BOOST_TEST(look()->model()->str() == "monopod-none");
  BOOST_TEST(told("there is no plug-in"), worker->problem());
  BOOST_TEST(told("install its package"), worker->problem());
  open(file_of("probe_of_version_2"));
  BOOST_TEST(told("has version 2 of the interface, and this node has version 1"),
             worker->problem());
  open(std::string(MONOPOD_SOURCE_DIR) + "/README.md");
  BOOST_TEST(told("can't be loaded"), worker->problem());
  BOOST_TEST(look()->detections()->size() == 0u);
  BOOST_TEST(failures() == 2);
  open(std::string(MONOPOD_SOURCE_DIR) + "/docs");
  BOOST_TEST(told("/docs\" is not a plug-in of Monopod"), worker->problem());
  open("./none.so");
  BOOST_TEST(told(std::filesystem::current_path().string() + "/./none.so"), worker->problem());
}

} // namespace monopod
