// The EndpointSlice of the primary as JSON; the API server itself takes it in tests/k8s.
#include "actors/platform/primary_slice.hpp"

#include <boost/property_tree/json_parser.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>

namespace monopod {

namespace {

const primary_slice street{.service = "monopod",
                           .address = "10.244.1.7",
                           .node = "worker1",
                           .epoch = 113500000000000,
                           .ports = {{"cameras", 5570}, {"apps", 5571}}};

boost::property_tree::ptree parsed(slice_api api, const std::string& version) {
  std::istringstream in(to_json(street, api, version));
  boost::property_tree::ptree tree;
  read_json(in, tree);
  return tree;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_names_the_pod_and_its_ports) {
  const auto t = parsed(slice_api::v1, "");
  BOOST_TEST(t.get<std::string>("apiVersion") == "discovery.k8s.io/v1");
  BOOST_TEST(t.get<std::string>("metadata.name") == "monopod-primary");
  const auto& labels = t.get_child("metadata.labels");
  BOOST_TEST(labels.find("kubernetes.io/service-name")->second.data() == "monopod");
  BOOST_TEST(t.get_child("metadata").count("resourceVersion") == 0u);
  const auto& endpoint = t.get_child("endpoints").front().second;
  BOOST_TEST(endpoint.get_child("addresses").front().second.data() == "10.244.1.7");
  BOOST_TEST(endpoint.get<std::string>("nodeName") == "worker1");
  const auto& last = t.get_child("ports").back().second;
  BOOST_TEST(last.get<std::string>("name") == "apps");
  BOOST_TEST(last.get<int>("port") == 5571);
  BOOST_TEST(parsed(slice_api::v1, "77").get<std::string>("metadata.resourceVersion") == "77");
}

// It had no nodeName; an unknown field is refused by strict servers.
BOOST_AUTO_TEST_CASE(the_earlier_version_has_a_topology) {
  const auto t = parsed(slice_api::v1beta1, "");
  const auto& endpoint = t.get_child("endpoints").front().second;
  BOOST_TEST(endpoint.count("nodeName") == 0u);
  const auto& topology = endpoint.get_child("topology");
  BOOST_TEST(topology.find("kubernetes.io/hostname")->second.data() == "worker1");
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
