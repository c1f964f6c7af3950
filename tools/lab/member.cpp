#include "tools/lab/member.hpp"

#include "core/limits.hpp"
#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace monopod::lab {

namespace {

constexpr const char* peers_name = "peers";

} // namespace

member::member(const lab_options& o, const harness::network& net, std::string name, bool witness)
    : host_(net.at(name)), discover_(o.discover), name_(std::move(name)), witness_(witness),
      program_(o.bin + "/monopod"), directory_(std::filesystem::path(o.directory) / name_) {
  std::filesystem::create_directories(directory_ / "state");
  if (o.small_disks)
    disk_.emplace(directory_ / "state");
  write_configuration(o, net);
}

void member::write_configuration(const lab_options& o, const harness::network& net) const {
  std::ofstream file(directory_ / "monopod.toml");
  file << fmt::format("node = \"{}\"\n", name_);
  if (!witness_) {
    const auto& address = net.address(name_);
    file << fmt::format("[gateway]\nlisten = [\"tcp://{0}:{1}\"]\n"
                        "[broker]\nlisten = [\"tcp://{0}:{2}\"]\nack = \"{3}\"\n",
                        address, camera_port, app_port, o.ack);
    file << fmt::format("[ledger]\ndurability = \"{}\"\ndirectory = \"{}\"\n", o.durability,
                        (directory_ / "state").string());
    file << fmt::format("[cloud.local]\nhost = \"{}\"\nport = {}\noutbox_entries = {}\n",
                        net.address(cloud_host), mqtt_port, limits::outbox_entries);
    file << "[vision.emulator]\n";
  }
  if (!o.group())
    return;
  file << fmt::format("[group]\nname = \"laboratory\"\nprofile = \"{}\"\ndirectory = \"{}\"\n",
                      o.profile, (directory_ / "state").string());
  if (o.discover)
    file << fmt::format("discover = \"{}:{}\"\n", peers_name, peer_port);
  std::ofstream hosts(directory_ / "hosts");
  for (const auto& m : o.member_names()) {
    file << fmt::format("[member.{}]\nrole = \"{}\"\n", m, m == "w" ? "witness" : "replica");
    if (!o.discover)
      file << fmt::format("address = \"tcp://{}:{}\"\n", net.address(m), peer_port);
    hosts << net.address(m) << " " << peers_name << "\n";
  }
}

// Runs the command in a mount namespace whose /etc/hosts has the addresses of all members under
// one name, as a headless Service of Kubernetes has.
std::vector<std::string> member::with_hosts(std::vector<std::string> command) const {
  std::vector<std::string> wrapped{"unshare",
                                   "--mount",
                                   "sh",
                                   "-c",
                                   R"(mount --bind "$0" /etc/hosts && exec "$@")",
                                   (directory_ / "hosts").string()};
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  return wrapped;
}

void member::start(const std::vector<std::string>& flags) {
  if (runs())
    return;
  std::vector<std::string> command{program_, witness_ ? "witness" : "run", "--config",
                                   (directory_ / "monopod.toml").string()};
  if (!witness_)
    command.emplace_back("--enable-debug");
  command.insert(command.end(), flags.begin(), flags.end());
  stopped_ = false;
  const harness::inside here(host_);
  process_ = std::make_unique<harness::process>(discover_ ? with_hosts(command) : command,
                                                directory_ / "log");
}

void member::kill9() {
  process_->signal(SIGKILL);
  if (!process_->wait(std::chrono::seconds(10)))
    throw std::runtime_error(name_ + " survives SIGKILL");
}

bool member::terminate(std::chrono::milliseconds timeout) {
  process_->signal(SIGTERM);
  if (process_->wait(timeout))
    return true;
  kill9();
  return false;
}

void member::signal_stop() {
  process_->signal(SIGSTOP);
  stopped_ = true;
}

void member::signal_continue() {
  process_->signal(SIGCONT);
  stopped_ = false;
}

bool member::runs() { return process_ && !process_->wait(std::chrono::milliseconds(0)); }

bool member::up() { return runs() && !stopped_; }

std::optional<member_status> member::status() {
  if (!up())
    return std::nullopt;
  const harness::inside here(host_);
  const auto answer = harness::http(http_port, "/api/v1/status");
  if (answer.status != 200)
    return std::nullopt;
  const auto status = harness::parse_json(answer.body);
  member_status s;
  s.ready = status.at("ready");
  s.epoch = status.at("epoch");
  s.serving = s.ready;
  if (const auto group = status.find("group"); group != status.end()) {
    s.serving = group->at("serving");
    for (const auto& m : group->at("members"))
      s.peers[m.at("name")] = {m.at("role"), m.at("lag_ops")};
  }
  return s;
}

double member::metric(const std::string& series) const {
  const harness::inside here(host_);
  std::istringstream lines(harness::http(http_port, "/metrics").body);
  double sum = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(series))
      sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

bool member::kill_stage(const std::string& stage) {
  const harness::inside here(host_);
  return harness::http(http_port, "/debug/kill-stage?name=" + stage, "POST").status == 200;
}

std::string member::log_tail() const {
  constexpr std::size_t length = 1500;
  const auto log = harness::read_file(directory_ / "log");
  return log.size() > length ? log.substr(log.size() - length) : log;
}

} // namespace monopod::lab
