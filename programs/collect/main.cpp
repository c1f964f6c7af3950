// monopod-collect: a consumer of results. It subscribes, keeps one result per key, and reports how
// many results arrived, how late they were, and how many are missing.
#include "core/clock.hpp"
#include "core/config/setting.hpp"
#include "programs/collect/collector.hpp"
#include "programs/collect/report.hpp"
#include "programs/collect/result_reader.hpp"
#include "programs/collect/subscriber.hpp"
#include "programs/program.hpp"

#include <spdlog/fmt/fmt.h>

#include <fstream>
#include <iostream>
#include <optional>

namespace {

using namespace monopod;

struct options {
  subscriber_options broker;
  std::uint64_t count = 0;
  double duration_s = 0;
  double idle_s = 0;
  bool from_start = false;
  bool json = false;
  bool quiet = false;
  std::string csv;
  std::string ready_file;
};

void declare(CLI::App& app, options& o) {
  app.description("Collects results from an MQTT broker, one per key, and reports rate, latency, "
                  "gaps, losses and repetitions.");
  app.add_option("--host", o.broker.host, "MQTT broker")->capture_default_str();
  app.add_option("--port", o.broker.port, "port of the MQTT broker")->capture_default_str();
  app.add_option("--topic", o.broker.topic, "topic filter of the results")->capture_default_str();
  app.add_option("--qos", o.broker.qos, "quality of service of the subscription")
      ->check(CLI::Range(0, 2))
      ->capture_default_str();
  app.add_option("--username", o.broker.username, "user name")->envname("MONOPOD_COLLECT_USERNAME");
  app.add_option("--password", o.broker.password, "password")->envname("MONOPOD_COLLECT_PASSWORD");
  app.add_option(
      "--client-id", o.broker.client_id,
      "name of a session that the broker keeps while this consumer is away; empty: none");
  app.add_option("--count", o.count, "stop after this many results, 0 = never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--duration-s", o.duration_s, "stop after this many seconds, 0 = never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--idle-s", o.idle_s, "stop this many seconds after the last result, 0 = never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--from-start", o.from_start,
               "count numbers that are missing before the first result of a stream as lost");
  app.add_option("--csv", o.csv, "write a row for each result to this file");
  app.add_flag("--json", o.json, "print the report as one JSON object");
  app.add_flag("--quiet", o.quiet, "do not show progress");
  app.add_option("--ready-file", o.ready_file, "create this file once subscribed (for scripts)");
  app.footer("Exit code: 0 if results arrived; 1 if none did, or the broker can't be reached at "
             "the start; 2: wrong usage.");
}

class session {
public:
  explicit session(const options& o)
      : options_(o), collected_(o.from_start), progress_(o.quiet, 5) {
    if (!o.csv.empty()) {
      csv_.emplace(o.csv);
      if (!*csv_)
        throw std::runtime_error("can't write " + o.csv);
      *csv_ << csv_header;
    }
  }

  int run() {
    subscriber broker(
        options_.broker, [this](std::span<const std::byte> message) { take(message); },
        [this] { subscribed(); });
    started_ns_ = last_result_ns_ = boottime_ns();
    while (!done()) {
      broker.poll(100);
      progress_.tick([this] { return std::to_string(collected_.results()) + " results"; });
    }
    if (csv_ && !csv_->flush())
      throw std::runtime_error("can't write " + options_.csv);
    const auto summary = collected_.summarise();
    std::cout << (options_.json ? report_json(summary) : report_table(summary)) << std::flush;
    if (collected_.results() > 0)
      return 0;
    fmt::print(stderr,
               "monopod-collect: no result arrived on {}; `monopod status` tells whether the node "
               "has cameras, applications and this cloud\n",
               printable(options_.broker.topic));
    return 1;
  }

private:
  void subscribed() {
    if (!options_.ready_file.empty())
      std::ofstream(options_.ready_file) << "subscribed\n";
  }

  void take(std::span<const std::byte> message) {
    const auto received_at_ns = realtime_ns();
    const auto results = reader_.read(message);
    if (results.empty()) {
      collected_.add_malformed();
      return;
    }
    last_result_ns_ = boottime_ns();
    for (const auto* result : results) {
      const auto what = collected_.add(*result, received_at_ns);
      if (csv_)
        *csv_ << csv_row(*result, received_at_ns, what);
    }
  }

  bool done() const {
    const auto passed_s = [now = boottime_ns()](std::uint64_t since_ns) {
      return static_cast<double>(now - since_ns) * 1e-9;
    };
    return stop_requested != 0 || (options_.count > 0 && collected_.results() >= options_.count) ||
           (options_.duration_s > 0 && passed_s(started_ns_) >= options_.duration_s) ||
           (options_.idle_s > 0 && passed_s(last_result_ns_) >= options_.idle_s);
  }

  const options& options_;
  collector collected_;
  result_reader reader_;
  std::optional<std::ofstream> csv_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t last_result_ns_ = 0;
  progress_line progress_;
};

} // namespace

int main(int argc, char** argv) {
  return run_program<options>("monopod-collect", argc, argv, declare,
                              [](const options& o) { return session(o).run(); });
}
