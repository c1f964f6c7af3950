#include "tools/harness/programs.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace monopod::harness {

nlohmann::ordered_json parse_json(const std::string& text) {
  auto document = nlohmann::ordered_json::parse(text, nullptr, false);
  if (document.is_discarded())
    throw std::runtime_error("this is not JSON: " + text);
  return document;
}

report::report(const std::string& output) {
  std::istringstream lines(output);
  std::string line;
  while (std::getline(lines, line))
    if (line.starts_with("{"))
      fields_ = std::make_unique<nlohmann::ordered_json>(parse_json(line));
  if (fields_ == nullptr)
    throw std::runtime_error("no report in: " + output);
}
report::~report() = default;
report::report(report&&) noexcept = default;

double report::operator[](const std::string& path) const {
  auto steps = "/" + path;
  std::ranges::replace(steps, '.', '/');
  const nlohmann::ordered_json::json_pointer at(steps);
  if (!fields_->contains(at) || !fields_->at(at).is_number())
    throw std::runtime_error("no number " + path + " in: " + fields_->dump());
  return fields_->at(at).get<double>();
}

collector_process::collector_process(const std::string& program, std::uint16_t broker_port,
                                     std::vector<std::string> flags,
                                     const std::vector<std::string>& host) {
  std::vector<std::string> arguments{program,
                                     "--host",
                                     "127.0.0.1",
                                     "--port",
                                     std::to_string(broker_port),
                                     "--ready-file",
                                     (directory_.path() / "ready").string(),
                                     "--csv",
                                     (directory_.path() / "csv").string(),
                                     "--from-start",
                                     "--quiet",
                                     "--json"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  process_ = std::make_unique<process>(arguments, directory_.path() / "output", host);
  if (!eventually(
          [this] { return subscribed() || process_->wait(std::chrono::milliseconds(0)); }) ||
      !subscribed())
    throw std::runtime_error("the collector does not start: " +
                             read_file(directory_.path() / "output"));
}

void collector_process::forget_subscription() {
  std::filesystem::remove(directory_.path() / "ready");
}

bool collector_process::subscribed() const {
  return std::filesystem::exists(directory_.path() / "ready");
}

report collector_process::finish(std::chrono::milliseconds timeout) {
  if (!process_->wait(timeout))
    process_->terminate();
  return report(read_file(directory_.path() / "output"));
}

std::set<std::string> collector_process::keys() const {
  std::set<std::string> keys;
  for (const auto& r : read_results(csv()))
    keys.insert(r.camera + "/" + std::to_string(r.seq) + "/" + r.app);
  return keys;
}

// camera,stream,seq,app,epoch,captured_at_ns,published_at_ns,received_at_ns,...,verdict
std::vector<collected_result> read_results(const std::filesystem::path& csv) {
  std::vector<collected_result> all;
  std::ifstream file(csv);
  for (std::string line; std::getline(file, line);) {
    if (!line.ends_with(",kept"))
      continue;
    collected_result r;
    std::string skipped;
    char comma = 0;
    std::istringstream fields(line);
    std::getline(fields, r.camera, ',');
    std::getline(fields, skipped, ','); // stream
    fields >> r.seq >> comma;
    std::getline(fields, r.app, ',');
    std::getline(fields, skipped, ','); // epoch
    if (fields >> r.captured_at_ns >> comma >> r.published_at_ns >> comma >> r.received_at_ns)
      all.push_back(std::move(r));
  }
  return all;
}

} // namespace monopod::harness
