#include "actors/cloud/publisher.hpp"

#include "core/aligned.hpp"
#include "core/log.hpp"
#include "schemas/codec.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr const char* cloud_place = "cloud";

// An aligned copy, to be kept.
payload keep(std::span<const std::byte> bytes) {
  auto copy = std::make_shared<std::vector<std::uint64_t>>();
  const auto aligned = copy_aligned(bytes, *copy);
  return {std::move(copy), aligned};
}

} // namespace

const wire::Op* result_op(std::span<const std::byte> aligned) {
  const auto* op = decode_op(aligned);
  const auto* finished = op == nullptr ? nullptr : op->body_as_Finished();
  const bool good =
      finished != nullptr && finished->inference() != nullptr && finished->app() != nullptr;
  return good ? op : nullptr;
}

publisher::publisher(std::string name, const cloud_config& cloud, const config& conf,
                     metrics& metrics, mqtt_port& port, owner from, publisher_clocks time)
    : name_(std::move(name)), cloud_(cloud), conf_(conf), metrics_(metrics), port_(port),
      owner_(std::move(from)), time_(time), topic_(cloud.topic, conf, name_),
      event_topic_(cloud.event_topic, conf, name_),
      pace_(cloud.pace_messages_s, cloud.pace_bytes_s),
      waiting_(cloud.batch_results, cloud.batch_results > 1 ? cloud.batch_ms * ns_per_ms : 0),
      at_once_(cloud.batch_results == 1 && !pace_.bounded()),
      published_total_(metrics.published(name_)), confirmed_total_(metrics.confirmed(name_)),
      unpublishable_total_(metrics.unpublished(name_)),
      events_total_(metrics.published_events(name_)), puback_(metrics.publish_to_puback(name_)) {}

void publisher::take(std::uint64_t entry, const payload& finished_op) {
  if (!port_.connected() || !owner_.may_act())
    return;
  const auto* op = result_op(copy_aligned(finished_op.bytes(), op_scratch_));
  if (op == nullptr) {
    metrics_.malformed_messages.Increment();
    return;
  }
  if (at_once_) {
    publish_one(entry, *op);
    return;
  }
  const auto& finished = *op->body_as_Finished();
  topic_.expand(topic_scratch_, finished.camera()->string_view(), finished.app()->string_view());
  waiting_.add(topic_scratch_, entry, keep(finished_op.bytes()), time_.boottime_ns());
  publish_due();
}

void publisher::publish_one(std::uint64_t entry, const wire::Op& op) {
  const auto& finished = *op.body_as_Finished();
  published_at_ns_ = time_.realtime_ns();
  if (!publish_events(entry, op))
    return;
  const auto bytes = formatter_.format(finished, cloud_.format,
                                       {.site = conf_.site,
                                        .node = conf_.node,
                                        .epoch = op.epoch(),
                                        .published_at_ns = published_at_ns_});
  topic_.expand(topic_scratch_, finished.camera()->string_view(), finished.app()->string_view());
  describe(op, 1);
  const auto limit = payload_limit(topic_scratch_);
  const auto* const ops = &op;
  if (!bytes || bytes->size() > limit)
    give_up(entry, bytes ? bytes->size() : 0, limit);
  else
    hand_over(topic_scratch_, *bytes, {entry, {}, 0}, {&ops, 1});
}

// The events of a result, if it has any, in a message of their own. False if the connection is
// gone: then they go again on the next one, with the result.
bool publisher::publish_events(std::uint64_t entry, const wire::Op& op) {
  const auto& finished = *op.body_as_Finished();
  if (finished.events() == nullptr || finished.events()->size() == 0)
    return true;
  const auto bytes = formatter_.format_events(finished, cloud_.format,
                                              {.site = conf_.site,
                                               .node = conf_.node,
                                               .epoch = op.epoch(),
                                               .published_at_ns = published_at_ns_});
  event_topic_.expand(event_topic_scratch_, finished.camera()->string_view(),
                      finished.app()->string_view());
  describe_events(op);
  parts_[entry] = 2;
  const auto limit = payload_limit(event_topic_scratch_);
  if (!bytes || bytes->size() > limit) {
    give_up(entry, bytes ? bytes->size() : 0, limit, "events");
    return true;
  }
  const auto id = port_.publish(event_topic_scratch_, *bytes, qos(), false, properties_);
  if (!id && !port_.connected())
    return false;
  if (!id) {
    give_up(entry, 0, 0, "events");
    return true;
  }
  events_total_.Increment(static_cast<double>(finished.events()->size()));
  note(*id, event_topic_scratch_.size() + bytes->size(), {entry, {}, 0, true});
  return true;
}

void publisher::publish_due() {
  wake_ns_.reset();
  while (port_.connected() && unconfirmed_.size() < port_.window() && owner_.may_act()) {
    const auto now_ns = time_.boottime_ns();
    const auto due_ns = waiting_.next_due_ns();
    if (!due_ns)
      return;
    if (const auto at_ns = std::max(*due_ns, pace_.ready_ns()); at_ns > now_ns) {
      wake_ns_ = at_ns;
      return;
    }
    publish_batch(*waiting_.due(now_ns));
  }
}

void publisher::publish_batch(const batcher::topic& from) {
  const auto& list = from.second;
  if (cloud_.batch_results == 1) {
    const auto entry = list.front().entry;
    const auto op = list.front().op;
    waiting_.take(from, 1);
    publish_one(entry, *wire::GetOp(op.bytes().data()));
    return;
  }
  batch_scratch_.clear();
  for (const auto& w : list) {
    if (batch_scratch_.size() == cloud_.batch_results)
      break;
    batch_scratch_.push_back(wire::GetOp(w.op.bytes().data()));
  }
  published_at_ns_ = time_.realtime_ns();
  describe(*batch_scratch_.front(), batch_scratch_.size());
  const auto limit = payload_limit(from.first);
  const auto made = formatter_.format_batch(
      batch_scratch_, cloud_.format,
      {.site = conf_.site, .node = conf_.node, .epoch = 0, .published_at_ns = published_at_ns_},
      limit);
  message results{list.front().entry, {}, 0};
  if (made.results == 0) {
    if (!publish_events(results.entry, *batch_scratch_.front()))
      return;
    waiting_.take(from, 1);
    give_up(results.entry, made.needs_bytes, limit);
    return;
  }
  for (std::size_t i = 1; i < made.results; ++i)
    results.more.push_back(list[i].entry);
  for (std::size_t i = 0; i < made.results; ++i)
    if (!publish_events(list[i].entry, *batch_scratch_[i]))
      return; // the connection broke, which clears them all
  if (made.results < batch_scratch_.size() || cloud_.user_properties)
    describe(*batch_scratch_.front(), made.results);
  if (hand_over(from.first, made.bytes, std::move(results),
                std::span(batch_scratch_).first(made.results)))
    waiting_.take(from, made.results); // otherwise the connection broke, which clears them all
}

// Sets properties_: the user properties of the next message.
void publisher::describe(const wire::Op& op, std::size_t results) {
  properties_.clear();
  if (!cloud_.user_properties)
    return;
  const bool alone = cloud_.batch_results == 1;
  if (alone) {
    std::string key;
    append_result_key(key, conf_.site, *op.body_as_Finished());
    properties_.push_back({"key", std::move(key)});
  } else {
    properties_.push_back({"results", std::to_string(results)});
  }
  properties_.push_back({"epoch", std::to_string(op.epoch())});
  properties_.push_back({"schema", alone ? "monopod.wire.Result" : "monopod.wire.ResultBatch"});
  properties_.push_back({"format", cloud_.format == result_format::json ? "json" : "flatbuffers"});
}

void publisher::describe_events(const wire::Op& op) {
  properties_.clear();
  if (!cloud_.user_properties)
    return;
  std::string key;
  append_result_key(key, conf_.site, *op.body_as_Finished());
  key += events_key_end;
  properties_.push_back({"key", std::move(key)});
  properties_.push_back({"epoch", std::to_string(op.epoch())});
  properties_.push_back({"schema", "monopod.wire.Events"});
  properties_.push_back({"format", cloud_.format == result_format::json ? "json" : "flatbuffers"});
}

std::size_t publisher::payload_limit(std::string_view topic) const {
  return std::min<std::size_t>(cloud_.payload_max_bytes,
                               port_.payload_max_bytes(topic, properties_));
}

// Publishes a message and notes its entries. False if the connection is gone: then the results go
// again on the next one.
bool publisher::hand_over(const std::string& topic, std::span<const std::byte> bytes,
                          message results, std::span<const wire::Op* const> ops) {
  const auto id = port_.publish(topic, bytes, qos(), false, properties_);
  if (!id) {
    if (!port_.connected())
      return false;
    give_up(results.entry, 0, 0);
    for (const auto entry : results.more)
      give_up(entry, 0, 0);
    return true;
  }
  for (const auto* op : ops) {
    const auto& finished = *op->body_as_Finished();
    metrics_.latency.commit_to_publish.Observe(
        seconds_between(finished.committed_at_ns(), published_at_ns_));
    metrics_.end_to_end.Observe(seconds_between(finished.captured_at_ns(), published_at_ns_));
  }
  published_ += ops.size();
  published_total_.Increment(static_cast<double>(ops.size()));
  note(*id, topic.size() + bytes.size(), std::move(results));
  return true;
}

// A message has left.
void publisher::note(int id, std::size_t bytes, message m) {
  m.published_ns = time_.boottime_ns();
  if (!at_once_)
    pace_.take(bytes, m.published_ns);
  if (qos() == 0)
    settle(m);
  else
    unconfirmed_[id] = std::move(m);
}

bool publisher::confirmed(int message_id) {
  const auto known = unconfirmed_.find(message_id);
  if (known == unconfirmed_.end())
    return false;
  puback_.Observe(seconds_between(known->second.published_ns, time_.boottime_ns()));
  const auto done = std::move(known->second);
  unconfirmed_.erase(known);
  settle(done);
  if (!at_once_)
    publish_due(); // the window has room again
  return true;
}

void publisher::settle(const message& m) {
  if (m.events) {
    settle_part(m.entry);
    return;
  }
  const auto results = 1 + m.more.size();
  confirmed_ += results;
  confirmed_total_.Increment(static_cast<double>(results));
  settle_part(m.entry);
  for (const auto entry : m.more)
    settle_part(entry);
}

// An entry with events is settled when they are confirmed or given up, and its result is.
void publisher::settle_part(std::uint64_t entry) {
  if (const auto known = parts_.find(entry); known != parts_.end()) {
    if (--known->second > 0)
      return;
    parts_.erase(known);
  }
  owner_.settled(entry);
}

// Such a message would be refused for ever and hold up all others: it is counted, logged, and taken
// off the outbox. `bytes` are 0 if its size is not the reason.
void publisher::give_up(std::uint64_t entry, std::size_t bytes, std::size_t limit_bytes,
                        const char* what) {
  unpublishable_total_.Increment();
  if (bytes > 0)
    log_limited(log_level::error, cloud_place, "a message is larger than the cloud accepts",
                {{"cloud", name_},
                 {"entry", entry},
                 {"holds", what},
                 {"bytes", bytes},
                 {"limit", limit_bytes}});
  else
    log_limited(log_level::error, cloud_place, "a message can't be published",
                {{"cloud", name_}, {"entry", entry}, {"holds", what}});
  settle_part(entry);
}

void publisher::clear() {
  unconfirmed_.clear();
  parts_.clear();
  waiting_.clear();
  wake_ns_.reset();
}

std::uint32_t publisher::in_flight() const {
  std::size_t results = 0;
  for (const auto& [id, m] : unconfirmed_)
    results += m.events ? 0 : 1 + m.more.size();
  return static_cast<std::uint32_t>(results);
}

} // namespace monopod
