#include "tools/lab/laboratory.hpp"

#include "tools/lab/waiting.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <stdexcept>

namespace monopod::lab {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool in_sync(const lab_options& o, const member_status& s) {
  constexpr std::uint64_t lag_ops = 1000; // ops that may be on their way while cameras stream
  return std::ranges::all_of(o.replica_names(), [&s](const auto& name) {
    const auto peer = s.peers.find(name);
    return peer != s.peers.end() && peer->second.role != "joining" &&
           peer->second.lag_ops < lag_ops;
  });
}

} // namespace

laboratory::laboratory(const lab_options& o) : options_(o), net_(o.host_names(), o.vxlan) {
  start_cloud();
  streams_ = std::make_unique<lab::streams>(streams_options{
      .servers = endpoints(camera_port),
      .cloud = {.port = mqtt_port, .prepare = [this] { net_.at(cloud_host).enter(); }},
      .cameras = o.cameras,
      .prepare_cameras = [this] { net_.at(camera_host).enter(); }});
  for (const auto& name : o.member_names())
    members_.push_back(std::make_unique<member>(o, net_, name, o.witness() && name == "w"));
  for (auto& m : members_)
    m->start();
  if (!o.at_rest)
    streams_->start_cameras();
  if (!whole(seconds(30)))
    throw std::runtime_error("the nodes do not come up:\n" + describe());
  if (!o.at_rest)
    flows();
}

member& laboratory::at(const std::string& name) {
  return **std::ranges::find(members_, name, [](const auto& m) { return m->name(); });
}

member& laboratory::primary() {
  member* found = nullptr;
  waits(
      [&] {
        for (auto& m : members_)
          if (const auto s = m->witness() ? std::nullopt : m->status(); s && s->serving)
            found = m.get();
        return found != nullptr;
      },
      seconds(10));
  if (found == nullptr)
    throw std::runtime_error("no node serves:\n" + describe());
  return *found;
}

member& laboratory::backup() {
  auto& p = primary();
  for (auto& m : members_)
    if (m.get() != &p && !m->witness())
      return *m;
  throw std::runtime_error("there is no backup");
}

bool laboratory::whole(milliseconds timeout) {
  const auto all_run = [this] {
    return std::ranges::all_of(members_, [](auto& m) { return m->runs(); });
  };
  return waits(
             [&] {
               if (!all_run())
                 return true; // nothing here starts it again
               return in_order();
             },
             timeout) &&
         all_run();
}

bool laboratory::in_order() {
  std::size_t serving = 0;
  bool synced = !options_.group();
  for (auto& m : members_) {
    const auto s = m->status();
    if (!s || !s->ready)
      return false;
    serving += s->serving ? 1 : 0;
    synced = synced || (s->serving && in_sync(options_, *s));
  }
  return serving == 1 && synced;
}

void laboratory::taken_over_from(const member& old) {
  const auto another_serves = [&] {
    return std::ranges::any_of(members_, [&](auto& m) {
      if (m.get() == &old || m->witness())
        return false;
      const auto s = m->status();
      return s && s->serving;
    });
  };
  if (!waits(another_serves, seconds(15)))
    throw std::runtime_error("nobody takes over from " + old.name() + ":\n" + describe());
}

void laboratory::flows(bool results) {
  if (!streams_->flow(results, seconds(15)))
    throw std::runtime_error(std::string("frames ") + (results ? "or results " : "") +
                             "do not flow again:\n" + streams_->describe() + describe());
}

std::uint64_t laboratory::epoch() {
  const auto s = primary().status();
  return s ? s->epoch : 0;
}

void laboratory::stop_cloud() {
  if (broker_->child().terminate(seconds(30)) != 0)
    throw std::runtime_error("mosquitto does not stop: " + broker_->log());
  broker_.reset();
}

void laboratory::start_cloud() {
  const auto folder = std::filesystem::path(options_.directory) / cloud_host;
  std::filesystem::create_directories(folder);
  const harness::inside here(net_.at(cloud_host));
  broker_.emplace(mqtt_port, fmt::format("listener {} {}\nallow_anonymous true\n"
                                         "persistence true\npersistence_location {}/\n",
                                         mqtt_port, net_.address(cloud_host), folder.string()));
}

std::unique_ptr<camera_load> laboratory::more_cameras(const std::vector<load_camera>& cameras) {
  return std::make_unique<camera_load>(
      load_options{.endpoint = endpoints(camera_port), .cameras = cameras, .prepare = [this] {
                     net_.at(camera_host).enter();
                   }});
}

std::string laboratory::describe() {
  std::string text;
  for (auto& m : members_) {
    const auto s = m->status();
    text += fmt::format("{}: {}\n", m->name(),
                        !m->up() ? "does not run"
                        : !s     ? "does not answer"
                                 : fmt::format("{}ready, {}serving, epoch {}, {} results wait",
                                           s->ready ? "" : "not ", s->serving ? "" : "not ",
                                               s->epoch, m->metric("monopod_outbox_entries")));
    if (!s || !s->ready)
      text += m->log_tail();
  }
  return text;
}

std::string laboratory::endpoints(std::uint16_t port) const {
  std::string all;
  for (const auto& name : options_.replica_names())
    all += fmt::format("{}tcp://{}:{}", all.empty() ? "" : ",", net_.address(name), port);
  return all;
}

} // namespace monopod::lab
