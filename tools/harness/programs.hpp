// Monopod's programs as benchmarks and end-to-end tests run them, and their output.
#pragma once

#include "tools/harness/process.hpp"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

namespace monopod::harness {

/// Appends flags to others.
inline std::vector<std::string> operator+(std::vector<std::string> a,
                                          const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A JSON document, whose members keep their order; std::runtime_error if the text is not one.
nlohmann::ordered_json parse_json(const std::string& text);

/// The numbers of the report that a program printed with --json.
class report {
public:
  /// `output` is everything that the program wrote; the report is a line of its own.
  explicit report(const std::string& output);
  ~report();
  report(report&&) noexcept;
  /// A number by its path, such as "lost" or "publish_ms.p50"; std::runtime_error if it is missing
  /// or not a number.
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
/// The results that monopod-collect kept, in the order of arrival. The file may still grow.
std::vector<collected_result> read_results(const std::filesystem::path& csv);

/// A monopod-collect; subscribed when constructed.
class collector_process {
public:
  /// `flags`, such as --count N, follow --host and --port. `host` is where it runs, as in
  /// `process`, with the same files.
  collector_process(const std::string& program, std::uint16_t broker_port,
                    std::vector<std::string> flags, const std::vector<std::string>& host = {});

  process& child() { return *process_; }
  /// Makes subscribed() false until the next subscription, for use after the connection to the
  /// broker broke.
  void forget_subscription();
  bool subscribed() const;
  /// Waits until it ends by itself, ends it at the time-out, and returns its report.
  report finish(std::chrono::milliseconds timeout);
  /// The file with a row for each result that arrived; it can be read at any time.
  std::filesystem::path csv() const { return directory_.path() / "csv"; }
  /// camera/seq/app of every result that it kept. Only after its end.
  std::set<std::string> keys() const;

private:
  temporary_directory directory_;
  std::unique_ptr<process> process_;
};

} // namespace monopod::harness
