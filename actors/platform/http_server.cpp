#include "actors/platform/http_server.hpp"

#include "actors/group/group_commands.hpp"
#include "actors/json_writer.hpp"
#include "actors/platform/live_page.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/version.hpp"

#include <caf/scoped_actor.hpp>
#include <civetweb.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <chrono>
#include <future>
#include <iterator>
#include <netdb.h>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

constexpr auto patience = std::chrono::seconds(1);
constexpr auto command_patience =
    std::chrono::milliseconds(limits::group_command_ms) + patience; // the replicator answers first

prometheus::MetricFamily loop_family(const char* name, const char* help,
                                     const std::vector<std::pair<std::string, loop*>>& loops,
                                     std::uint64_t (loop::*read)() const) {
  prometheus::MetricFamily family{name, help, prometheus::MetricType::Counter, {}};
  for (const auto& [loop_name, l] : loops) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"loop", loop_name});
    metric.counter.value = static_cast<double>((l->*read)());
    family.metric.push_back(metric);
  }
  return family;
}

// Does nothing if the request is answered already. Does not throw, since it reports exceptions.
void reply(mg_connection* connection, int status, const char* type,
           std::string_view body) noexcept {
  if (mg_response_header_start(connection, status) != 0)
    return;
  mg_response_header_add(connection, "Content-Type", type, -1);
  mg_response_header_add(connection, "Content-Length", std::to_string(body.size()).c_str(), -1);
  mg_response_header_add(connection, "Cache-Control", "no-store", -1);
  mg_response_header_send(connection);
  mg_write(connection, body.data(), body.size());
}

// Empty if it is missing, nothing if it is longer than a name.
std::optional<std::string> parameter(const char* query, const char* key) {
  const std::string_view text = query == nullptr ? "" : query;
  std::array<char, limits::name_bytes + 16> value{};
  if (mg_get_var(text.data(), text.size(), key, value.data(), value.size()) == -2)
    return std::nullopt;
  return value.data();
}

// A browser on this machine speaks for any page that it shows; it says so by an Origin.
bool from_this_machine(const mg_connection* connection) {
  const std::string_view peer = mg_get_request_info(connection)->remote_addr;
  const bool loopback =
      peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
  return loopback && mg_get_header(connection, "Origin") == nullptr;
}

// Connects to the server that listens at `listen` on `port`, and leaves.
void touch(const std::string& listen, std::uint16_t port) {
  auto host = listen.substr(0, listen.rfind(':'));
  std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return;
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    [[maybe_unused]] const int pending = connect(fd, found->ai_addr, found->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

template <class T>
void append(std::vector<std::unique_ptr<T>>& to, const std::vector<std::unique_ptr<T>>& from) {
  for (const auto& item : from)
    to.push_back(std::make_unique<T>(*item));
}

} // namespace

http_server::http_server(caf::actor_system& system, const config& conf, metrics& metrics,
                         const roster& stages, watched_loops loops, bool debug)
    : system_(system), conf_(conf), metrics_(metrics), roster_(stages), loops_(std::move(loops)),
      debug_(debug), process_metrics_(make_process_metrics()), started_ns_(boottime_ns()) {
  const std::array<const char*, 9> options{"listening_ports",
                                           conf.http.listen.c_str(),
                                           "num_threads",
                                           "2",
                                           "request_timeout_ms",
                                           "5000",
                                           "enable_keep_alive",
                                           "no",
                                           nullptr};
  mg_callbacks callbacks{};
  callbacks.log_message = [](const mg_connection*, const char* message) {
    log_limited(log_level::warn, "http", message);
    return 1;
  };
  mg_init_library(0);
  server_ = mg_start(&callbacks, this, const_cast<const char**>(options.data()));
  if (server_ == nullptr) {
    mg_exit_library();
    throw std::runtime_error("can't listen for HTTP at " + conf.http.listen +
                             ": set http.listen to a free address");
  }
  mg_set_request_handler(server_, "/", &http_server::handle, this);
  mg_server_port port{};
  if (mg_get_server_ports(server_, 1, &port) == 1)
    port_ = static_cast<std::uint16_t>(port.port);
}

http_server::~http_server() {
  // civetweb looks at its stop flag between polls of two seconds; a connection ends such a poll.
  const auto stopped = std::async(std::launch::async, [this] { mg_stop(server_); });
  while (stopped.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready)
    touch(conf_.http.listen, port_);
  mg_exit_library();
}

// C calls it: an exception that left it would end the process.
int http_server::handle(mg_connection* connection, void* self) {
  try {
    return static_cast<http_server*>(self)->respond(connection);
  } catch (const std::exception& e) {
    reply(connection, 500, "text/plain", "internal error, see the log\n");
    log_limited(log_level::error, "http", "request failed", {{"error", e.what()}});
    return 500;
  }
}

int http_server::respond(mg_connection* connection) {
  const auto* request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  const std::string_view path = request->local_uri;
  if (method == "POST" && path == "/debug/kill-stage") {
    kill_stage(connection, request->query_string);
    return 200;
  }
  constexpr std::string_view group = "/group/";
  if (method == "POST" && path.starts_with(group)) {
    command(connection, path.substr(group.size()), request->query_string);
    return 200;
  }
  if (method != "GET" && method != "HEAD") {
    reply(connection, 405, "text/plain", "only GET\n");
    return 405;
  }
  answer(connection, path);
  return 200;
}

void http_server::command(mg_connection* connection, std::string_view word, const char* query) {
  if (!debug_ && !from_this_machine(connection)) {
    reply(connection, 403, "text/plain",
          "commands to the group are taken from this machine only: use its address 127.0.0.1 in a "
          "shell on it, or start the pod with --enable-debug\n");
    return;
  }
  const auto verb = parse_group_verb(word);
  if (!verb) {
    reply(connection, 404, "text/plain",
          "no such command to a group: use one of " + group_verb_words() + "\n");
    return;
  }
  const auto member = parameter(query, "member");
  if (!member) {
    reply(connection, 404, "text/plain", "no such member: a name has 64 characters at most\n");
    return;
  }
  caf::scoped_actor self{system_};
  using answer = decltype(self->request(std::declval<const replicator_actor&>(), patience,
                                        group_atom::value, *verb, std::string()));
  std::optional<answer> asked;
  roster_.for_each([&](const roster::entry& e) { // the one that runs now
    if (e.name == "replicator")
      asked.emplace(self->request(caf::actor_cast<replicator_actor>(e.stage), command_patience,
                                  group_atom::value, *verb, *member));
  });
  if (!asked) {
    reply(connection, 409, "text/plain", "this node is alone: it is not a member of a group\n");
    return;
  }
  asked->receive(
      [&](bool done, const std::string& text) {
        reply(connection, done ? 200 : 409, "text/plain", text + "\n");
      },
      [&](const caf::error&) {
        reply(connection, 503, "text/plain",
              "the replicator gave no answer: see `monopod status` for what became of it\n");
      });
}

void http_server::kill_stage(mg_connection* connection, const char* query) {
  if (!debug_) {
    reply(connection, 403, "text/plain", "debugging is off: start the pod with --enable-debug\n");
    return;
  }
  const auto name = parameter(query, "name").value_or("");
  const auto asked = [&name](const roster::entry& e) { return e.name == name; };
  std::string known;
  bool found = false;
  roster_.for_each([&](const roster::entry& e) {
    known += " " + e.name;
    found = found || asked(e);
  });
  if (!found) {
    reply(connection, 404, "text/plain", "no such stage: name one of" + known + "\n");
    return;
  }
  // The answer goes first: a stage that fails too often takes the process with it.
  reply(connection, 200, "text/plain", "told to fail: " + name + "\n");
  roster_.for_each([&asked](const roster::entry& e) {
    if (asked(e))
      caf::anon_send(e.stage, fail_atom::value);
  });
}

void http_server::answer(mg_connection* connection, std::string_view path) {
  const auto probe = [connection](bool good) {
    reply(connection, good ? 200 : 503, "text/plain", good ? "ok\n" : "not yet\n");
  };
  if (path == "/metrics") {
    reply(connection, 200, "text/plain; version=0.0.4; charset=utf-8", metrics_text());
  } else if (path == "/livez") {
    probe(loops_turn());
  } else if (path == "/readyz") {
    probe(stages_ready());
  } else if (path == "/startupz") {
    if (!started_up_ && stages_ready())
      started_up_ = true;
    probe(started_up_);
  } else if (path == "/api/v1/status") {
    reply(connection, 200, "application/json", status_json());
  } else if (path == "/") {
    reply(connection, 200, "text/html; charset=utf-8", live_page);
  } else {
    reply(connection, 404, "text/plain", "try /metrics /livez /readyz /startupz /api/v1/status\n");
  }
}

std::string http_server::metrics_text() const {
  auto families = metrics_.registry.Collect();
  auto process = process_metrics_->Collect();
  families.insert(families.end(), std::make_move_iterator(process.begin()),
                  std::make_move_iterator(process.end()));
  families.push_back(
      loop_family("monopod_loop_turns_total", "Turns of a loop", loops_, &loop::turns));
  families.push_back(loop_family("monopod_loop_stalls_total",
                                 "Turns that took longer than loop.stall_ms", loops_,
                                 &loop::stalls));
  return prometheus::TextSerializer().Serialize(families);
}

bool http_server::loops_turn() const {
  for (const auto& [loop_name, l] : loops_) {
    auto turned = std::make_shared<std::promise<void>>();
    auto seen = turned->get_future();
    if (!l->remote()->post([turned] { turned->set_value(); }) ||
        seen.wait_for(patience) != std::future_status::ready)
      return false;
  }
  return true;
}

// Asks all at once, so that they share one time-out.
template <class Question, class Take, class Fail>
void http_server::ask_stages(Question question, Take take, Fail fail) {
  caf::scoped_actor self{system_};
  using answer = decltype(self->request(std::declval<const observable&>(), patience, question));
  std::vector<answer> answers;
  roster_.for_each([&](const roster::entry& e) {
    answers.push_back(self->request(e.stage, patience, question));
  });
  for (auto& a : answers)
    a.receive(take, fail);
}

bool http_server::stages_ready() {
  bool all = true;
  ask_stages(
      ready_atom::value, [&all](bool ready) { all = all && ready; },
      [&all](const caf::error&) { all = false; });
  return all;
}

wire::StatusT http_server::collect_status() {
  wire::StatusT status;
  status.version = version;
  status.commit = commit;
  status.site = conf_.site;
  status.node = conf_.node;
  status.role = "primary"; // of itself, if there is no group
  status.epoch = 1;
  status.ready = stages_ready();
  status.uptime_s = static_cast<double>(boottime_ns() - started_ns_) * 1e-9;
  roster_.for_each([&status](const roster::entry& e) {
    status.stages.push_back(e.name);
    auto state = std::make_unique<wire::StageStatusT>();
    state->name = e.name;
    state->restarts = e.restarts;
    status.stage_states.push_back(std::move(state));
  });
  ask_stages(
      status_atom::value,
      [&status](const status_part& part) {
        append(status.cameras, part->cameras);
        append(status.apps, part->apps);
        append(status.outbox, part->outbox);
        append(status.clouds, part->clouds);
        if (part->group == nullptr)
          return;
        status.role = part->role;
        status.epoch = part->epoch;
        status.group = std::make_unique<wire::GroupStatusT>(*part->group);
      },
      [&status](const caf::error&) { status.ready = false; });
  return status;
}

std::string http_server::status_json() {
  const auto status = collect_status();
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(true);
  wire::FinishStatusBuffer(builder, wire::CreateStatus(builder, &status));
  return to_json(builder.GetBufferPointer(), wire::StatusTypeTable()).value_or("{}") + "\n";
}

} // namespace monopod
