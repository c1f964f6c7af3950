#include "tools/harness/prometheus_server.hpp"

#include "tools/harness/programs.hpp"
#include "tools/harness/servers.hpp"

#include <spdlog/fmt/fmt.h>

#include <cctype>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace monopod::harness {

namespace {

std::string escaped(const std::string& query) {
  std::string out;
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    out += std::isalnum(byte) != 0 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

// The list in data.result; empty if there was no answer.
nlohmann::ordered_json results_of(const http_answer& answer) {
  return answer.status == 200 ? parse_json(answer.body).at("data").at("result")
                              : nlohmann::ordered_json::array();
}

// A sample is [seconds, "value"]: a text, since it may be NaN or infinite.
double value_of(const nlohmann::ordered_json& sample) {
  return std::stod(sample.at(1).get<std::string>());
}

} // namespace

prometheus_server::prometheus_server(const std::vector<job>& jobs) {
  const auto config = directory_.path() / "prometheus.yml";
  std::ofstream file(config);
  file << "global:\n  scrape_interval: 1s\nscrape_configs:\n";
  for (const auto& j : jobs)
    file << fmt::format("  - job_name: {}\n    static_configs:\n"
                        "      - targets: ['127.0.0.1:{}']\n",
                        j.name, j.port);
  file.close();
  process_ = std::make_unique<process>(
      std::vector<std::string>{"prometheus", "--config.file=" + config.string(),
                               "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                               "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
      directory_.path() / "log");
  if (!eventually([this] { return http(port_, "/-/ready").status == 200; },
                  std::chrono::seconds(30)))
    throw std::runtime_error("Prometheus does not start: " + read_file(directory_.path() / "log"));
}

double prometheus_server::query(const std::string& text) const {
  const auto results = results_of(http(port_, "/api/v1/query?query=" + escaped(text)));
  return results.size() == 1 ? value_of(results.front().at("value")) : NAN;
}

std::vector<prometheus_server::point>
prometheus_server::query_range(const std::string& text, double from_s, double to_s) const {
  const auto results = results_of(
      http(port_, fmt::format("/api/v1/query_range?query={}&start={:.3f}&end={:.3f}&step=1",
                              escaped(text), from_s, to_s)));
  std::vector<point> all;
  if (results.size() == 1)
    for (const auto& sample : results.front().at("values"))
      all.push_back({sample.at(0).get<double>(), value_of(sample)});
  return all;
}

} // namespace monopod::harness
