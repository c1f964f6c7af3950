// HTTP: clients that say nothing, too little, too much or the wrong thing, and probes beside them.
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "tests/unit/http_served.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace monopod {

namespace {

// A connection that says what the test wants, as slowly as it wants.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int receive_bytes = 0)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0)
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~raw_client() { close(fd_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void say(const std::string& text) const { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  // Everything until the server closes.
  std::string rest() const {
    std::string all;
    char part[4096];
    for (ssize_t got = 0; (got = recv(fd_, part, sizeof part, 0)) > 0;)
      all.append(part, static_cast<std::size_t>(got));
    return all;
  }
  // The answer's status; 0: none.
  int ask(const std::string& request) const {
    say(request);
    const auto answer = rest();
    return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9)) : 0;
  }

private:
  int fd_;
};

int ask(const served& s, const std::string& request) {
  return raw_client(s.server.port()).ask(request);
}

// How long the slowest of some probes takes.
double slowest_probe_ms(const served& s) {
  double slowest = 0;
  for (int i = 0; i < 20; ++i)
    for (const std::string path : {"/livez", "/readyz", "/startupz"}) {
      const auto start_ns = boottime_ns();
      BOOST_TEST(harness::http(s.server.port(), path).status == 200);
      slowest = std::max(slowest, static_cast<double>(boottime_ns() - start_ns) * 1e-6);
    }
  return slowest;
}

// Sanitizers make everything some ten times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double probe_bound_ms = 1000;
#else
constexpr double probe_bound_ms = 100;
#endif

} // namespace

BOOST_FIXTURE_TEST_CASE(silent_and_slow_connections_do_not_delay_a_probe, served) {
  std::vector<std::unique_ptr<raw_client>> others(600); // more than there is room for
  for (auto& o : others)
    o = std::make_unique<raw_client>(server.port());
  for (int i = 0; i < 8; ++i) {
    others.push_back(std::make_unique<raw_client>(server.port(), 1));
    others.back()->say("GET /metrics HTTP/1.1\r\n\r\n"); // and never reads
    others.push_back(std::make_unique<raw_client>(server.port()));
    others.back()->say("GET /livez HTTP/1.1\r\nHo");
  }
  BOOST_TEST(slowest_probe_ms(*this) < probe_bound_ms);
  BOOST_TEST(metrics.http_dropped("full").Value() > 0);
}

// A stage that never answers, so that a question takes a second and a command four.
BOOST_FIXTURE_TEST_CASE(questions_and_commands_under_way_do_not_delay_a_probe, served) {
  const auto stage = spawn_stage<player>(stages, [](player* self) {
    return asked_replicator(
        [self](status_atom) { return self->make_response_promise<status_part>(); },
        [](ready_atom) { return true; },
        [self](group_atom, group_verb, const std::string&) {
          return self->make_response_promise<bool, std::string>();
        });
  });
  roster_of_stages.add("replicator", stage);
  std::vector<std::unique_ptr<raw_client>> others;
  for (const std::string request :
       {"GET /api/v1/status", "GET /metrics", "POST /group/handover", "POST /group/promote"})
    for (int i = 0; i < 4; ++i) {
      others.push_back(std::make_unique<raw_client>(server.port()));
      others.back()->say(request + " HTTP/1.1\r\n\r\n");
    }
  BOOST_TEST(slowest_probe_ms(*this) < probe_bound_ms);
}

BOOST_FIXTURE_TEST_CASE(a_flood_of_probes_and_statuses_is_shared, served) {
  std::atomic<std::uint64_t> asked = 0;
  const auto stage = spawn_stage<player>(stages, [&asked](player*) {
    return asked_replicator(
        [&asked](status_atom) {
          ++asked;
          return std::make_shared<const wire::StatusT>();
        },
        [&asked](ready_atom) {
          ++asked;
          return true;
        },
        [](group_atom, group_verb, const std::string&) -> caf::result<bool, std::string> {
          return {true, std::string()};
        });
  });
  roster_of_stages.add("replicator", stage);
  const auto start_ns = boottime_ns();
  for (int i = 0; i < 300; ++i)
    for (const std::string path : {"/readyz", "/api/v1/status"})
      BOOST_TEST(harness::http(server.port(), path).status == 200);
  const auto periods = (boottime_ns() - start_ns) / (limits::http_probe_ms * ns_per_ms);
  BOOST_TEST(asked <= 3 * (periods + 1)); // a status asks whether the stages are ready, too
}

// A connection that can't be accepted stays with the kernel, and must not keep the loop busy.
BOOST_FIXTURE_TEST_CASE(without_descriptors_it_waits_and_takes_no_processor, served) {
  BOOST_TEST(alive());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  auto none_left = before;
  const int next = dup(0);
  close(next);
  none_left.rlim_cur = static_cast<rlim_t>(next) + 1;
  setrlimit(RLIMIT_NOFILE, &none_left);
  const raw_client client(server.port()); // the last descriptor is the client's
  const auto processor_ms = [] {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  };
  const auto used_ms = processor_ms();
  harness::pause_ms(300);
  setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(processor_ms() - used_ms < 100);
  BOOST_TEST(client.ask("GET /livez HTTP/1.1\r\n\r\n") == 200);
}

BOOST_FIXTURE_TEST_CASE(a_page_of_another_name_is_not_answered, served) {
  const auto with_host = [this](const std::string& path, const std::string& host) {
    return ask(*this, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  for (const std::string path : {"/", "/metrics", "/api/v1/status"})
    BOOST_TEST(with_host(path, "evil.example:9570") == 403, path);
  BOOST_TEST(ask(*this, "POST /group/handover HTTP/1.1\r\nHost: evil.example\r\n\r\n") == 403);
  for (const std::string host : {"127.0.0.1:9570", "[::1]:9570", "LocalHost", "pi-a:80", "pi.lan"})
    BOOST_TEST(with_host("/metrics", host) == 200, host);
  BOOST_TEST(with_host("/livez", "kubelet.example") == 200); // a probe tells nothing
}

// civetweb's own server had a hole behind such requests (CVE-2025-55763): no file is served here.
BOOST_FIXTURE_TEST_CASE(a_crafted_path_finds_no_file, served) {
  for (const std::string path : {"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                                 "/etc", "/metrics/", "/.", "/\\..\\", "/%00", "/a?/../b"})
    BOOST_TEST(ask(*this, "GET " + path + " HTTP/1.1\r\n\r\n") == 404, path);
  BOOST_TEST(ask(*this, "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n") == 404);
  for (const auto& request :
       {std::string("GET http://a/ HTTP/1.1\r\n\r\n"), std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
        std::string("\r\n\r\n"), std::string("GET / HTTP/9\r\n\r\n")})
    BOOST_TEST(ask(*this, request) == 400, request);
  BOOST_TEST(ask(*this, "GET /" + std::string(limits::http_head_bytes, 'a')) == 431);
  BOOST_TEST(alive());
}

BOOST_FIXTURE_TEST_CASE(head_tells_the_size_and_no_more, served) {
  const raw_client client(server.port());
  client.say("HEAD /livez HTTP/1.0\r\n\r\n");
  const auto answer = client.rest();
  BOOST_TEST(answer.find("Content-Length: 3\r\n") != std::string::npos, answer);
  BOOST_TEST(answer.ends_with("\r\n\r\n"), answer);
}

} // namespace monopod
