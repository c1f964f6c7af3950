// Requests to the API server of the Kubernetes cluster that this process runs in.
#pragma once

#include <string>

namespace monopod {

/// The place of the API server, and the folder of the service account as which a pod speaks to it.
struct kubernetes_access {
  std::string folder; // with the files token, ca.crt and namespace
  std::string host;
  std::string port;

  /// As Kubernetes gives it to this pod; without a host if this process is not a pod.
  static kubernetes_access of_this_pod();
};

/// Speaks as the pod's service account: its token is read again for each request, since it is
/// replaced every hour; the server's certificate is checked against the cluster's authority. Blocks
/// for limits::kubernetes_request_ms at most: not for a loop's thread.
class kubernetes_api {
public:
  struct answer {
    long status = 0; // of HTTP; 0: there was none
    std::string body;
    std::string error; // why there was none
  };

  explicit kubernetes_api(const kubernetes_access& access);

  /// `path` as in "/apis/discovery.k8s.io/v1"; an empty `body` is not sent.
  answer request(const std::string& method, const std::string& path,
                 const std::string& body = "") const;

  /// The namespace of the service account; empty if there is no such folder: this is not a pod.
  const std::string& name_space() const { return namespace_; }

private:
  std::string folder_;
  std::string server_; // "https://10.96.0.1:443"
  std::string namespace_;
};

} // namespace monopod
