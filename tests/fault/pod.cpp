#include "tests/fault/pod.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace monopod::fault {

namespace {

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

} // namespace

// Each flag of a case is a word and its value; what the caller gives takes its place.
pod::pod(const options& o, const std::vector<std::string>& flags, wait until_ready)
    : program_(o.program()), flags_(o.pod_flags) {
  const auto add = [this, &o](const std::string& flag, const std::string& value) {
    if (std::ranges::find(o.pod_flags, flag) == o.pod_flags.end())
      flags_.insert(flags_.end(), {flag, value});
  };
  for (std::size_t i = 0; i + 1 < flags.size(); i += 2)
    add(flags[i], flags[i + 1]);
  for (const std::string flag : {"--gateway.listen", "--broker.listen"})
    add(flag, "tcp://127.0.0.1:" + std::to_string(harness::free_port()));
  start();
  if (until_ready == wait::now)
    await_ready();
}

void pod::start() { process_ = std::make_unique<harness::pod_process>(program_, flags_); }

void pod::await_ready() {
  if (!harness::eventually([this] { return process_->ready(); }))
    throw std::runtime_error("the pod does not become ready: " + process_->log());
}

namespace {

void kill_now(harness::process& p) {
  p.signal(SIGKILL);
  if (!p.wait(std::chrono::seconds(10)))
    throw std::runtime_error("the pod survives SIGKILL");
}

} // namespace

void pod::kill() { kill_now(process_->child()); }

double pod::kill_and_restart() {
  kill();
  const auto killed_ns = boottime_ns();
  start();
  await_ready();
  return static_cast<double>(boottime_ns() - killed_ns) * 1e-9;
}

void pod::kill_and_kill_starting(int ms) {
  kill();
  std::vector<std::string> arguments{program_, "run", "--http.listen", "127.0.0.1:0"};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  const harness::temporary_directory scratch;
  harness::process short_lived(arguments, scratch.path() / "log");
  harness::pause_ms(ms);
  kill_now(short_lived);
}

double pod::sum(const std::string& metric) const {
  double all = 0;
  std::istringstream lines(process_->get("/metrics"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(metric + " ") || line.starts_with(metric + "{"))
      all += std::stod(line.substr(line.rfind(' ') + 1));
  return all;
}

bool pod::drained(double timeout_s, double fresh) const {
  return harness::eventually(
      [this, fresh] {
        const auto page = process_->get("/metrics");
        return page.find("monopod_outbox_entries{") != std::string::npos &&
               sum("monopod_outbox_entries") <= fresh;
      },
      milliseconds(timeout_s));
}

std::string pod::outbox() const {
  const auto page = process_->get("/metrics");
  if (page.empty())
    return "no answer to /metrics; ";
  std::string told;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("monopod_outbox_") || line.starts_with("monopod_cloud_"))
      told += line + "; ";
  return told;
}

void pod::stop(outcome& result) {
  for (const std::string metric :
       {"monopod_cloud_unpublishable_total", "monopod_outbox_dropped_total"})
    result.at_most(metric, sum(metric), 0);
  result.expect(process_->child().terminate() == 0, "the pod does not stop with exit code 0");
}

std::vector<std::string> on_disk(const std::filesystem::path& directory) {
  return {"--ledger.durability", "disk", "--ledger.directory", directory.string()};
}

double anonymous_mb(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);)
    if (line.starts_with("Anonymous:")) {
      double kb = 0;
      std::istringstream(line.substr(line.find(':') + 1)) >> kb;
      return kb * 1024 / 1e6;
    }
  return 0;
}

} // namespace monopod::fault
