// The EndpointSlice that says where the primary is, as JSON: for clients that know one address
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace monopod {

/// The slice of a Service without selector: kube-proxy and DNS send its clients to the addresses
/// that the slice names.
struct primary_slice {
  struct port {
    std::string name;
    std::uint16_t number = 0;
  };
  std::string service;
  std::string address; // of the pod that is primary
  std::string node;
  std::uint64_t epoch = 0; // kept as an annotation, so that a late writer sees that it is late
  std::vector<port> ports;

  std::string name() const { return service + "-primary"; }
};

/// discovery.k8s.io/v1 since Kubernetes 1.21, v1beta1 before 1.25.
enum class slice_api { v1, v1beta1 };

/// The JSON to create a slice, or, with a resource version, to replace one.
std::string to_json(const primary_slice& s, slice_api api, const std::string& resource_version);

struct found_slice {
  std::string resource_version; // a writer that replaces another version is refused (409)
  std::uint64_t epoch = 0;
  std::string address; // empty: none
};

/// Reads the API server's answer; nothing if that is not an EndpointSlice.
std::optional<found_slice> read_slice(const std::string& text);

} // namespace monopod
