#include "actors/cloud/cloud_stage.hpp"

#include "actors/json_writer.hpp"
#include "core/aligned.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/random.hpp"
#include "core/version.hpp"
#include "schemas/codec.hpp"
#include "schemas/presence_generated.h"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr std::uint64_t attach_period_ns = ns_per_s;

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

} // namespace

cloud_stage::cloud_stage(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
                         const monopod::config& conf, metrics& metrics, authority lead)
    : stage(cfg, host), conf_(conf), metrics_(metrics), lead_(lead),
      jitter_(static_cast<std::minstd_rand::result_type>(random_u64())) {
  // An entry's op is the body.
  ledger_link_ = &open_link(
      zmq_context, {.endpoints = {conf.link.results}, .max_payload_bytes = limits::frame_bytes},
      [this](inbound& in) { on_ledger_message(in); });
  for (const auto& [cloud_name, c] : conf.cloud)
    make_cloud(cloud_name, c);
}

void cloud_stage::make_cloud(const std::string& cloud_name, const cloud_config& conf) {
  auto made = std::make_unique<cloud>();
  auto& c = *made;
  c.name = cloud_name;
  c.conf = &conf;
  clouds_.emplace(cloud_name, std::move(made));
  c.backoff_ms = conf.reconnect_min_ms;
  c.attempts_total = &metrics_.reconnects(cloud_name);
  c.connected_gauge = &metrics_.connected(cloud_name);
  mqtt_client::options options{.host = conf.host,
                               .port = conf.port,
                               .version = conf.version,
                               .client_id = conf.client_id,
                               .username = conf.username,
                               .password = conf.password,
                               .keepalive_s = conf.keepalive_s,
                               .tls = {.on = conf.tls,
                                       .ca_file = conf.ca_file,
                                       .cert_file = conf.cert_file,
                                       .key_file = conf.key_file,
                                       .alpn = conf.alpn},
                               .expiry_s = conf.expiry_s,
                               .in_flight = conf.in_flight,
                               .will_topic = status_topic(cloud_name, conf),
                               .will_payload = presence("offline"),
                               .will_retain = conf.status_retain};
  if (options.client_id.empty())
    options.client_id = "monopod-" + conf_.site + "-" + conf_.node + "-" + cloud_name;
  c.client = std::make_unique<mqtt_client>(
      host(), std::move(options),
      mqtt_client::handlers{
          [this, &c] { run([&] { on_connected(c); }); },
          [this, &c](const std::string& reason) { run([&] { on_disconnected(c, reason); }); },
          [this, &c](int id, std::optional<std::string> refused) {
            run([&] { on_confirmed(c, id, refused); });
          }});
  c.results.emplace(cloud_name, conf, conf_, metrics_, *c.client,
                    publisher::owner{[this] { return lead_.may_act(); },
                                     [this, &c](std::uint64_t entry) { report(c, entry); }});
  if (conf.image != image_mode::none)
    make_pictures(c);
}

void cloud_stage::make_pictures(cloud& c) {
  if (!cutter_)
    cutter_.emplace(host());
  c.pictures.emplace(
      c.name, *c.conf, conf_, metrics_, *c.client, *c.results,
      picture_sender::owner{[this] { return lead_.may_act(); },
                            [this, &c](payload jpeg, const picture_area& area,
                                       std::function<void(picture_cutter::outcome)> tell) {
                              cutter_->cut(
                                  std::move(jpeg), area,
                                  [this, &c, tell = std::move(tell)](picture_cutter::outcome made) {
                                    run([&] {
                                      tell(std::move(made));
                                      send_pictures_soon(c);
                                    });
                                  });
                            }});
}

cloud_stage::behavior_type cloud_stage::make_behavior() {
  for (auto& [cloud_name, c] : clouds_)
    connect(*c);
  attach();
  every(attach_period_ns, [this] { attach(); });
  return {
      [this](status_atom) { return make_status(); },
      [this](ready_atom) { return attached_; },
      [](drain_atom) {},
      [this](busy_atom) {
        return std::ranges::any_of(clouds_, [](const auto& item) {
          const auto& c = *item.second;
          return c.results->busy() || (c.pictures && c.pictures->busy());
        });
      },
      [this](attach_atom) { attach(); },
      [](fail_atom) { fail_as_asked(); },
      [this](serve_atom, std::uint64_t) { forget_entries(); },
  };
}

void cloud_stage::on_exit() {
  cutter_.reset(); // on the loop's thread
  for (auto& [cloud_name, c] : clouds_) {
    if (c->client->connected())
      c->client->publish(status_topic(c->name, *c->conf), bytes(presence("offline")), 0,
                         c->conf->status_retain);
    c->client->disconnect();
    c->connected_gauge->Set(0);
  }
  stage::on_exit();
}

// The node that serves publishes unconfirmed entries again, with the same keys. They are forgotten
// once for each change: the ledger stage may hear of it before this stage, whose mailbox another
// thread has just filled, and what it sends then must not be forgotten.
void cloud_stage::forget_entries() {
  if (std::exchange(serving_changes_, lead_.serving_changes()) == lead_.serving_changes())
    return;
  for (auto& [cloud_name, c] : clouds_) {
    c->results->clear();
    if (c->pictures)
      c->pictures->drop_all();
  }
  reports_.clear();
}

// -- clouds

void cloud_stage::connect(cloud& c) {
  ++c.attempts;
  c.attempts_total->Increment();
  c.client->set_password(c.conf->password); // it may change at run time
  c.client->connect();
}

void cloud_stage::on_connected(cloud& c) {
  log_info(name(), "cloud connected",
           {{"cloud", c.name}, {"host", c.conf->host}, {"port", c.conf->port}});
  c.backoff_ms = c.conf->reconnect_min_ms;
  c.connected_gauge->Set(1);
  if (c.conf->qos > c.client->max_qos())
    log_limited(log_level::warn, name(), "cloud does not support this quality of service",
                {{"cloud", c.name}, {"qos", c.conf->qos}, {"used", c.client->max_qos()}});
  const auto topic = status_topic(c.name, *c.conf);
  const auto online = presence("online");
  c.results->note_other(topic.size() + online.size());
  c.client->publish(topic, bytes(online), std::min(c.results->qos(), 1), c.conf->status_retain);
  attach(); // the ledger may send
  send_pictures_soon(c);
}

void cloud_stage::on_disconnected(cloud& c, const std::string& reason) {
  c.connected_gauge->Set(0);
  c.results->clear();
  if (c.pictures)
    c.pictures->send_again();
  attach(); // the ledger keeps the unconfirmed entries
  // Back-off that doubles, with full jitter, so that many nodes do not return in step.
  const auto delay_ms =
      std::uniform_int_distribution<std::uint32_t>(c.backoff_ms / 2, c.backoff_ms)(jitter_);
  c.backoff_ms = std::min(c.backoff_ms * 2, c.conf->reconnect_max_ms);
  log_limited(log_level::warn, name(), "cloud not connected",
              {{"cloud", c.name},
               {"host", c.conf->host},
               {"port", c.conf->port},
               {"reason", reason},
               {"retry_ms", delay_ms}});
  after(delay_ms * ns_per_ms, [this, &c] { connect(c); });
}

void cloud_stage::on_confirmed(cloud& c, int message_id,
                               const std::optional<std::string>& refused) {
  if (c.pictures && c.pictures->knows(message_id)) {
    if (refused)
      log_limited(log_level::error, name(), "cloud refuses pictures",
                  {{"cloud", c.name}, {"reason", *refused}});
    c.pictures->confirmed(message_id, refused.has_value());
    send_pictures_soon(c);
    return;
  }
  if (!c.results->knows(message_id))
    return; // the presence message, or QoS 0, which is settled when it is published
  if (refused) {
    // Nothing is lost by waiting: the entry stays in the outbox and goes again on the next
    // connection.
    log_limited(log_level::error, name(), "cloud refuses results",
                {{"cloud", c.name}, {"reason", *refused}});
    c.client->disconnect();
    on_disconnected(c, *refused);
    return;
  }
  c.results->confirmed(message_id);
  wake_when_due(c);
  send_pictures_soon(c);
}

void cloud_stage::publish_due(cloud& c) {
  c.results->publish_due();
  wake_when_due(c);
  send_pictures_soon(c);
}

void cloud_stage::wake_when_due(cloud& c) {
  const auto at_ns = c.results->wake_ns();
  if (!at_ns || (c.wake != 0 && c.wake_ns <= *at_ns))
    return;
  if (c.wake != 0)
    host().cancel(c.wake);
  const auto now_ns = boottime_ns();
  c.wake_ns = *at_ns;
  c.wake = after(*at_ns > now_ns ? *at_ns - now_ns : 0, [this, &c] {
    c.wake = 0;
    publish_due(c);
  });
}

// A moment later, so that the results which a confirmation lets in go first.
void cloud_stage::send_pictures_soon(cloud& c) {
  if (c.pictures && c.pictures->waiting() > 0)
    wake_pictures(c, boottime_ns() + retry_ns);
}

void cloud_stage::wake_pictures(cloud& c, std::uint64_t at_ns) {
  if (c.picture_wake != 0 && c.picture_wake_ns <= at_ns)
    return;
  if (c.picture_wake != 0)
    host().cancel(c.picture_wake);
  const auto now_ns = boottime_ns();
  c.picture_wake_ns = at_ns;
  c.picture_wake = after(at_ns > now_ns ? at_ns - now_ns : 0, [this, &c] {
    c.picture_wake = 0;
    c.pictures->send_due();
    if (const auto next_ns = c.pictures->wake_ns())
      wake_pictures(c, *next_ns);
  });
}

std::string cloud_stage::presence(const char* state) const {
  flatbuffers::FlatBufferBuilder b;
  wire::FinishPresenceBuffer(b, wire::CreatePresenceDirect(b, conf_.site.c_str(),
                                                           conf_.node.c_str(), state, lead_.epoch(),
                                                           version, realtime_ns()));
  return to_json(b.GetBufferPointer(), wire::PresenceTypeTable()).value_or("");
}

std::string cloud_stage::status_topic(const std::string& cloud_name,
                                      const cloud_config& conf) const {
  std::string text;
  topic_template(conf.status_topic, conf_, cloud_name).expand(text, {}, {});
  return text;
}

// -- ledger

void cloud_stage::on_ledger_message(inbound& in) {
  const auto* message = in.well_formed ? decode_outbox(in.envelope) : nullptr;
  const auto* entry = message == nullptr ? nullptr : message->body_as_Entry();
  const auto* picture = message == nullptr ? nullptr : message->body_as_Picture();
  forget_entries(); // those of before, if this message has overtaken the word of a change
  if (entry != nullptr) {
    on_entry(*entry, in.body);
  } else if (picture != nullptr) {
    on_picture(*picture, in.body);
  } else if (message != nullptr && message->body_as_CloudAttached() != nullptr) {
    attached_ = true;
  } else {
    metrics_.malformed_messages.Increment();
  }
}

void cloud_stage::on_entry(const wire::Entry& entry, const payload& op) {
  const auto known = clouds_.find(entry.cloud()->string_view());
  if (known == clouds_.end())
    return;
  auto& c = *known->second;
  if (c.pictures)
    c.pictures->note_more_results(entry.more());
  c.results->take(entry.entry(), op);
  wake_when_due(c);
  send_pictures_soon(c);
}

void cloud_stage::on_picture(const wire::Picture& message, const payload& jpeg) {
  const auto* op = result_op(copy_aligned(
      std::as_bytes(std::span(message.op()->data(), message.op()->size())), op_scratch_));
  if (op == nullptr) {
    metrics_.malformed_messages.Increment();
    return;
  }
  for (auto& [cloud_name, c] : clouds_)
    if (c->pictures) {
      c->pictures->take(*op, jpeg);
      send_pictures_soon(*c);
    }
}

void cloud_stage::report(const cloud& c, std::uint64_t entry) {
  reports_.emplace_back(&c, entry);
  if (reports_.size() == 1)
    send_reports();
}

void cloud_stage::send_reports() {
  while (!reports_.empty()) {
    const auto& [c, entry] = reports_.front();
    builder_.Clear();
    const auto body = wire::CreatePublishedDirect(builder_, c->name.c_str(), entry);
    if (ledger_link_->send(0, finish_outbox(builder_, lead_.epoch(), body)) == send_result::full) {
      after(retry_ns, [this] { send_reports(); });
      return;
    }
    reports_.pop_front();
  }
}

void cloud_stage::attach() {
  wire::CloudAttachT body;
  body.node = conf_.node;
  for (const auto& [cloud_name, c] : clouds_) {
    auto w = std::make_unique<wire::CloudWindowT>();
    w->cloud = cloud_name;
    w->in_flight =
        std::min(c->client->window() * c->conf->batch_results, limits::cloud_in_flight_max);
    w->connected = c->client->connected();
    w->connection = c->attempts;
    body.clouds.push_back(std::move(w));
  }
  builder_.Clear();
  ledger_link_->send(
      0, finish_outbox(builder_, lead_.epoch(), wire::CreateCloudAttach(builder_, &body)));
}

status_part cloud_stage::make_status() const {
  auto part = std::make_shared<wire::StatusT>();
  for (const auto& [cloud_name, c] : clouds_) {
    auto s = std::make_unique<wire::CloudStatusT>();
    s->name = cloud_name;
    s->connected = c->client->connected();
    s->in_flight = c->results->in_flight();
    s->published = c->results->published_results();
    s->confirmed = c->results->confirmed_results();
    s->reconnects = c->attempts > 0 ? c->attempts - 1 : 0;
    if (c->pictures) {
      s->pictures = std::make_unique<wire::PictureStatusT>();
      s->pictures->waiting = static_cast<std::uint32_t>(c->pictures->waiting());
      s->pictures->waiting_bytes = c->pictures->waiting_bytes();
      s->pictures->published = c->pictures->published();
      s->pictures->dropped = c->pictures->dropped();
    }
    part->clouds.push_back(std::move(s));
  }
  return part;
}

} // namespace monopod
