// Requests to the API server of the Kubernetes cluster that this process runs in.
#pragma once

#include <string>

namespace monopod {

/// Speaks as the pod's service account (the directory that Kubernetes mounts): its token is read
/// again for each request, since it is replaced every hour; the server's certificate is checked
/// against the cluster's authority. Blocks for limits::kubernetes_request_ms at most: not for a
/// loop's thread.
class kubernetes_api {
public:
  struct answer {
    long status = 0; // of HTTP; 0: there was none
    std::string body;
    std::string error; // why there was none
  };

  static constexpr const char* service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

  explicit kubernetes_api(std::string directory = service_account);

  /// `path` as in "/apis/discovery.k8s.io/v1"; an empty `body` is not sent.
  answer request(const std::string& method, const std::string& path,
                 const std::string& body = "") const;

  /// The namespace of this pod; empty if this is not a pod.
  const std::string& name_space() const { return namespace_; }

private:
  std::string directory_;
  std::string server_; // "https://10.96.0.1:443"
  std::string namespace_;
};

} // namespace monopod
