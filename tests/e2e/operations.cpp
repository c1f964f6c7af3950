// Operating a pod: the service manager, reading the configuration again, its status, stopping it.
#include "tests/e2e/kit.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace monopod::harness;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// An environment variable for the processes started while it lives.
struct variable {
  variable(std::string n, const std::string& value) : name(std::move(n)) {
    setenv(name.c_str(), value.c_str(), 1); // NOLINT(concurrency-mt-unsafe): one thread
  }
  ~variable() { unsetenv(name.c_str()); } // NOLINT(concurrency-mt-unsafe): one thread
  std::string name;
};

/// The other end of NOTIFY_SOCKET.
class notify_socket {
public:
  /// "@..." is in the abstract namespace.
  explicit notify_socket(const std::string& name) : environment_("NOTIFY_SOCKET", name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@')
      address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    BOOST_REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  ~notify_socket() { close(fd_); }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  /// Whether a datagram with the line `line` came among those not seen yet; `seen` gets it.
  bool came(const std::string& line, std::string* seen = nullptr) {
    return eventually([&] {
      std::string text(4096, '\0');
      for (ssize_t got = 0; (got = recv(fd_, text.data(), text.size(), MSG_DONTWAIT)) > 0;) {
        const auto message = text.substr(0, static_cast<std::size_t>(got));
        all += message + "\n";
        if (!holds("\n" + message + "\n", "\n" + line + "\n"))
          continue;
        if (seen != nullptr)
          *seen = message;
        return true;
      }
      return false;
    });
  }

  std::string all; // that was read

private:
  int fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  variable environment_;
};

const std::vector<std::string> no_cloud{"--cloud.local.port", "1"};
const std::vector<std::string> units{"monopod.service", "monopod-witness.service"};

finished status(const std::string& address, const std::vector<std::string>& flags = {}) {
  return run(std::vector<std::string>{program(), "status", "--address", address} + flags);
}

} // namespace

BOOST_DATA_TEST_CASE(the_service_manager_is_told, boost::unit_test::data::make({true, false}),
                     abstract) {
  const temporary_directory scratch;
  notify_socket manager(abstract ? "@monopod-test-" + std::to_string(getpid())
                                 : (scratch.path() / "notify").string());
  const variable watchdog("WATCHDOG_USEC", "100000");
  pod_process pod(program(), no_cloud);
  std::string message;
  BOOST_TEST(manager.came("READY=1", &message));
  BOOST_TEST(holds(message, "STATUS=running: gateway"), message);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(manager.came("WATCHDOG=1"));
  pod.child().signal(SIGHUP);
  BOOST_TEST(manager.came("RELOADING=1", &message));
  BOOST_TEST(holds(message, "\nMONOTONIC_USEC="), message);
  BOOST_TEST(manager.came("READY=1"));
  BOOST_TEST(manager.came("WATCHDOG=1"));
  pod.child().signal(SIGTERM);
  BOOST_TEST(manager.came("STOPPING=1"));
  BOOST_TEST(pod.child().wait(seconds(10)).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(a_watchdog_of_another_process_is_not_fed) {
  const temporary_directory scratch;
  notify_socket manager((scratch.path() / "notify").string());
  const variable watchdog("WATCHDOG_USEC", "20000");
  const variable whose("WATCHDOG_PID", "1");
  pod_process pod(program(), no_cloud);
  BOOST_TEST(eventually([&] { return pod.ready(); }));
  BOOST_TEST(manager.came("READY=1"));
  pod.child().signal(SIGTERM);
  BOOST_TEST(manager.came("STOPPING=1"));
  BOOST_TEST(!holds(manager.all, "WATCHDOG=1"), manager.all);
  BOOST_TEST(pod.child().wait(seconds(10)).value_or(-1) == 0);
}

BOOST_DATA_TEST_CASE(systemd_accepts_the_units, boost::unit_test::data::make(units), name) {
  if (run({"sh", "-c", "command -v systemd-analyze"}).exit_code != 0) {
    BOOST_TEST_MESSAGE("skipped: systemd-analyze is not installed");
    return;
  }
  const temporary_directory scratch;
  const std::filesystem::path source = MONOPOD_SOURCE_DIR "/packaging/systemd";
  auto unit = read_file(source / name);
  const std::string installed = "/usr/bin/monopod";
  unit.replace(unit.find(installed), installed.size(), program());
  const auto file = write_file(scratch.path() / name, unit);
  const auto drop_ins = scratch.path() / (name + ".d");
  std::filesystem::create_directory(drop_ins);
  std::filesystem::copy(source / "common.conf", drop_ins);
  const auto verified = run({"systemd-analyze", "verify", "--man=no", file.string()});
  BOOST_TEST(verified.exit_code == 0, verified.output);
  BOOST_TEST(!holds(verified.output, name), verified.output);
  const auto exposure = run({"systemd-analyze", "security", "--no-pager", "--offline=true",
                             "--threshold=25", file.string()}); // tenths
  BOOST_TEST(exposure.exit_code == 0, exposure.output);
}

BOOST_AUTO_TEST_CASE(sighup_changes_what_it_can_and_names_the_rest) {
  const temporary_directory scratch;
  const auto file = write_file(scratch.path() / "monopod.toml",
                               "[vision.a]\nown_thread = true\n[cloud.c]\nport = 1\n");
  pod_process pod(program(), {"--config", file.string()});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  const auto frames = [&](int count) {
    camera_process camera(pod.address("cameras"),
                          {"--frames", std::to_string(count), "--fps", "100", "--width", "320",
                           "--height", "240", "--name", "cam-" + std::to_string(count)});
    BOOST_TEST(camera.finish()["acknowledged"] == count);
    return pod.metric("monopod_stage_latency_seconds_sum{stage=\"app_service\"}").value_or(-1);
  };
  BOOST_TEST(frames(3) < 0.06);
  write_file(file, "[log]\nlevel = \"debug\"\n[vision.a]\nown_thread = true\nservice_ms = 30\n"
                   "[cloud.c]\nport = 2\npassword = \"hidden\"\nusername = \"u\"\n");
  pod.child().signal(SIGHUP);
  BOOST_TEST(eventually([&] { return holds(pod.log(), "configuration read again"); }));
  const auto says = [&](const std::string& part) { BOOST_TEST(holds(pod.log(), part), pod.log()); };
  says("setting changed\" key=log.level from=info to=debug");
  says("setting changed\" key=vision.a.service_ms from=0 to=30");
  says("setting needs a restart: the old value stays\" key=cloud.c.port from=1 to=2");
  says("setting changed\" key=cloud.c.password from=(secret) to=(secret)");
  says("changed=3 need_restart=2");
  BOOST_TEST(!holds(pod.log(), "hidden"));
  BOOST_TEST(frames(4) >= 4 * 0.03);

  write_file(file, "[log]\nlevel = \"loud\"\n");
  pod.child().signal(SIGHUP);
  BOOST_TEST(eventually([&] { return holds(pod.log(), "the old one stays\" where="); }), pod.log());
  says("monopod.toml:2:");
  BOOST_TEST(frames(5) >= 9 * 0.03);
  BOOST_TEST(pod.child().terminate() == 0);
}

BOOST_AUTO_TEST_CASE(status_for_people_and_programs) {
  mqtt_broker broker;
  pod_process pod(program(), cloud_at(broker) + std::vector<std::string>{"--node", "n1"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), {"--fps", "20", "--name", "gate"});
  BOOST_REQUIRE(eventually([&] {
    return pod.metric("monopod_cloud_confirmed_total{cloud=\"local\"}").value_or(0) >= 3;
  }));
  const auto shown = status(pod.address("http"));
  BOOST_TEST(shown.exit_code == 0, shown.output);
  for (const auto* part : {"site/n1  primary  epoch 1  ready", "\ngate ", "\nemulator ", "\nlocal ",
                           "\nvision.emulator "})
    BOOST_TEST(holds(shown.output, part), shown.output);
  BOOST_TEST(!holds(shown.output, "\033"));
  const auto json = status(pod.address("http"), {"--json"});
  BOOST_TEST(json.exit_code == 0);
  BOOST_TEST(parse_json(json.output).at("node") == "n1");
}

BOOST_AUTO_TEST_CASE(status_tells_by_exit_code) {
  const temporary_directory scratch;
  pod_process alone(program(), {"--stages", "gateway", "--link.frames",
                                "ipc://" + (scratch.path() / "frames").string()});
  const auto waiting = status(alone.address("http"));
  BOOST_TEST(waiting.exit_code == 3);
  BOOST_TEST(holds(waiting.output, "not ready"), waiting.output);
  const auto nobody = status("127.0.0.1:" + std::to_string(free_port()));
  BOOST_TEST(nobody.exit_code == 1);
  BOOST_TEST(holds(nobody.output, "start one with `monopod run`"), nobody.output);
  BOOST_TEST(status("nonsense").exit_code == 2);
  BOOST_TEST(holds(status("nonsense").output, "write HOST:PORT"));
}

BOOST_AUTO_TEST_CASE(status_is_watched_until_a_signal) {
  const temporary_directory scratch;
  pod_process pod(program(), no_cloud);
  const auto output = scratch.path() / "output";
  const std::vector<std::string> watching{program(), "status",    "--watch",          "--interval",
                                          "0.1",     "--address", pod.address("http")};
  const auto looks = [&] {
    const auto text = read_file(output);
    std::size_t count = 0;
    for (auto at = text.find("STAGE"); at != std::string::npos; at = text.find("STAGE", at + 1))
      ++count;
    return count;
  };
  process watch(watching, output);
  BOOST_TEST(eventually([&] { return looks() >= 3; }), read_file(output));
  watch.signal(SIGINT);
  BOOST_TEST(watch.wait(seconds(5)).value_or(-1) == 0);
  BOOST_TEST(!holds(read_file(output), "\033"));

  std::string command;
  for (const auto& part : watching)
    command += part + " ";
  std::filesystem::remove(output);
  process terminal({"script", "--quiet", "--flush", "--command", command, "/dev/null"}, output);
  BOOST_TEST(eventually([&] { return looks() >= 3; }), read_file(output));
  BOOST_TEST(holds(read_file(output), "\033[H\033[2J"));
  BOOST_TEST(holds(read_file(output), "\033[32mready"));
}

BOOST_AUTO_TEST_CASE(runs_before_ordinary_processes_where_it_shall_and_may) {
  const auto policy_of = [](pod_process& pod) {
    return sched_getscheduler(pod.child().pid()) & ~SCHED_RESET_ON_FORK;
  };
  pod_process ordinary(program(), no_cloud);
  BOOST_REQUIRE(eventually([&] { return ordinary.ready(); }));
  BOOST_TEST(policy_of(ordinary) == SCHED_OTHER);
  pod_process pod(program(), no_cloud + std::vector<std::string>{"--loop.realtime", "true"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  const bool may = !holds(pod.log(), "no real-time priority");
  BOOST_TEST((policy_of(pod) == SCHED_RR) == may);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_an_application_that_hangs) {
  pod_process pod(program(),
                  no_cloud + std::vector<std::string>{"--vision.hung.service_ms", "60000"});
  BOOST_REQUIRE(eventually([&] { return pod.ready(); }));
  camera_process camera(pod.address("cameras"), {"--fps", "50", "--drain-s", "0.1"});
  BOOST_REQUIRE(eventually([&] { return pod.metric("monopod_frames_in_flight").value_or(0) > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(pod.child().terminate(seconds(10)) == 0, pod.log());
  const auto took = std::chrono::steady_clock::now() - begin;
  BOOST_TEST((took >= seconds(2) && took < seconds(4))); // limits::drain_ms
  BOOST_TEST(holds(pod.log(), "stopped with unfinished work"), pod.log());
}
