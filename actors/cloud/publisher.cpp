// The cloud bridge's way from an outbox entry to an MQTT message.
#include "actors/cloud/cloud_stage.hpp"
#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "schemas/codec.hpp"

#include <algorithm>

namespace monopod {

namespace {

// What must hold of an entry; null where it does not.
const wire::Op* result_op(std::span<const std::byte> aligned) {
  const auto* op = decode_op(aligned);
  const auto* finished = op == nullptr ? nullptr : op->body_as_Finished();
  const bool good =
      finished != nullptr && finished->inference() != nullptr && finished->app() != nullptr;
  return good ? op : nullptr;
}

// An aligned copy, to be kept.
payload keep(std::span<const std::byte> bytes) {
  auto copy = std::make_shared<std::vector<std::uint64_t>>();
  const auto aligned = copy_aligned(bytes, *copy);
  return {std::move(copy), aligned};
}

} // namespace

void cloud_stage::take_entry(cloud& c, std::uint64_t entry, const payload& finished_op) {
  if (!c.client->connected() || !lead_.may_act())
    return; // comes again when it is, or from whoever may
  const auto* op = result_op(copy_aligned(finished_op.bytes(), op_scratch_));
  if (op == nullptr) {
    counts_.malformed_messages.Increment();
    return;
  }
  if (c.at_once) {
    publish_one(c, entry, *op);
    return;
  }
  const auto& finished = *op->body_as_Finished();
  c.topic.expand(topic_scratch_, finished.camera()->string_view(), finished.app()->string_view());
  c.waiting.add(topic_scratch_, entry, keep(finished_op.bytes()), boottime_ns());
  publish_due(c);
}

void cloud_stage::publish_one(cloud& c, std::uint64_t entry, const wire::Op& op) {
  const auto& finished = *op.body_as_Finished();
  published_at_ns_ = realtime_ns();
  const auto message = formatter_.format(finished, c.conf->format,
                                         {.site = conf_.site,
                                          .node = conf_.node,
                                          .epoch = op.epoch(),
                                          .published_at_ns = published_at_ns_});
  c.topic.expand(topic_scratch_, finished.camera()->string_view(), finished.app()->string_view());
  describe(op, 1, *c.conf);
  const auto limit = payload_limit(c, topic_scratch_, properties_);
  const auto* const ops = &op;
  if (!message || message->size() > limit)
    give_up(c, entry, message ? message->size() : 0, limit);
  else
    hand_over(c, topic_scratch_, *message, {entry, {}, 0}, {&ops, 1});
}

// As much as window and pace allow; the rest when a confirmation or the timer says so.
void cloud_stage::publish_due(cloud& c) {
  while (c.client->connected() && c.unconfirmed.size() < c.client->window() && lead_.may_act()) {
    const auto now_ns = boottime_ns();
    const auto due_ns = c.waiting.next_due_ns();
    if (!due_ns)
      return;
    if (const auto at_ns = std::max(*due_ns, c.pace.ready_ns()); at_ns > now_ns) {
      wake_at(c, at_ns);
      return;
    }
    publish_batch(c, *c.waiting.due(now_ns));
  }
}

void cloud_stage::publish_batch(cloud& c, const batcher::topic& from) {
  const auto& list = from.second;
  if (c.conf->batch_results == 1) {
    const auto entry = list.front().entry;
    const auto op = list.front().op;
    c.waiting.take(from, 1);
    publish_one(c, entry, *wire::GetOp(op.bytes().data()));
    return;
  }
  batch_scratch_.clear();
  for (const auto& w : list) {
    if (batch_scratch_.size() == c.conf->batch_results)
      break;
    batch_scratch_.push_back(wire::GetOp(w.op.bytes().data()));
  }
  published_at_ns_ = realtime_ns();
  describe(*batch_scratch_.front(), batch_scratch_.size(), *c.conf);
  const auto limit = payload_limit(c, from.first, properties_);
  const auto made = formatter_.format_batch(
      batch_scratch_, c.conf->format,
      {.site = conf_.site, .node = conf_.node, .epoch = 0, .published_at_ns = published_at_ns_},
      limit);
  in_flight results{list.front().entry, {}, 0};
  if (made.results == 0) {
    c.waiting.take(from, 1);
    give_up(c, results.entry, made.needs_bytes, limit);
    return;
  }
  for (std::size_t i = 1; i < made.results; ++i)
    results.more.push_back(list[i].entry);
  if (made.results < batch_scratch_.size())
    describe(*batch_scratch_.front(), made.results, *c.conf);
  if (hand_over(c, from.first, made.bytes, std::move(results),
                std::span(batch_scratch_).first(made.results)))
    c.waiting.take(from, made.results); // else the connection broke, which clears them all
}

void cloud_stage::wake_at(cloud& c, std::uint64_t at_ns) {
  if (c.wake != 0 && c.wake_ns <= at_ns)
    return;
  if (c.wake != 0)
    host().cancel(c.wake);
  const auto now_ns = boottime_ns();
  c.wake_ns = at_ns;
  c.wake = after(at_ns > now_ns ? at_ns - now_ns : 0, [this, &c] {
    c.wake = 0;
    publish_due(c);
  });
}

// Sets properties_: the user properties of the message to come.
void cloud_stage::describe(const wire::Op& op, std::size_t results, const cloud_config& conf) {
  properties_.clear();
  if (!conf.user_properties)
    return;
  if (conf.batch_results == 1) {
    std::string key;
    append_result_key(key, conf_.site, *op.body_as_Finished());
    properties_.push_back({"key", std::move(key)});
  } else {
    properties_.push_back({"results", std::to_string(results)});
  }
  properties_.push_back({"epoch", std::to_string(op.epoch())});
  properties_.push_back(
      {"schema", conf.batch_results == 1 ? "monopod.wire.Result" : "monopod.wire.ResultBatch"});
  properties_.push_back({"format", conf.format == result_format::json ? "json" : "flatbuffers"});
}

std::size_t cloud_stage::payload_limit(const cloud& c, std::string_view topic,
                                       std::span<const mqtt_client::user_property> properties) {
  return std::min<std::size_t>(c.conf->payload_max_bytes,
                               c.client->payload_max_bytes(topic, properties));
}

// Publishes a message and notes what it holds. False where the connection is gone: then its results
// come again with the next one.
bool cloud_stage::hand_over(cloud& c, const std::string& topic, std::span<const std::byte> message,
                            in_flight results, std::span<const wire::Op* const> ops) {
  const int qos = qos_of(c);
  const auto id = c.client->publish(topic, message, qos, false, properties_);
  if (!id) {
    if (!c.client->connected())
      return false;
    give_up(c, results.entry, 0, 0);
    for (const auto entry : results.more)
      give_up(c, entry, 0, 0);
    return true;
  }
  results.published_ns = boottime_ns();
  if (!c.at_once)
    c.pace.take(topic.size() + message.size(), results.published_ns);
  for (const auto* op : ops) {
    const auto& finished = *op->body_as_Finished();
    counts_.latency.commit_to_publish.Observe(
        seconds_between(finished.committed_at_ns(), published_at_ns_));
    counts_.end_to_end.Observe(seconds_between(finished.captured_at_ns(), published_at_ns_));
  }
  c.published += ops.size();
  c.published_total->Increment(static_cast<double>(ops.size()));
  if (qos == 0)
    confirm(c, results);
  else
    c.unconfirmed[*id] = std::move(results);
  return true;
}

// Such a result would be refused for ever and hold up all others: counted, said, and taken off the
// outbox. `bytes` are 0 where it is not for its size.
void cloud_stage::give_up(cloud& c, std::uint64_t entry, std::size_t bytes,
                          std::size_t limit_bytes) {
  c.unpublishable_total->Increment();
  if (bytes > 0)
    log_limited(log_level::error, name(), "result is larger than the cloud accepts",
                {{"cloud", c.name}, {"entry", entry}, {"bytes", bytes}, {"limit", limit_bytes}});
  else
    log_limited(log_level::error, name(), "result can't be published",
                {{"cloud", c.name}, {"entry", entry}});
  report(c, entry);
}

} // namespace monopod
