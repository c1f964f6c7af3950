// The EndpointSlice of the primary as JSON; the API server itself takes it in tests/k8s.
#include "actors/platform/primary_slice.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

namespace monopod {

namespace {

const primary_slice street{.service = "monopod",
                           .address = "10.244.1.7",
                           .node = "worker1",
                           .epoch = 113500000000000,
                           .ports = {{"cameras", 5570}, {"apps", 5571}}};

nlohmann::json parsed(slice_api api, const std::string& version) {
  return nlohmann::json::parse(to_json(street, api, version));
}

} // namespace

BOOST_AUTO_TEST_CASE(it_names_the_pod_and_its_ports) {
  const auto t = parsed(slice_api::v1, "");
  BOOST_TEST(t.at("apiVersion") == "discovery.k8s.io/v1");
  const auto& metadata = t.at("metadata");
  BOOST_TEST(metadata.at("name") == "monopod-primary");
  BOOST_TEST(metadata.at("labels").at("kubernetes.io/service-name") == "monopod");
  BOOST_TEST(!metadata.contains("resourceVersion"));
  const auto& endpoint = t.at("endpoints").at(0);
  BOOST_TEST(endpoint.at("addresses") == nlohmann::json::array({"10.244.1.7"}));
  BOOST_TEST(endpoint.at("nodeName") == "worker1");
  const auto& last = t.at("ports").at(1);
  BOOST_TEST(last.at("name") == "apps");
  BOOST_TEST(last.at("port") == 5571);
  BOOST_TEST(parsed(slice_api::v1, "77").at("metadata").at("resourceVersion") == "77");
}

// It had no nodeName; an unknown field is refused by strict servers.
BOOST_AUTO_TEST_CASE(the_earlier_version_has_a_topology) {
  const auto t = parsed(slice_api::v1beta1, "");
  const auto& endpoint = t.at("endpoints").at(0);
  BOOST_TEST(!endpoint.contains("nodeName"));
  BOOST_TEST(endpoint.at("topology").at("kubernetes.io/hostname") == "worker1");
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read) {
  const auto found = read_slice(to_json(street, slice_api::v1, "77"));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->resource_version == "77");
  BOOST_TEST(found->epoch == street.epoch);
  BOOST_TEST(found->address == "10.244.1.7");
}

BOOST_AUTO_TEST_CASE(what_others_wrote_is_read) {
  const auto bare = read_slice(
      R"({"kind": "EndpointSlice", "metadata": {"resourceVersion": "5"}, "endpoints": null})");
  BOOST_REQUIRE(bare.has_value());
  BOOST_TEST(bare->epoch == 0u);
  BOOST_TEST(bare->address.empty());
  for (const auto* text :
       {"", "[]", "{", R"({"kind": "Status"})", R"({"kind": "EndpointSlice"})", R"({"kind": 7})",
        R"({"kind": "EndpointSlice", "metadata": {"resourceVersion": 5}})",
        R"({"kind": "EndpointSlice", "metadata": {"resourceVersion": "5"}, "endpoints": [{}]})"})
    BOOST_TEST(!read_slice(text).has_value(), text);
}

} // namespace monopod
