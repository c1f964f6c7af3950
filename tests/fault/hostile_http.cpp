// Strangers at the HTTP port: the probes are answered in time, and a good camera does not notice.
#include "core/clock.hpp"
#include "tests/fault/pod_with_good_camera.hpp"
#include "tests/fault/strangers.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace monopod::fault {

namespace {

constexpr double probe_bound_ms = 100;
constexpr std::size_t silent_count = 1000;

// Calls `turn` on a thread of its own, again and again, for as long as it lives.
class repeated {
public:
  explicit repeated(std::function<void()> turn)
      : turn_(std::move(turn)), thread_([this] {
          while (!stopping_)
            turn_();
        }) {}
  ~repeated() {
    stopping_ = true;
    thread_.join();
  }
  repeated(const repeated&) = delete;
  repeated& operator=(const repeated&) = delete;

private:
  std::function<void()> turn_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_; // last: it uses the others
};

// The longest time, of those that were noted.
class longest {
public:
  void note(double ms) {
    const std::lock_guard guard{mutex_};
    ms_ = std::max(ms_, ms);
    ++count_;
  }
  double ms() const {
    const std::lock_guard guard{mutex_};
    return ms_;
  }
  double count() const {
    const std::lock_guard guard{mutex_};
    return static_cast<double>(count_);
  }

private:
  mutable std::mutex mutex_;
  double ms_ = 0;
  std::uint64_t count_ = 0;
};

double ms_since(std::uint64_t start_ns) {
  return static_cast<double>(boottime_ns() - start_ns) * 1e-6;
}

// Half of them say a request byte by byte, the others ask for the metrics and never read.
class slow_clients {
public:
  explicit slow_clients(std::string endpoint, std::size_t count)
      : endpoint_(std::move(endpoint)), clients_(count), talking_([this] { turn(); }) {}
  slow_clients(const slow_clients&) = delete;
  slow_clients& operator=(const slow_clients&) = delete;
  ~slow_clients() {
    talking_.reset();
    for (const auto& c : clients_)
      if (c.fd >= 0)
        close(c.fd);
  }

private:
  struct client {
    int fd = -1;
    std::size_t said = 0;
  };

  void turn() {
    static const std::string request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      auto& c = clients_[i];
      if (c.fd < 0)
        c = {connect_raw(endpoint_), 0};
      const auto left = request.size() - c.said;
      const auto part = std::min<std::size_t>(left, i % 2 == 0 ? 1 : left);
      const auto sent = send(c.fd, request.data() + c.said, part, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINPROGRESS)
        close(std::exchange(c.fd, -1));
      else if (sent > 0)
        c.said += static_cast<std::size_t>(sent);
    }
    harness::pause_ms(100);
  }

  std::string endpoint_;
  std::vector<client> clients_;
  std::optional<repeated> talking_;
};

struct findings {
  longest live, ready, started;
  std::atomic<std::uint64_t> unanswered = 0; // probes, or answered with something else than 200
  std::atomic<std::uint64_t> hammered = 0;   // questions and commands that were answered
};

// Asks like a kubelet, only more often.
void probe(std::uint16_t port, findings& found) {
  for (const auto& [path, took] :
       {std::pair{"/livez", &found.live}, std::pair{"/readyz", &found.ready},
        std::pair{"/startupz", &found.started}}) {
    const auto start_ns = boottime_ns();
    const auto status = harness::http(port, path).status;
    took->note(ms_since(start_ns));
    found.unanswered += status == 200 ? 0 : 1;
  }
  harness::pause_ms(20);
}

void bother(outcome& result, const pod& node, std::uint64_t seconds) {
  const auto port = node.http_port();
  const auto endpoint = "tcp://127.0.0.1:" + std::to_string(port);
  findings found;
  std::uint64_t reopened = 0;
  silent_connections silent(endpoint, silent_count);
  {
    const slow_clients slow(endpoint, 8);
    const auto hammer = [&found, port](const char* path, const char* method) {
      return std::make_unique<repeated>([&found, port, path, method] {
        found.hammered += harness::http(port, path, method).status != 0 ? 1 : 0;
      });
    };
    const auto metrics = hammer("/metrics", "GET");
    const auto status = hammer("/api/v1/status", "GET");
    const auto page = hammer("/", "GET");
    const auto command = hammer("/group/handover", "POST");
    const repeated probes([&found, port] { probe(port, found); });
    const auto start_ns = boottime_ns();
    while (boottime_ns() - start_ns < seconds * ns_per_s) {
      reopened += silent.again();
      rest(50);
    }
  }
  result.add("livez_ms_max", found.live.ms());
  result.add("readyz_ms_max", found.ready.ms());
  result.add("startupz_ms_max", found.started.ms());
  result.add("probes", found.live.count() + found.ready.count() + found.started.count());
  result.add("probes_unanswered", static_cast<double>(found.unanswered));
  result.add("silent_connections", static_cast<double>(silent.made()));
  result.add("reopened_connections", static_cast<double>(reopened));
  result.add("questions_and_commands", static_cast<double>(found.hammered));
}

} // namespace

outcome hostile_http(const options& o) {
  outcome result;
  raise_descriptor_limit();
  pod_with_good_camera s(o);
  result.expect(s.good->publishes(20), "no frame is acknowledged");
  const auto before_mb = anonymous_mb(s.node.pid());

  ++result.runs;
  s.good->begin();
  bother(result, s.node, o.quick ? 2 : 60);
  const auto gap_ms = s.good->gap_ms_max();
  result.growth_mb = anonymous_mb(s.node.pid()) - before_mb;
  result.add("good_gap_ms_max", gap_ms);
  result.expect(s.node.process().ready(), "the pod is not ready afterwards");
  s.restart_and_finish(result);
  for (const auto& f : result.figures) {
    if (f.name == "probes_unanswered")
      result.at_most(f.name, f.value, 0);
    if (o.judges_times() && f.name.ends_with("z_ms_max"))
      result.at_most(f.name, f.value, probe_bound_ms);
  }
  if (o.judges_times())
    result.at_most("good_gap_ms_max", gap_ms, good_gap_bound_ms);
  return result;
}

} // namespace monopod::fault
