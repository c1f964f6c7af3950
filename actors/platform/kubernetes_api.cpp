#include "actors/platform/kubernetes_api.hpp"

#include "core/config/environment.hpp"
#include "core/limits.hpp"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <memory>

namespace monopod {

namespace {

// The text of a small file, without the end of its last line.
std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

std::size_t take(char* data, std::size_t, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + count > limits::kubernetes_answer_bytes)
    return 0; // which ends the request
  body.append(data, count);
  return count;
}

// The functions that are used of libcurl. It is loaded with the first request: if it were linked,
// it and its libraries would cost every node 4 MB of memory, and few run on Kubernetes.
struct curl_library {
  decltype(&curl_easy_init) init;
  decltype(&curl_easy_cleanup) cleanup;
  decltype(&curl_easy_setopt) setopt;
  decltype(&curl_easy_perform) perform;
  decltype(&curl_easy_getinfo) getinfo;
  decltype(&curl_easy_strerror) strerror;
  decltype(&curl_slist_append) append;
  decltype(&curl_slist_free_all) free_all;
};

template <class F>
bool find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function != nullptr;
}

// Null if it is not installed.
const curl_library* curl() {
  static const auto loaded = []() -> std::unique_ptr<curl_library> {
    auto c = std::make_unique<curl_library>();
    auto* l = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    const bool whole =
        l != nullptr && find(l, "curl_easy_init", c->init) &&
        find(l, "curl_easy_cleanup", c->cleanup) && find(l, "curl_easy_setopt", c->setopt) &&
        find(l, "curl_easy_perform", c->perform) && find(l, "curl_easy_getinfo", c->getinfo) &&
        find(l, "curl_easy_strerror", c->strerror) && find(l, "curl_slist_append", c->append) &&
        find(l, "curl_slist_free_all", c->free_all);
    return whole ? std::move(c) : nullptr;
  }();
  return loaded.get();
}

} // namespace

kubernetes_access kubernetes_access::of_this_pod() {
  return {.folder = "/var/run/secrets/kubernetes.io/serviceaccount",
          .host = environment_variable("KUBERNETES_SERVICE_HOST"),
          .port = environment_variable("KUBERNETES_SERVICE_PORT_HTTPS")};
}

kubernetes_api::kubernetes_api(const kubernetes_access& access)
    : folder_(access.folder), namespace_(text_of(folder_ + "/namespace")) {
  const bool v6 = access.host.find(':') != std::string::npos;
  server_ = "https://" + (v6 ? "[" + access.host + "]" : access.host) + ":" + access.port;
}

kubernetes_api::answer kubernetes_api::request(const std::string& method, const std::string& path,
                                               const std::string& body) const {
  answer a;
  const auto* c = curl();
  if (c == nullptr) {
    a.error = "libcurl.so.4 is not there: install libcurl4";
    return a;
  }
  const std::unique_ptr<CURL, decltype(c->cleanup)> handle(c->init(), c->cleanup);
  if (handle == nullptr) {
    a.error = "no memory";
    return a;
  }
  const auto set = [&](CURLoption option, auto value) { c->setopt(handle.get(), option, value); };
  std::unique_ptr<curl_slist, decltype(c->free_all)> headers(nullptr, c->free_all);
  const auto add = [&](const std::string& line) {
    headers.reset(c->append(headers.release(), line.c_str()));
  };
  const auto url = server_ + path;
  const auto authority = folder_ + "/ca.crt";
  add("Authorization: Bearer " + text_of(folder_ + "/token"));
  add("Content-Type: application/json");
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_CAINFO, authority.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L); // this is not the only thread
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits::kubernetes_request_ms));
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, &a.body);
  if (!body.empty())
    set(CURLOPT_POSTFIELDS, body.c_str());
  if (const auto code = c->perform(handle.get()); code != CURLE_OK)
    a.error = c->strerror(code);
  else
    c->getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &a.status);
  return a;
}

} // namespace monopod
