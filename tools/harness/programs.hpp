// The programs of Monopod's users, run by benchmarks and end-to-end tests, and what they print.
#pragma once

#include "tools/harness/process.hpp"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

namespace monopod::harness {

/// Flags, and further ones.
inline std::vector<std::string> operator+(std::vector<std::string> a,
                                          const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A JSON document, in its own order; std::runtime_error if it is not one.
nlohmann::ordered_json parse_json(const std::string& text);

/// What a program printed with --json, as a report of numbers.
class report {
public:
  /// `output`: what the program wrote, with the report as a line of its own.
  explicit report(const std::string& output);
  ~report();
  report(report&&) noexcept;
  /// "lost", "publish_ms.p50"; std::runtime_error if it is missing, or no number.
  double operator[](const std::string& path) const;

private:
  std::unique_ptr<nlohmann::ordered_json> fields_;
};

/// A result as monopod-collect writes it with --csv.
struct collected_result {
  std::string camera;
  std::uint64_t seq = 0;
  std::string app;
  std::uint64_t captured_at_ns = 0; // camera's stamp, nanoseconds since the Unix epoch
  std::uint64_t published_at_ns = 0;
  std::uint64_t received_at_ns = 0;
};
/// Those that it kept, in the order in which they came; also while it writes.
std::vector<collected_result> read_results(const std::filesystem::path& csv);

/// A monopod-collect; subscribed when constructed.
class collector_process {
public:
  /// `flags` follow --host and --port, as --count N. `host`: where it runs, as of process, with the
  /// same files.
  collector_process(const std::string& program, std::uint16_t broker_port,
                    std::vector<std::string> flags, const std::vector<std::string>& host = {});

  process& child() { return *process_; }
  /// Waits for the next subscription, after the connection to the broker broke.
  void forget_subscription();
  bool subscribed() const;
  /// Waits until it has ended by itself, else ends it; then its report.
  report finish(std::chrono::milliseconds timeout);
  /// A row for each result that came, also while it runs.
  std::filesystem::path csv() const { return directory_.path() / "csv"; }
  /// Once it has ended: camera/seq/app of every result kept.
  std::set<std::string> keys() const;

private:
  temporary_directory directory_;
  std::unique_ptr<process> process_;
};

} // namespace monopod::harness
