// Results: what applications answer becomes an op of the ledger, with the zones of its camera.
#include "actors/frames/broker.hpp"
#include "actors/frames/inference_check.hpp"
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <memory>

namespace monopod {

void broker::on_result(const std::string& app, const wire::AppResult& result,
                       std::span<const std::byte> message) {
  const auto camera = result.camera()->string_view();
  const auto known = apps_.find(app);
  MONOPOD_ENSURE(known != apps_.end(), "a peer that may answer is an application here");
  auto& from = known->second;
  from.silent_s = 0; // an application that computes for long may have no time for its Subscribe
  const auto* fault = inference_fault(*result.inference());
  if (fault == nullptr && std::max(result.started_at_ns(), result.finished_at_ns()) >
                              realtime_ns() + limits::result_ahead_ns)
    fault = "a stamp is more than a day in the future: set the application's clock";
  if (fault != nullptr) {
    log_limited(log_level::warn, name(), "result refused", {{"app", app}, {"fault", fault}});
    refuse_app(from.peer, wire::AppRefuseReason::Malformed, camera, result.stream(), result.seq());
    return;
  }
  auto* c = find_open(camera);
  if (c == nullptr) {
    refuse_app(from.peer, wire::AppRefuseReason::NotOutstanding, camera, result.stream(),
               result.seq());
    return;
  }
  const auto completed =
      delivery_.complete(app, *c->at_delivery, result.stream(), result.seq(), message);
  if (!completed) {
    refuse_app(from.peer, completed.error(), camera, result.stream(), result.seq());
    return;
  }
  from.results->Increment();
  for (const auto& finished : *completed) {
    // An answer that was held back until those before it were given is in `finished`; else it is in
    // this message.
    const auto& answer = finished.answer.empty()
                             ? result
                             : *wire::GetAppMessage(finished.answer.data())->body_as_AppResult();
    metrics_.latency.gateway_to_app.Observe(
        seconds_between(finished.info.received_at_ns, answer.started_at_ns()));
    metrics_.latency.app_service.Observe(
        seconds_between(answer.started_at_ns(), answer.finished_at_ns()));
    append(camera, finished.info, finished.settled_seq, app, &answer, finished.picture);
  }
  deliver(app); // if too many answers were owed
}

// A frame that no application with policy `every` owes.
void broker::finish_unowed(const camera_record& c, const frame_info& info) {
  if (c.at_delivery->subscribers.empty())
    metrics_.frames_unsubscribed.Increment();
  const auto settled = c.at_delivery->settled_seq;
  if (settled >= info.seq) // else an earlier frame is in flight, whose op will cover this one
    append(c.name, info, settled, {}, nullptr);
}

// The process of the application; 0 if it is not known any more.
std::uint64_t broker::session_of(std::string_view app) const {
  const auto known = apps_.find(app);
  return known == apps_.end() ? 0 : known->second.session;
}

// Hands the finished frame to the ledger. `result` is null if no application subscribes.
void broker::append(std::string_view camera, const frame_info& info, std::uint64_t settled_seq,
                    std::string_view app, const wire::AppResult* result, const payload& picture) {
  auto& b = builder_;
  b.Clear();
  zone_judgement judged;
  if (result != nullptr)
    judged = zones_.judge({.camera = camera,
                           .app = app,
                           .stream = info.stream,
                           .session = session_of(app),
                           .captured_at_ns = info.captured_at_ns},
                          *result->inference());
  const auto inference = result == nullptr ? 0 : write_judged(b, *result->inference(), judged);
  const auto events = write_events(b, judged);
  const auto camera_offset = b.CreateString(camera);
  const auto app_offset = result == nullptr ? 0 : b.CreateString(app);
  const auto started_at_ns = result == nullptr ? 0 : result->started_at_ns();
  const auto finished_at_ns = result == nullptr ? 0 : result->finished_at_ns();
  const auto body =
      wire::CreateFinished(b, camera_offset, info.stream, info.seq, app_offset, settled_seq,
                           info.captured_at_ns, info.received_at_ns, started_at_ns, finished_at_ns,
                           unsealed_op::placeholder, inference, events);
  const auto encoded = finish_op(b, unsealed_op::placeholder, unsealed_op::placeholder, body);
  send(ledger_, append_atom::value, std::make_shared<unsealed_op>(encoded, picture));
}

} // namespace monopod
