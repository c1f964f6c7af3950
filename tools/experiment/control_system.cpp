#include "tools/experiment/control_system.hpp"

#include "tools/harness/nats_server.hpp"
#include "tools/harness/process.hpp"
#include "tools/harness/relay.hpp"

#include <spdlog/fmt/fmt.h>

#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace monopod::experiment {

namespace {

// The host of each part, among those that Monopod's stages have.
constexpr const char* gateway_host = "gateway";
constexpr const char* nats_host = "broker";
constexpr const char* vision_host = "vision";

constexpr const char* default_keepalive = "--default-keepalive";

std::vector<std::string> flags_of(const control_habits& h) {
  std::vector<std::string> flags;
  for (const auto& [has, flag] :
       {std::pair{h.vei_encoding, "--vei-encoding"}, std::pair{h.reads_on, "--reads-on"},
        std::pair{h.ends_with_subscriber, "--ends-with-subscriber"},
        std::pair{h.answers_after_cloud, "--answers-after-cloud"},
        std::pair{h.queues_without_bound, "--queues-without-bound"},
        std::pair{h.default_keepalive, default_keepalive}})
    if (has)
      flags.emplace_back(flag);
  return flags;
}

class control_system final : public pipeline_system {
public:
  control_system(const surroundings& s, const control_habits& h);

  std::vector<std::string> camera(const std::string& name) const override {
    std::vector<std::string> command{program_, "camera",    "--name",
                                     name,     "--gateway", reached_at(gateway_host)};
    if (default_keepalive_)
      command.emplace_back(default_keepalive);
    return command;
  }
  std::vector<harness::named_process> parts() const override {
    std::vector<harness::named_process> all{{"nats", nats_->pid()}, {"gateway", gateway_->pid()}};
    for (const auto& v : vision_)
      all.push_back({"vision", v->pid()});
    return all;
  }

private:
  std::unique_ptr<harness::process> start(const char* host, const std::string& what,
                                          const std::vector<std::string>& arguments);
  std::string own_address(const char* host) const {
    return net_ == nullptr ? "127.0.0.1" : net_->address(host);
  }
  std::string reached_at(const char* host) const;
  std::string listens_at(const char* host) const;
  void put_between(const std::shared_ptr<harness::shared_link>& link);

  std::string program_;
  const harness::network* net_;
  bool services_;
  bool default_keepalive_;
  harness::temporary_directory directory_; // of logs
  std::unique_ptr<harness::nats_server> nats_;
  std::uint16_t gateway_port_ = harness::free_port();
  std::unique_ptr<harness::process> gateway_;
  std::vector<std::unique_ptr<harness::process>> vision_;              // one for each application
  std::map<std::string_view, std::unique_ptr<harness::relay>> relays_; // by host; empty: none
};

control_system::control_system(const surroundings& s, const control_habits& h)
    : program_(s.bin + "/monopod-control"), net_(s.net), services_(s.services),
      default_keepalive_(h.default_keepalive), nats_(harness::on_host(net_, nats_host, [this] {
        return std::make_unique<harness::nats_server>(own_address(nats_host));
      })) {
  if (s.link)
    put_between(s.link);
  std::vector<std::string> gateway{
      program_,   "gateway",
      "--listen", fmt::format("{}:{}", own_address(gateway_host), gateway_port_),
      "--nats",   "nats://" + reached_at(nats_host),
      "--cloud",  fmt::format("{}:{}", s.mqtt_host, s.mqtt_port)};
  const auto habits = flags_of(h);
  gateway.insert(gateway.end(), habits.begin(), habits.end());
  gateway_ = start(gateway_host, "gateway", gateway);
  std::vector<std::string> vision{program_, "vision", "--gateway", reached_at(gateway_host)};
  if (h.answers_after_cloud)
    vision.emplace_back("--call-per-frame");
  if (h.default_keepalive)
    vision.emplace_back(default_keepalive);
  for (std::size_t n = 1; n <= s.cameras; ++n)
    vision.insert(
        vision.end(),
        {"--camera", s.cameras == 1 ? camera_name : fmt::format("{}-{}", camera_name, n)});
  for (std::size_t n = 1; n <= s.apps; ++n) {
    auto one = vision;
    if (s.apps > 1)
      one.insert(one.end(), {"--app", fmt::format("{}-{}", app_name, n)});
    vision_.push_back(start(vision_host, fmt::format("vision-{}", n), one));
  }
}

// HOST:PORT of the gateway, or of NATS.
std::string control_system::listens_at(const char* host) const {
  const auto port = host == std::string_view(gateway_host) ? gateway_port_ : nats_->port();
  return fmt::format("{}:{}", services_ ? net_->service_address(host) : own_address(host), port);
}

// The same, as others reach it.
std::string control_system::reached_at(const char* host) const {
  const auto relay = relays_.find(host);
  return relay == relays_.end() ? listens_at(host)
                                : fmt::format("127.0.0.1:{}", relay->second->port());
}

void control_system::put_between(const std::shared_ptr<harness::shared_link>& link) {
  for (const auto* host : {gateway_host, nats_host})
    relays_[host] = std::make_unique<harness::relay>(
        harness::relay_options{.target = listens_at(host), .link = link});
}

// Starts a process and waits until it says in its log that it is ready.
std::unique_ptr<harness::process> control_system::start(const char* host, const std::string& what,
                                                        const std::vector<std::string>& arguments) {
  const auto log = directory_.path() / what;
  auto started = harness::on_host(
      net_, host, [&] { return std::make_unique<harness::process>(arguments, log); });
  const auto ready = [&] { return harness::read_file(log).find("ready") != std::string::npos; };
  const auto ended = [&] { return started->wait(std::chrono::milliseconds(0)).has_value(); };
  if (!harness::eventually([&] { return ready() || ended(); }) || ended())
    throw std::runtime_error("monopod-control " + what +
                             " does not start: " + harness::read_file(log));
  return started;
}

} // namespace

std::unique_ptr<pipeline_system> start_control(const surroundings& s, const control_habits& h) {
  return std::make_unique<control_system>(s, h);
}

} // namespace monopod::experiment
