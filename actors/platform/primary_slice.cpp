#include "actors/platform/primary_slice.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace monopod {

namespace {

using nlohmann::json;

constexpr const char* epoch_key = "monopod/epoch";

} // namespace

std::string to_json(const primary_slice& s, slice_api api, const std::string& resource_version) {
  json endpoint{{"addresses", {s.address}}, {"conditions", {{"ready", true}}}};
  if (api == slice_api::v1)
    endpoint["nodeName"] = s.node;
  else
    endpoint["topology"] = {{"kubernetes.io/hostname", s.node}};
  json ports = json::array();
  for (const auto& p : s.ports)
    ports.push_back({{"name", p.name}, {"port", p.number}, {"protocol", "TCP"}});
  json slice{
      {"apiVersion", api == slice_api::v1 ? "discovery.k8s.io/v1" : "discovery.k8s.io/v1beta1"},
      {"kind", "EndpointSlice"},
      {"metadata",
       {{"name", s.name()},
        {"labels",
         {{"kubernetes.io/service-name", s.service},
          {"endpointslice.kubernetes.io/managed-by", "monopod"}}},
        {"annotations", {{epoch_key, std::to_string(s.epoch)}}}}},
      {"addressType", "IPv4"},
      {"endpoints", json::array({endpoint})},
      {"ports", ports}};
  if (!resource_version.empty())
    slice["metadata"]["resourceVersion"] = resource_version;
  return slice.dump();
}

std::optional<found_slice> read_slice(const std::string& text) {
  try {
    const auto slice = json::parse(text);
    if (slice.at("kind") != "EndpointSlice")
      return std::nullopt;
    found_slice found;
    const auto& metadata = slice.at("metadata");
    found.resource_version = metadata.at("resourceVersion").get<std::string>();
    const auto epoch = metadata.value("annotations", json::object()).value(epoch_key, "0");
    std::from_chars(epoch.data(), epoch.data() + epoch.size(), found.epoch);
    const auto endpoints = slice.value("endpoints", json::array());
    if (endpoints.is_array() && !endpoints.empty())
      found.address = endpoints.at(0).at("addresses").at(0).get<std::string>();
    return found;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

} // namespace monopod
