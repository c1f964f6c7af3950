// Camera programs to results in a real broker, with the pod as one process and as four: the links
// must not make a difference.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <functional>
#include <map>

using namespace monopod::harness;

namespace {

constexpr int frames = 60;
const std::vector<std::string> small_fast{"--fps",    "30",  "--width",         "320",
                                          "--height", "240", "--average-bytes", "8000"};

// Four cameras, three applications that want different ones.
const std::map<std::string, std::vector<std::string>> wanted{
    {"gates", {"gate-1", "gate-2"}},
    {"firsts", {"gate-1", "yard-1"}},
    {"all", {"gate-1", "gate-2", "yard-1", "yard-2"}}};

std::string configuration(const mqtt_broker& broker) {
  return R"([vision.gates]
cameras = ["gate-*"]
own_thread = true
work = "cpu"
service_ms = 2.0
decode = true
[vision.firsts]
cameras = ["*-1"]
distribution = "lognormal"
service_ms = 3.0
deviation_ms = 2.0
[vision.all]
cameras = ["gate-?", "yard-?"]
[cloud.local]
host = "127.0.0.1"
port = )" +
         std::to_string(broker.port()) + "\n";
}

std::set<std::string> expected_keys() {
  std::set<std::string> keys;
  for (const auto& [app, cameras] : wanted)
    for (const auto& camera : cameras)
      for (int seq = 1; seq <= frames; ++seq)
        keys.insert(camera + "/" + std::to_string(seq) + "/" + app);
  return keys;
}

// The processes of one way to run the stages.
struct deployment {
  std::vector<std::unique_ptr<pod_process>> pods;
  pod_process* gateway = nullptr;
  pod_process* cloud = nullptr;

  pod_process& start(const std::vector<std::string>& flags) {
    pods.push_back(std::make_unique<pod_process>(program(), flags));
    return *pods.back();
  }
  bool ready() const {
    return std::ranges::all_of(pods, [](const auto& p) { return p->ready(); });
  }
};

// `link` gives the endpoint that the broker binds for each conversation.
deployment split(const std::string& config, const std::function<std::string(std::string)>& link) {
  deployment d;
  const auto stage = [&config](const std::string& name) {
    return std::vector<std::string>{"--config", config, "--stages", name};
  };
  const auto& broker = d.start(
      stage("broker") + std::vector<std::string>{"--link.frames", link("frames"), "--link.apps",
                                                 link("apps"), "--link.results", link("results")});
  d.gateway = &d.start(stage("gateway") +
                       std::vector<std::string>{"--link.frames", broker.address("frames")});
  d.start(stage("vision") + std::vector<std::string>{"--link.apps", broker.address("apps")});
  d.cloud = &d.start(stage("cloud") +
                     std::vector<std::string>{"--link.results", broker.address("results")});
  return d;
}

deployment deploy(const std::string& topology, const std::string& config,
                  const std::filesystem::path& directory) {
  if (topology == "tcp")
    return split(config, [](const std::string&) { return "tcp://127.0.0.1:0"; });
  if (topology == "ipc")
    return split(config,
                 [&](const std::string& name) { return "ipc://" + (directory / name).string(); });
  deployment d;
  d.gateway = d.cloud = &d.start({"--config", config});
  return d;
}

void send_and_check(const std::string& camera_endpoint) {
  const auto flags = [](const std::string& name) {
    return small_fast + std::vector<std::string>{"--name", name,       "--cameras",
                                                 "2",      "--frames", std::to_string(frames)};
  };
  camera_process gate(camera_endpoint, flags("gate"));
  camera_process yard(camera_endpoint, flags("yard"));
  for (auto* camera : {&gate, &yard}) {
    const auto sent = camera->finish();
    BOOST_TEST(sent["sent"] == 2 * frames);
    BOOST_TEST(sent["acknowledged"] == 2 * frames);
    BOOST_TEST(sent["refused"] == 0);
  }
}

void check_topology(const std::string& topology) {
  const temporary_directory scratch;
  mqtt_broker broker;
  const auto config = write_file(scratch.path() / "monopod.toml", configuration(broker));
  const auto expected = expected_keys();
  const auto total = static_cast<double>(expected.size());
  collector_process collector(program("collect"), broker.port(),
                              {"--count", std::to_string(expected.size())});
  auto d = deploy(topology, config.string(), scratch.path());
  BOOST_REQUIRE(eventually([&] { return d.ready(); }));
  send_and_check(d.gateway->address("cameras"));

  const auto got = collector.finish(seconds(20));
  check_each_once_in_order(got, total);
  BOOST_TEST(collector.keys() == expected, boost::test_tools::per_element());

  // Nothing comes after what was counted: all is confirmed, and nothing was published again.
  const auto cloud = [&](const std::string& name) {
    return d.cloud->metric("monopod_cloud_" + name + "_total{cloud=\"local\"}").value_or(0);
  };
  BOOST_TEST(eventually([&] { return cloud("confirmed") == total; }));
  BOOST_TEST(cloud("published") == total);
  for (auto& pod : d.pods)
    BOOST_TEST(pod->child().terminate() == 0, pod->log());
}

} // namespace

BOOST_DATA_TEST_CASE(every_result_once_in_order,
                     boost::unit_test::data::make({"one", "ipc", "tcp"}), topology) {
  check_topology(topology);
}
