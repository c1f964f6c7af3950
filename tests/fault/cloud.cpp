#include "tests/fault/cloud.hpp"

#include "core/sequence_set.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace monopod::fault {

namespace {

using std::chrono::seconds;

// camera,stream,seq,app,epoch,captured_at_ns,published_at_ns,received_at_ns,...,verdict
bool read_row(std::istream& csv, consumed_row& r) {
  std::string line;
  if (!std::getline(csv, line))
    return false;
  std::istringstream fields(line);
  std::string text;
  const auto number = [&] {
    std::getline(fields, text, ',');
    return std::stoull(text);
  };
  std::getline(fields, r.camera, ',');
  r.stream = number();
  r.seq = number();
  std::getline(fields, r.app, ',');
  number(); // epoch
  r.captured_at_ns = number();
  r.published_at_ns = number();
  r.received_at_ns = number();
  r.kept = line.ends_with(",kept");
  return true;
}

// `take` gets each row in turn: half an hour's rows need not be held.
template <class F>
void read_csv(const std::filesystem::path& path, F take) {
  std::ifstream csv(path);
  std::string header;
  std::getline(csv, header);
  for (consumed_row r; read_row(csv, r);)
    take(r);
}

using series = std::tuple<std::string, std::uint64_t, std::string>; // camera, stream, application

constexpr std::size_t told_at_most = 5;

struct consumed {
  std::map<series, sequence_set> seen;
  std::map<std::pair<std::string, std::string>, std::vector<std::uint64_t>> stamps;
  std::uint64_t results = 0;
  std::uint64_t repeated = 0;
};

consumed consumed_of(const std::filesystem::path& path) {
  consumed all;
  read_csv(path, [&all](const consumed_row& r) {
    if (!r.kept) {
      ++all.repeated;
      return;
    }
    ++all.results;
    all.seen[{r.camera, r.stream, r.app}].insert(r.seq);
    all.stamps[{r.camera, r.app}].push_back(r.captured_at_ns);
  });
  return all;
}

std::uint64_t count_twice(consumed& all, const std::vector<camera_account>& cameras) {
  std::uint64_t twice = 0;
  for (auto& [of, stamps] : all.stamps) {
    std::ranges::sort(stamps);
    for (std::size_t i = 1; i < stamps.size(); ++i)
      twice += stamps[i] == stamps[i - 1] ? 1 : 0;
  }
  for (const auto& [key, seen] : all.seen) {
    const auto known = std::ranges::find_if(cameras, [&of = key](const camera_account& c) {
      return c.camera == std::get<0>(of) && c.stream == std::get<1>(of);
    });
    if (known == cameras.end() || seen.last() > known->taken)
      ++twice;
  }
  return twice;
}

} // namespace

cloud::cloud(const options& o, const std::string& topic)
    : kept_(o.keep), broker_(std::in_place, std::uint16_t{0}, broker_conf()) {
  port_ = broker_->port();
  consumer_.emplace(o.program("collect"), port_,
                    std::vector<std::string>{"--client-id", "fault-consumer", "--topic", topic});
}

std::string cloud::broker_conf() const {
  const auto folder = directory_.path().string();
  const auto log = "log_type all\nlog_dest file " + folder + "/mosquitto.log\n";
  return "persistence true\npersistence_location " + folder + "/\n" + (kept_.empty() ? "" : log);
}

void cloud::keep_evidence() const {
  const auto to = kept_ / ("cloud-" + std::to_string(port_));
  std::filesystem::create_directories(to);
  const auto copy = [&to](const std::filesystem::path& file) {
    std::filesystem::copy_file(file, to / file.filename(),
                               std::filesystem::copy_options::overwrite_existing);
  };
  copy(directory_.path() / "mosquitto.log");
  copy(consumer_->csv());
}

std::vector<std::string> cloud::flags(const std::string& name) const {
  return {"--cloud." + name + ".host", "127.0.0.1", "--cloud." + name + ".port",
          std::to_string(port_)};
}

void cloud::leave() {
  if (broker_->child().terminate(seconds(30)) != 0)
    throw std::runtime_error("mosquitto does not stop: " + broker_->log());
  broker_.reset();
}

void cloud::come_back() { broker_.emplace(port_, broker_conf()); }

std::uintmax_t cloud::csv_bytes() const {
  std::error_code none;
  const auto size = std::filesystem::file_size(consumer_->csv(), none);
  return none ? 0 : size;
}

delivery_account cloud::judge(const std::vector<camera_account>& cameras,
                              const std::vector<std::string>& apps) {
  // The consumer writes in blocks: it has all when no further block comes.
  for (auto before = csv_bytes();; before = csv_bytes()) {
    rest(500);
    if (csv_bytes() == before)
      break;
  }
  consumer_->finish(std::chrono::milliseconds(0)); // writes the rest
  auto all = consumed_of(consumer_->csv());
  delivery_account d;
  d.results = all.results;
  d.repeated = all.repeated;
  d.twice_after_key = count_twice(all, cameras);
  for (const auto& c : cameras)
    for (const auto& app : apps) {
      auto& seen = all.seen[{c.camera, c.stream, app}];
      for (std::uint64_t seq = 1; seq <= c.taken; ++seq)
        if (seen.insert(seq)) { // it was not there
          ++d.lost;
          d.acked_lost += seq <= c.acknowledged ? 1 : 0;
          if (d.missing.size() < told_at_most)
            d.missing.push_back("no result at port " + std::to_string(port_) + " of " + c.camera +
                                "/" + std::to_string(seq) + "/" + app);
        }
    }
  if (d.lost > 0 && !kept_.empty())
    keep_evidence();
  return d;
}

std::vector<consumed_row> cloud::rows() const {
  std::vector<consumed_row> all;
  read_csv(consumer_->csv(), [&all](const consumed_row& r) { all.push_back(r); });
  return all;
}

delivery_account& delivery_account::operator+=(const delivery_account& other) {
  acked_lost += other.acked_lost;
  lost += other.lost;
  twice_after_key += other.twice_after_key;
  results += other.results;
  repeated += other.repeated;
  missing.insert(missing.end(), other.missing.begin(), other.missing.end());
  return *this;
}

void add(outcome& to, const delivery_account& account) {
  for (const auto& m : account.missing)
    to.note(m);
  to.acked_lost += account.acked_lost;
  to.lost += account.lost;
  to.twice_after_key += account.twice_after_key;
  to.add("results", static_cast<double>(account.results));
  to.add("repeated_with_their_key", static_cast<double>(account.repeated));
}

void add(outcome& to, const std::vector<camera_account>& cameras) {
  camera_account sum;
  for (const auto& c : cameras) {
    sum += c;
    sum.blocked += c.blocked;
    sum.round_trip_max_ms = std::max(sum.round_trip_max_ms, c.round_trip_max_ms);
  }
  to.add("frames", static_cast<double>(sum.taken));
  to.add("acknowledged", static_cast<double>(sum.acknowledged));
  to.add("resent", static_cast<double>(sum.resent));
  to.add("blocked", static_cast<double>(sum.blocked));
  to.add("ack_max_ms", sum.round_trip_max_ms);
  to.at_most("frames refused", static_cast<double>(sum.refused), 0);
  to.at_most("frames without acknowledgement", static_cast<double>(sum.taken - sum.acknowledged),
             0);
}

} // namespace monopod::fault
