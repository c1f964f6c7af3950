#include "tools/harness/servers.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace monopod::harness {

http_answer http(std::uint16_t port, const std::string& path, const std::string& method) {
  return ask_http({"127.0.0.1", port}, method, path);
}

mqtt_broker::mqtt_broker(std::uint16_t port, const std::string& more,
                         const std::vector<std::string>& host) {
  // Another process may take the free port first: then try again with another.
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = port != 0 ? port : free_port();
    // The broker keeps its user (root, if that started it): a process that changes its user loses
    // the signal that ends it with its parent.
    std::ofstream(directory_.path() / "mosquitto.conf")
        << "user root\nlistener " << port_
        << " 127.0.0.1\nallow_anonymous true\npersistence false\n"
        << "set_tcp_nodelay true\nmax_queued_messages 0\n"
        << more;
    process_ = std::make_unique<process>(
        std::vector<std::string>{"mosquitto", "-c",
                                 (directory_.path() / "mosquitto.conf").string()},
        directory_.path() / "log", host);
    // mosquitto says "running" once all its listeners are open.
    if (eventually([this] {
          return process_->wait(std::chrono::milliseconds(0)) ||
                 log().find(" running\n") != std::string::npos;
        }) &&
        !process_->wait(std::chrono::milliseconds(0)))
      return;
  }
  throw std::runtime_error("mosquitto does not start: " + read_file(directory_.path() / "log"));
}

const std::vector<std::string>& emulated() {
  static const std::vector<std::string> flags{"--vision.emulator.cameras", "*"};
  return flags;
}

namespace {

// Returns true if flags, or the file that they name, describe vision applications of the pod.
bool tell_vision(const std::vector<std::string>& flags) {
  for (auto flag = flags.begin(); flag != flags.end(); ++flag)
    if (flag->starts_with("--vision.") ||
        (*flag == "--config" && flag + 1 != flags.end() &&
         read_file(*(flag + 1)).find("[vision.") != std::string::npos))
      return true;
  return false;
}

} // namespace

pod_process::pod_process(const std::string& program, std::vector<std::string> flags,
                         const std::string& command) {
  const auto file = directory_.path() / "addresses";
  std::vector<std::string> arguments{program, command, "--address-file", file.string()};
  const auto given = [&flags](const std::string& flag) {
    return std::ranges::any_of(flags, [&](const auto& f) { return f.starts_with(flag); });
  };
  for (const auto& [flag, value] : {std::pair{"--gateway.listen", "tcp://127.0.0.1:0"},
                                    std::pair{"--broker.listen", "tcp://127.0.0.1:0"},
                                    std::pair{"--http.listen", "127.0.0.1:0"}})
    if (!given(flag))
      arguments.insert(arguments.end(), {flag, value});
  if (command == "run" && !tell_vision(flags))
    arguments.insert(arguments.end(), emulated().begin(), emulated().end());
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  process_ = std::make_unique<process>(arguments, directory_.path() / "log");
  if (!eventually([&] {
        return std::filesystem::exists(file) || process_->wait(std::chrono::milliseconds(0));
      }) ||
      process_->wait(std::chrono::milliseconds(0)))
    throw std::runtime_error("the pod does not start: " + log());
}

std::string pod_process::address(const std::string& key) const {
  std::istringstream lines(read_file(directory_.path() / "addresses"));
  std::string line;
  while (std::getline(lines, line))
    if (line.starts_with(key + "="))
      return line.substr(key.size() + 1);
  return {};
}

std::uint16_t pod_process::http_port() const {
  const auto where = address("http");
  const auto colon = where.rfind(':');
  return colon == std::string::npos
             ? std::uint16_t{0}
             : static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1)));
}

std::string pod_process::get(const std::string& path) const {
  const auto answer = http(http_port(), path);
  return answer.status == 200 ? answer.body : std::string{};
}

std::optional<double> pod_process::metric(const std::string& series) const {
  std::istringstream lines(get("/metrics"));
  std::string line;
  while (std::getline(lines, line))
    if (line.starts_with(series + " "))
      return std::stod(line.substr(series.size()));
  return std::nullopt;
}

} // namespace monopod::harness
