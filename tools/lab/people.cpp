#include "tools/lab/people.hpp"

#include "core/clock.hpp"
#include "core/config/environment.hpp"
#include "programs/program.hpp"
#include "tools/harness/process.hpp"
#include "tools/lab/keeping.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <sched.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace monopod::lab {

namespace {

constexpr std::uint64_t restart_after_ns = 2 * ns_per_s;
constexpr const char* flow_file = "flow";

// Starts nodes again that ended, as a service manager would.
class restarts {
public:
  void look(laboratory& lab) {
    const auto now_ns = boottime_ns();
    for (auto& m : lab.members()) {
      auto& since_ns = down_since_ns_[m->name()];
      if (m->runs())
        since_ns = 0;
      else if (since_ns == 0)
        since_ns = now_ns;
      else if (now_ns - since_ns > restart_after_ns)
        m->start();
    }
  }

private:
  std::map<std::string, std::uint64_t> down_since_ns_;
};

// A line that is rewritten every second. A pause is shown for a minute at least.
class flow {
public:
  void tell(laboratory& lab, const std::filesystem::path& file) {
    const auto now_ns = boottime_ns();
    if (now_ns - told_ns_ < ns_per_s)
      return;
    told_ns_ = now_ns;
    if (now_ns - since_ns_ > 60 * ns_per_s) {
      since_ns_ = now_ns;
      before_ = lab.streams().pauses();
      lab.streams().reset_pauses();
    }
    const auto now = lab.streams().pauses();
    std::uint64_t acknowledged = 0;
    for (const auto& c : lab.streams().accounts())
      acknowledged += c.acknowledged;
    std::ofstream(file) << fmt::format(
        "{} frames acknowledged, {} results at the consumer; longest outage of the last minute: "
        "{:.0f} ms at the cameras, {:.0f} ms at the consumer\n",
        acknowledged, lab.streams().results(), std::max(now.camera_ms, before_.camera_ms),
        std::max(now.consumer_ms, before_.consumer_ms));
  }

private:
  std::uint64_t told_ns_ = 0;
  std::uint64_t since_ns_ = boottime_ns();
  outage before_;
};

int keep(const lab_options& o, const std::string& name) {
  kept_laboratory kept(name);
  auto& lab = kept.with(o);
  lab.streams().reset_pauses(); // forgets the pauses of the start
  restarts nodes;
  flow frames;
  while (stop_requested == 0) {
    nodes.look(lab);
    frames.tell(lab, kept.directory() / flow_file);
    harness::pause_ms(100);
  }
  return 0;
}

[[noreturn]] void go_to_background(const lab_options& o, const std::string& name,
                                   const std::string& log) {
  setsid();
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  int code = 1;
  try {
    code = keep(o, name);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
  }
  std::exit(code); // NOLINT(concurrency-mt-unsafe): its threads have ended
}

void need_root() {
  if (geteuid() != 0)
    throw std::runtime_error("network namespaces that others may enter need root: use sudo");
}

} // namespace

int up(const lab_options& o, const std::string& name) {
  need_root();
  const auto log = laboratories() / (name + ".log");
  std::filesystem::create_directories(laboratories());
  if (const auto there = find_lab(name); there && there->keeper > 0)
    throw std::runtime_error("laboratory " + name + " is up: monopod-lab down ends it");
  const auto keeper = fork();
  if (keeper < 0)
    throw std::runtime_error("can't fork");
  if (keeper == 0)
    go_to_background(o, name, log);
  const auto flows = laboratories() / name / flow_file;
  int code = 0;
  while (!std::filesystem::exists(flows)) {
    if (waitpid(keeper, &code, WNOHANG) == keeper)
      throw std::runtime_error("the laboratory does not start: " + harness::read_file(log));
    if (stop_requested > 0)
      kill(keeper, SIGTERM);
    harness::pause_ms(20);
  }
  std::cout << "up; look with monopod-lab status, go into a host with monopod-lab shell a, end it "
               "with monopod-lab down\n";
  return 0;
}

int down(const std::string& name) {
  for (const auto& lab : all_labs()) {
    if (lab.keeper < 0) {
      clear_away(lab);
      std::cout << "cleared away what " << lab.name << " left\n";
    } else if (lab.name == name) {
      kill(lab.keeper, SIGTERM);
      if (!harness::eventually([&] { return !find_lab(name); }, std::chrono::seconds(60)))
        throw std::runtime_error("laboratory " + name + " does not end");
      std::cout << "down\n";
    }
  }
  std::error_code ignored;
  std::filesystem::remove(laboratories() / (name + ".log"), ignored);
  std::filesystem::remove(laboratories(), ignored); // only if it is empty
  return 0;
}

namespace {

void enter(const lab_entry& lab, const std::string& host) {
  const auto place = lab.hosts.find(host);
  if (place == lab.hosts.end()) {
    std::string known;
    for (const auto& [name, path] : lab.hosts)
      known += " " + name;
    throw std::runtime_error("no host " + host + ": there are" + known);
  }
  const int fd = open(place->second.c_str(), O_RDONLY | O_CLOEXEC);
  const bool there = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
  close(fd);
  if (!there)
    throw std::system_error(errno, std::generic_category(), "can't enter " + host);
}

lab_entry existing(const std::string& name) {
  need_root();
  auto entry = find_lab(name);
  if (!entry || entry->keeper < 0)
    throw std::runtime_error("no laboratory " + name + ": monopod-lab up makes it");
  return *entry;
}

} // namespace

int shell(const std::string& name, const std::string& host,
          const std::vector<std::string>& command) {
  enter(existing(name), host);
  auto words = command;
  if (words.empty()) {
    const auto preferred = environment_variable("SHELL");
    words = {preferred.empty() ? "/bin/sh" : preferred};
    std::cout << "in host " << host << "; exit leaves it" << std::endl;
  }
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& w : words)
    argv.push_back(w.data());
  argv.push_back(nullptr);
  execvp(argv.front(), argv.data());
  throw std::system_error(errno, std::generic_category(), words.front());
}

int status(const std::string& bin, const std::string& name) {
  const auto lab = existing(name);
  for (const auto& [host, path] : lab.hosts) {
    if (host == cloud_host || host == camera_host)
      continue;
    enter(lab, host);
    std::cout << "== " << host << "\n" << harness::run({bin + "/monopod", "status"}).output << "\n";
  }
  std::cout << harness::read_file(laboratories() / name / flow_file);
  return 0;
}

} // namespace monopod::lab
