// The announcer against an API server that lets a pod replace a slice and make none.
#include "actors/platform/announcer.hpp"
#include "core/log.hpp"
#include "tests/unit/environment_variable.hpp"
#include "tools/harness/process.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace monopod {

namespace {

using harness::eventually;
using nlohmann::json;

// An API server, and the directory of a service account that trusts it.
struct cluster {
  cluster() {
    log_init(log_level::off, log_format::text);
    const auto made = harness::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                                    "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                                    path("key.pem"), "-out", path("ca.crt")});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.output);
    std::ofstream(path("namespace")) << "here";
    std::ofstream(path("token")) << "token";
    server = std::make_unique<harness::process>(
        std::vector<std::string>{MONOPOD_SOURCE_DIR "/tests/unit/api_server.py",
                                 directory.path().string()},
        path("log"));
    BOOST_REQUIRE(eventually([this] { return !harness::read_file(path("port")).empty(); }));
    port = std::make_unique<variable>("KUBERNETES_SERVICE_PORT_HTTPS",
                                      harness::read_file(path("port")));
  }

  std::string path(const std::string& name) const { return (directory.path() / name).string(); }
  // As `kubectl apply` leaves it; the epoch, which is no part of the manifest, stays.
  void apply_slice(const std::string& version, const std::string& epoch = "") const {
    json slice{{"kind", "EndpointSlice"},
               {"metadata", {{"resourceVersion", version}}},
               {"endpoints", json::array()}};
    if (!epoch.empty())
      slice["metadata"]["annotations"]["monopod/epoch"] = epoch;
    std::ofstream(path("slice.json.test")) << slice.dump();
    std::filesystem::rename(path("slice.json.test"), path("slice.json"));
  }
  json slice() const { return json::parse(harness::read_file(path("slice.json"))); }
  // The address that the slice has; empty: none.
  std::string named() const {
    const auto endpoints = slice().at("endpoints");
    return endpoints.empty() ? "" : endpoints.at(0).at("addresses").at(0).get<std::string>();
  }
  std::unique_ptr<announcer> node(const std::string& address) const {
    config c;
    c.node = "a";
    c.kubernetes.service = "monopod";
    c.kubernetes.address = address;
    return std::make_unique<announcer>(c, kubernetes_access{directory.path().string(), "127.0.0.1",
                                                            harness::read_file(path("port"))});
  }

  harness::temporary_directory directory;
  std::unique_ptr<harness::process> server;
  variable host{"KUBERNETES_SERVICE_HOST", "127.0.0.1"};
  std::unique_ptr<variable> port;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(an_empty_slice_gets_the_address_and_keeps_it, cluster) {
  apply_slice("7");
  const auto a = node("10.0.0.1");
  a->serves(3);
  BOOST_TEST(eventually([this] { return named() == "10.0.0.1"; }));
  BOOST_TEST(slice().at("metadata").at("annotations").at("monopod/epoch") == "3");
  apply_slice("9", "3");
  BOOST_TEST(eventually([this] { return named() == "10.0.0.1"; })); // limits::slice_look_ms
  const auto version = slice().at("metadata").at("resourceVersion");
  BOOST_TEST(version == "10");
}

BOOST_FIXTURE_TEST_CASE(a_slice_of_a_later_primary_stays, cluster) {
  apply_slice("7", "4");
  const auto a = node("10.0.0.1");
  const auto b = node("10.0.0.2");
  b->serves(5);
  BOOST_TEST(eventually([this] { return named() == "10.0.0.2"; }));
  a->serves(4);
  BOOST_TEST(!eventually([this] { return named() == "10.0.0.1"; }, std::chrono::seconds(1)));
  b->serves(0);
  a->serves(6);
  BOOST_TEST(eventually([this] { return named() == "10.0.0.1"; }));
}

BOOST_FIXTURE_TEST_CASE(a_slice_that_is_made_later_is_filled, cluster) {
  const auto a = node("10.0.0.1");
  a->serves(1); // there is none, and it may not make one
  BOOST_TEST(!eventually([this] { return std::filesystem::exists(path("slice.json")); },
                         std::chrono::seconds(1)));
  apply_slice("1");
  BOOST_TEST(eventually([this] { return named() == "10.0.0.1"; }));
}

} // namespace monopod
