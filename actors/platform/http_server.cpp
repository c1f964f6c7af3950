#include "actors/platform/http_server.hpp"

#include "actors/group/group_commands.hpp"
#include "actors/json_writer.hpp"
#include "actors/platform/live_page.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/names.hpp"
#include "core/priority.hpp"
#include "core/version.hpp"

#include <caf/scoped_actor.hpp>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <exception>
#include <future>
#include <iterator>
#include <optional>
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

// A browser on this machine speaks for any page that it shows; it says so by an Origin.
bool from_this_machine(const http_request& request) {
  const std::string_view peer = request.peer;
  const bool loopback =
      peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
  return loopback && !request.from_a_page;
}

bool is_probe(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/startupz";
}

// The names under which this node may be asked for.
std::vector<std::string> own_names(const config& conf) {
  auto names = conf.http.names;
  names.push_back(conf.node);
  for (const auto& [name, member] : conf.member)
    names.push_back(name);
  return names;
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
      debug_(debug), names_(own_names(conf)), process_metrics_(make_process_metrics()),
      started_ns_(boottime_ns()), loop_(system, {.stall_ms = conf.loop.stall_ms}),
      listener_(loop_, conf.http.listen, metrics,
                [this](std::uint64_t id, http_request r) { take(id, std::move(r)); }),
      thread_([this] {
        give_way(http_niceness);
        loop_.run();
      }) {}

http_server::~http_server() {
  loop_.stop();
  thread_.join();
}

// On the loop's thread.
void http_server::take(std::uint64_t id, http_request request) {
  auto& worker = is_probe(request.path)     ? probes_
                 : request.method == "POST" ? commands_
                                            : questions_;
  const auto asked = std::make_shared<const http_request>(std::move(request));
  if (!worker.take([this, id, asked] { work(id, *asked); }))
    listener_.answer(id, {503, "text/plain", "too many requests wait\n"});
}

// On a worker's thread, which an exception would end together with the process.
void http_server::work(std::uint64_t id, const http_request& request) {
  outcome o;
  try {
    o = respond(request);
  } catch (const std::exception& e) {
    o.reply = {500, "text/plain", "internal error, see the log\n"};
    log_limited(log_level::error, "http", "request failed", {{"error", e.what()}});
  }
  const auto shared = std::make_shared<const outcome>(std::move(o));
  if (!loop_.remote()->post(
          [this, id, shared] { listener_.answer(id, shared->reply, shared->afterwards); }))
    log_limited(log_level::error, "http", "an answer is lost: the loop takes nothing");
}

http_server::outcome http_server::respond(const http_request& request) {
  constexpr std::string_view group = "/group/";
  const bool asks = request.method == "GET" || request.method == "HEAD";
  if (asks && is_probe(request.path))
    return {probe(request.path)};
  if (!host_is_ours(request.host, names_))
    return {{403, "text/plain",
             "this node does not have the name that you ask for: use its address, or set "
             "http.names\n"}};
  if (asks)
    return {answer(request)};
  if (request.method == "POST" && request.path == "/debug/kill-stage")
    return kill_stage(request);
  if (request.method == "POST" && request.path.starts_with(group))
    return {command(request, std::string_view(request.path).substr(group.size()))};
  if (request.method == "POST" && request.path == "/forget/camera")
    return {forget<ledger_actor>(request, "ledger")};
  if (request.method == "POST" && request.path == "/forget/app")
    return {forget<broker_actor>(request, "broker")};
  if (request.method == "POST")
    return {{405, "text/plain",
             "no such command: /group/COMMAND, /forget/camera and /forget/app take POST\n"}};
  return {{405, "text/plain", "use GET, or POST for a command\n"}};
}

// Has the stage of this name carry out a command, which it answers with whether it was done, and
// how it ended; nothing if there is no such stage.
template <class Stage, class... Command>
std::optional<http_reply> http_server::carry_out(std::string_view stage, const Command&... what) {
  caf::scoped_actor self{system_};
  using answer = decltype(self->request(std::declval<const Stage&>(), patience, what...));
  std::optional<answer> asked;
  roster_.for_each([&](const roster::entry& e) { // the one that runs now
    if (e.name == stage)
      asked.emplace(self->request(caf::actor_cast<Stage>(e.stage), command_patience, what...));
  });
  if (!asked)
    return std::nullopt;
  http_reply reply;
  asked->receive(
      [&](bool done, const std::string& text) {
        reply = {done ? 200 : 409, "text/plain", text + "\n"};
      },
      [&](const caf::error&) {
        reply = {503, "text/plain",
                 "the " + std::string(stage) +
                     " gave no answer: see `monopod status` for what became of it\n"};
      });
  return reply;
}

// Nothing if commands may be given on this connection.
std::optional<http_reply> http_server::refuse_command(const http_request& request) const {
  if (debug_ || from_this_machine(request))
    return std::nullopt;
  return http_reply{
      403, "text/plain",
      "commands are taken from this machine only: use its address 127.0.0.1 in a shell on it, or "
      "start the pod with --enable-debug\n"};
}

http_reply http_server::command(const http_request& request, std::string_view word) {
  if (const auto refused = refuse_command(request))
    return *refused;
  const auto verb = parse_group_verb(word);
  if (!verb)
    return {404, "text/plain",
            "no such command to a group: use one of " + group_verb_words() + "\n"};
  const auto member = query_value(request.query, "member");
  if (!member)
    return {404, "text/plain", "no such member: a name has 64 characters at most\n"};
  return carry_out<replicator_actor>("replicator", group_atom::value, *verb, *member)
      .value_or(
          http_reply{409, "text/plain", "this node is alone: it is not a member of a group\n"});
}

template <class Stage>
http_reply http_server::forget(const http_request& request, std::string_view stage) {
  if (const auto refused = refuse_command(request))
    return *refused;
  const auto name = query_value(request.query, "name");
  if (!name || !valid_name(*name))
    return {400, "text/plain",
            std::string("name=NAME is missing, or no name: ") + name_rule + "\n"};
  return carry_out<Stage>(stage, forget_atom::value, *name)
      .value_or(http_reply{409, "text/plain", "this node has no pipeline: it is a witness\n"});
}

http_server::outcome http_server::kill_stage(const http_request& request) {
  if (!debug_)
    return {{403, "text/plain", "debugging is off: start the pod with --enable-debug\n"}};
  const auto name = query_value(request.query, "name").value_or("");
  std::string known;
  bool found = false;
  roster_.for_each([&](const roster::entry& e) {
    known += " " + e.name;
    found = found || e.name == name;
  });
  if (!found)
    return {{404, "text/plain", "no such stage: name one of" + known + "\n"}};
  // The answer goes first: a stage that fails too often takes the process with it.
  return {{200, "text/plain", "told to fail: " + name + "\n"}, [this, name] {
            roster_.for_each([&name](const roster::entry& e) {
              if (e.name == name)
                caf::anon_send(e.stage, fail_atom::value);
            });
          }};
}

template <class Answer>
template <class Examine>
const Answer& http_server::finding<Answer>::now(Examine examine) {
  if (at_ns == 0 || boottime_ns() - at_ns > limits::http_probe_ms * ns_per_ms) {
    answer = examine();
    at_ns = boottime_ns();
  }
  return answer;
}

// On the probes' thread.
http_reply http_server::probe(std::string_view path) {
  const auto ready = [this] { return ready_.now([this] { return stages_ready(); }); };
  const bool good = path == "/livez"    ? live_.now([this] { return loops_turn(); })
                    : path == "/readyz" ? ready()
                                        : started_up_ || (started_up_ = ready());
  return {good ? 200 : 503, "text/plain", good ? "ok\n" : "not yet\n"};
}

http_reply http_server::answer(const http_request& request) {
  if (request.path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text()};
  if (request.path == "/api/v1/status")
    return {200, "application/json", status_.now([this] { return status_json(); })};
  if (request.path == "/")
    return {200, "text/html; charset=utf-8", live_page};
  return {404, "text/plain",
          "try /metrics /livez /readyz /startupz /api/v1/status; commands take POST\n"};
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
        status.problems.insert(status.problems.end(), part->problems.begin(), part->problems.end());
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
