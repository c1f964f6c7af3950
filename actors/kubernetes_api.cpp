#include "actors/kubernetes_api.hpp"

#include "core/limits.hpp"

#include <cstdlib>
#include <curl/curl.h>
#include <fstream>
#include <iterator>
#include <memory>

namespace monopod {

namespace {

// Of a small file, without the end of its last line.
std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes it
  return value == nullptr ? "" : value;
}

std::size_t take(char* data, std::size_t, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + count > limits::kubernetes_answer_bytes)
    return 0; // which ends the request
  body.append(data, count);
  return count;
}

struct list_deleter {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};
using header_list = std::unique_ptr<curl_slist, list_deleter>;

void add(header_list& to, const std::string& line) {
  to.reset(curl_slist_append(to.release(), line.c_str()));
}

} // namespace

kubernetes_api::kubernetes_api(std::string directory)
    : directory_(std::move(directory)), namespace_(text_of(directory_ + "/namespace")) {
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  const bool v6 = host.find(':') != std::string::npos;
  server_ = "https://" + (v6 ? "[" + host + "]" : host) + ":" +
            environment("KUBERNETES_SERVICE_PORT_HTTPS");
}

kubernetes_api::answer kubernetes_api::request(const std::string& method, const std::string& path,
                                               const std::string& body) const {
  answer a;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (curl == nullptr) {
    a.error = "no memory";
    return a;
  }
  const auto set = [&curl](CURLoption option, auto value) {
    curl_easy_setopt(curl.get(), option, value);
  };
  const auto url = server_ + path;
  const auto authority = directory_ + "/ca.crt";
  header_list headers;
  add(headers, "Authorization: Bearer " + text_of(directory_ + "/token"));
  add(headers, "Content-Type: application/json");
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
  if (const auto code = curl_easy_perform(curl.get()); code != CURLE_OK)
    a.error = curl_easy_strerror(code);
  else
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &a.status);
  return a;
}

} // namespace monopod
