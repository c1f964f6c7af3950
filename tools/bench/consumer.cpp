#include "tools/bench/consumer.hpp"

#include "core/percentiles.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace monopod {

consumer::consumer(const std::string& collect_program) {
  const auto ready = directory_.path() / "ready";
  collector_ = std::make_unique<harness::process>(
      std::vector<std::string>{collect_program, "--quiet", "--port", std::to_string(mqtt_port()),
                               "--csv", (directory_.path() / "results.csv").string(),
                               "--ready-file", ready.string()},
      directory_.path() / "log");
  if (!harness::eventually([&] { return std::filesystem::exists(ready); }))
    throw std::runtime_error("the collector does not start: " +
                             harness::read_file(directory_.path() / "log"));
}

void consumer::stop() { collector_->terminate(); }

consumer::latencies consumer::of(const std::string& camera_prefix) const {
  // camera,stream,seq,app,epoch,captured_at_ns,published_at_ns,...
  constexpr int captured_column = 5;
  samples us;
  std::ifstream file(directory_.path() / "results.csv");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(camera_prefix))
      continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < captured_column; ++i)
      std::getline(fields, field, ',');
    std::uint64_t captured_ns = 0;
    std::uint64_t published_ns = 0;
    char comma = 0;
    if (fields >> captured_ns >> comma >> published_ns)
      us.add(static_cast<double>(published_ns - captured_ns) * 1e-3);
  }
  return {us.percentile(50), us.percentile(95), us.percentile(99), us.count()};
}

} // namespace monopod
