// The primary's address on its way to Kubernetes: over HTTPS, to a server that answers as the API
// server does. (tests/k8s has the API server itself.)
#include "actors/platform/announcer.hpp"

#include "core/limits.hpp"
#include "tests/authority.hpp"
#include "tests/unit/captured_stderr.hpp"
#include "tests/unit/environment_variable.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/web_server.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

namespace {

using nlohmann::json;

// An HTTPS server for all tests here, and the authority that vouches for it. The web server itself
// has no TLS, since Debian's civetweb calls a function that OpenSSL 3 does not have any more.
class https_server {
public:
  https_server() {
    ours.sign("localhost");
    const auto both = ours.path("both.pem");
    std::ofstream(both) << harness::read_file(ours.path("localhost.key"))
                        << harness::read_file(ours.path("localhost.pem"));
    const auto output = ours.path("front");
    front_.emplace(std::vector<std::string>{"python3",
                                            MONOPOD_SOURCE_DIR "/tests/unit/tls_front.py", both,
                                            std::to_string(web.port())},
                   output);
    const auto listens = [&] { return harness::read_file(output).ends_with('\n'); };
    BOOST_REQUIRE(harness::eventually(listens));
    port = harness::read_file(output);
    port.pop_back();
  }

  web_server web;
  harness::authority ours;
  std::string port;

private:
  std::optional<harness::process> front_;
};

https_server& server() {
  static https_server the_one;
  return the_one;
}

// Keeps one EndpointSlice, with its version, as the API server would.
class api_server {
public:
  using request = web_server::request;

  api_server() {
    server().web.answer_by([this](const request& r) { return take(r); });
  }
  ~api_server() { server().web.answer_by(nullptr); }
  api_server(const api_server&) = delete;
  api_server& operator=(const api_server&) = delete;

  /// Waits for so many requests, and returns all.
  std::vector<request> requests(std::size_t count) {
    std::unique_lock lock{mutex_};
    const auto came = [&] { return requests_.size() >= count; };
    BOOST_REQUIRE(changed_.wait_for(lock, std::chrono::seconds(10), came));
    return requests_;
  }
  /// The epoch that the slice names, once it is that one.
  void wait_for_epoch(const std::string& epoch) {
    std::unique_lock lock{mutex_};
    const auto came = [&] { return slice && epoch_of(*slice) == epoch; };
    BOOST_REQUIRE(changed_.wait_for(lock, std::chrono::seconds(10), came));
  }
  static std::string epoch_of(const json& slice) {
    return slice.at("metadata").at("annotations").at("monopod/epoch");
  }
  /// Another writer's slice.
  void write(std::uint64_t epoch, const std::string& version) {
    slice = json{{"kind", "EndpointSlice"},
                 {"metadata",
                  {{"resourceVersion", version},
                   {"annotations", {{"monopod/epoch", std::to_string(epoch)}}}}}};
  }

  // Before the announcer begins.
  std::string known_api = "v1";       // the only version that it has
  std::optional<json> slice;          // its version is in it
  std::deque<int> refusals;           // of the next writes
  std::deque<std::string> nonsense;   // the bodies of the next reads
  std::function<void()> before_write; // called once

private:
  web_server::answer take(const request& r) {
    const std::lock_guard guard{mutex_};
    requests_.push_back(r);
    auto answer = answer_to(r);
    changed_.notify_all();
    return answer;
  }
  web_server::answer answer_to(const request& r) {
    const auto api = "/apis/discovery.k8s.io/" + known_api;
    const auto all = api + "/namespaces/street/endpointslices";
    const auto one = all + "/monopod-primary";
    if (r.method == "GET" && r.path == api)
      return {200, "{}"};
    if (r.method == "GET" && r.path == one && !nonsense.empty())
      return {200, pop(nonsense)};
    if (r.method == "GET" && r.path == one && slice)
      return {200, slice->dump()};
    const bool creates = r.method == "POST" && r.path == all;
    const bool replaces = r.method == "PUT" && r.path == one && slice;
    if (!creates && !replaces)
      return {404, {}};
    if (!refusals.empty())
      return {pop(refusals), {}};
    if (const auto first = std::exchange(before_write, nullptr))
      first();
    auto written = json::parse(r.body);
    auto& its_version = written["metadata"]["resourceVersion"];
    if (creates ? slice.has_value() : its_version != slice->at("metadata").at("resourceVersion"))
      return {409, {}};
    its_version = creates ? "1" : its_version.get<std::string>() + "+";
    slice = written;
    return {creates ? 201 : 200, written.dump()};
  }
  template <class T>
  static T pop(std::deque<T>& from) {
    auto first = from.front();
    from.pop_front();
    return first;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<request> requests_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

struct pod {
  pod() {
    write("namespace", "street\n");
    write("token", "first\n");
    write("ca.crt", harness::read_file(server().ours.path("ca.pem")));
    conf.node = "n1";
    conf.kubernetes.service = "monopod";
    conf.kubernetes.address = "10.244.1.7";
    conf.gateway.listen = {"ipc:///run/cameras", "tcp://0.0.0.0:5570"};
    conf.broker.listen = {"tcp://0.0.0.0:5571"};
  }
  // A file of the service account.
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(account.path / name) << text;
  }
  kubernetes_access access(const std::string& host = "localhost") const {
    return {account.path.string(), host, server().port};
  }
  kubernetes_api::answer ask(const std::string& host = "localhost") const {
    return kubernetes_api(access(host)).request("GET", "/apis/discovery.k8s.io/v1");
  }

  // With an announcer that asks nobody, and logs why.
  void check_asks_nobody(const std::string& why) {
    const captured_stderr log;
    {
      announcer a(conf, access());
      a.serves(7);
    }
    BOOST_TEST(api.requests(0).empty());
    BOOST_TEST(count(log.text(), why) == 1u);
  }

  temporary_folder account;
  config conf;
  api_server api;
};

const std::string discovery = "/apis/discovery.k8s.io/";
const std::string slices = "/namespaces/street/endpointslices";

void check(const web_server::request& r, const std::string& method, const std::string& path) {
  BOOST_TEST(r.method == method);
  BOOST_TEST(r.path == discovery + path);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(the_first_primary_makes_the_slice, pod) {
  announcer a(conf, access());
  a.serves(7);
  const auto all = api.requests(3);
  check(all[0], "GET", "v1");
  check(all[1], "GET", "v1" + slices + "/monopod-primary");
  check(all[2], "POST", "v1" + slices);
  for (const auto& r : all) {
    BOOST_TEST(r.authorization == "Bearer first");
    BOOST_TEST(r.content_type == "application/json");
    BOOST_TEST(r.body.empty() == (r.method == "GET"));
  }
  const auto slice = json::parse(all[2].body);
  BOOST_TEST(slice.at("apiVersion") == "discovery.k8s.io/v1");
  BOOST_TEST(api_server::epoch_of(slice) == "7");
  BOOST_TEST(!slice.at("metadata").contains("resourceVersion"));
  BOOST_TEST(slice.at("endpoints").at(0).at("addresses") == json::array({"10.244.1.7"}));
  BOOST_TEST(slice.at("endpoints").at(0).at("nodeName") == "n1");
  const auto& ports = slice.at("ports");
  BOOST_TEST(ports.size() == 2u);
  BOOST_TEST(ports.at(0).at("port") == 5570); // the first one by TCP
  BOOST_TEST(ports.at(1).at("port") == 5571);
}

BOOST_FIXTURE_TEST_CASE(later_ones_replace_it_with_the_token_of_the_hour, pod) {
  api.write(3, "5");
  announcer a(conf, access());
  a.serves(7);
  api.wait_for_epoch("7");
  write("token", "second\n");
  a.serves(0);
  a.serves(9);
  const auto all = api.requests(5);
  check(all[2], "PUT", "v1" + slices + "/monopod-primary");
  check(all[3], "GET", "v1" + slices + "/monopod-primary"); // the version of the API is known
  check(all[4], "PUT", "v1" + slices + "/monopod-primary");
  BOOST_TEST(json::parse(all[2].body).at("metadata").at("resourceVersion") == "5");
  const auto last = json::parse(all[4].body);
  BOOST_TEST(last.at("metadata").at("resourceVersion") == "5+");
  BOOST_TEST(api_server::epoch_of(last) == "9");
  BOOST_TEST(all[2].authorization == "Bearer first");
  BOOST_TEST(all[3].authorization == "Bearer second");
  BOOST_TEST(all[4].authorization == "Bearer second");
}

BOOST_FIXTURE_TEST_CASE(an_older_cluster_gets_the_older_slice, pod) {
  api.known_api = "v1beta1";
  announcer a(conf, access());
  a.serves(7);
  const auto all = api.requests(3);
  check(all[1], "GET", "v1beta1" + slices + "/monopod-primary");
  check(all[2], "POST", "v1beta1" + slices);
  BOOST_TEST(json::parse(all[2].body).at("apiVersion") == "discovery.k8s.io/v1beta1");
}

BOOST_FIXTURE_TEST_CASE(a_later_primary_is_left_in_it, pod) {
  api.write(9, "5");
  announcer a(conf, access());
  a.serves(7);
  api.requests(2);
  a.serves(10);
  const auto all = api.requests(4);
  check(all[2], "GET", "v1" + slices + "/monopod-primary");
  check(all[3], "PUT", "v1" + slices + "/monopod-primary");
  BOOST_TEST(api_server::epoch_of(json::parse(all[3].body)) == "10");
}

// A conflict is ordinary; other reasons are told once each.
BOOST_FIXTURE_TEST_CASE(what_the_server_refuses_is_tried_again, pod) {
  api.refusals = {403, 403, 500, 409};
  const captured_stderr log;
  {
    announcer a(conf, access());
    a.serves(7);
    const auto all = api.requests(11);
    for (std::size_t i = 1; i < all.size(); i += 2) {
      check(all[i], "GET", "v1" + slices + "/monopod-primary");
      check(all[i + 1], "POST", "v1" + slices);
    }
  }
  const auto text = log.text();
  BOOST_TEST(count(text, "does not accept the primary's address; retrying") == 2u, text);
  for (const auto* status : {"HTTP 403", "HTTP 500"})
    BOOST_TEST(count(text, status) == 1u, text);
  BOOST_TEST(count(text, "named as the primary") == 1u, text);
}

BOOST_FIXTURE_TEST_CASE(a_writer_that_was_first_is_seen, pod) {
  api.write(3, "5");
  api.before_write = [this] { api.write(4, "6"); };
  announcer a(conf, access());
  a.serves(7);
  const auto all = api.requests(5);
  BOOST_TEST(json::parse(all[2].body).at("metadata").at("resourceVersion") == "5");
  BOOST_TEST(json::parse(all[4].body).at("metadata").at("resourceVersion") == "6");
  api.wait_for_epoch("7");
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_is_not_a_slice_is_not_success, pod) {
  api.write(3, "5");
  api.nonsense = {R"({"kind": "Status"})", ""};
  const captured_stderr log;
  {
    announcer a(conf, access());
    a.serves(7);
    api.wait_for_epoch("7");
  }
  BOOST_TEST(api.requests(5).size() == 5u);
  BOOST_TEST(count(log.text(), "the answer is not an EndpointSlice") == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_process_that_is_not_a_pod_asks_nobody, pod) {
  std::filesystem::remove(account.path / "namespace");
  check_asks_nobody("not a pod with a service account");
}

BOOST_FIXTURE_TEST_CASE(a_pod_without_its_address_asks_nobody, pod) {
  conf.kubernetes.address.clear();
  check_asks_nobody("MONOPOD_KUBERNETES_ADDRESS");
}

// Nothing is said to a server whose certificate proves nothing, the token least of all.
BOOST_FIXTURE_TEST_CASE(only_the_server_of_the_cluster_is_trusted, pod) {
  const harness::authority stranger;
  const auto check_refused = [this](const kubernetes_api::answer& a) {
    BOOST_TEST(a.status == 0);
    BOOST_TEST(!a.error.empty());
    BOOST_TEST(api.requests(0).empty());
  };
  check_refused(ask("127.0.0.1")); // the certificate is for localhost
  write("ca.crt", harness::read_file(stranger.path("ca.pem")));
  check_refused(ask());
  std::filesystem::remove(account.path / "ca.crt");
  check_refused(ask());
  write("ca.crt", harness::read_file(server().ours.path("ca.pem")));
  BOOST_TEST(ask().status == 200);
  BOOST_TEST(api.requests(1).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_is_too_large_is_none, pod) {
  const auto answer_bytes = [](std::size_t bytes) {
    server().web.answer_by([bytes](const auto&) {
      return web_server::answer{200, std::string(bytes, 'x')};
    });
  };
  answer_bytes(limits::kubernetes_answer_bytes);
  BOOST_TEST(ask().status == 200);
  BOOST_TEST(ask().body.size() == limits::kubernetes_answer_bytes);
  answer_bytes(limits::kubernetes_answer_bytes + 1);
  BOOST_TEST(ask().status == 0);
}

BOOST_AUTO_TEST_CASE(a_pod_finds_the_server_by_its_environment) {
  const variable host("KUBERNETES_SERVICE_HOST", "10.96.0.1");
  const variable port("KUBERNETES_SERVICE_PORT_HTTPS", "6443");
  const auto found = kubernetes_access::of_this_pod();
  BOOST_TEST(found.folder == "/var/run/secrets/kubernetes.io/serviceaccount");
  BOOST_TEST(found.host == "10.96.0.1");
  BOOST_TEST(found.port == "6443");
}

} // namespace monopod
