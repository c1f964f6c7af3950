#include "actors/cloud/picture_sender.hpp"

#include "core/clock.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

constexpr const char* log_place = "cloud";
constexpr std::uint64_t write_retry_ns = 10 * ns_per_ms; // while the socket takes nothing more

std::string corner_and_size(const cut_picture& cut) {
  return std::to_string(cut.x) + "," + std::to_string(cut.y) + "," + std::to_string(cut.width) +
         "," + std::to_string(cut.height);
}

} // namespace

picture_sender::picture_sender(std::string name, const cloud_config& cloud, const config& conf,
                               metrics& metrics, mqtt_port& port, publisher& results, owner from,
                               publisher_clocks time)
    : name_(std::move(name)), cloud_(cloud), conf_(conf), metrics_(metrics), port_(port),
      results_(results), owner_(std::move(from)), time_(time),
      topic_(cloud.image_topic, conf, name_), published_total_(metrics.pictures_published(name_)),
      waiting_gauge_(metrics.pictures_waiting(name_)), bytes_gauge_(metrics.picture_bytes(name_)) {
  for (const auto* reason : {"full", "busy", "unreadable", "too_large", "refused", "not_serving"})
    metrics_.pictures_dropped(name_, reason); // there from the start
}

picture_sender::~picture_sender() { drop_all(); }

void picture_sender::take(const wire::Op& op, const payload& jpeg) {
  const auto& finished = *op.body_as_Finished();
  const bool cut = cloud_.image == image_mode::crop;
  const bool any_will_do = !cut && cloud_.image_labels.empty();
  const auto area = any_will_do ? std::optional(picture_area{})
                                : area_around(*finished.inference(), cloud_.image_labels);
  if (jpeg.empty() || !area || !is_due(finished.camera()->str()))
    return;
  picture_message p;
  topic_.expand(p.topic, finished.camera()->string_view(), finished.app()->string_view());
  std::string key;
  append_result_key(key, conf_.site, finished);
  p.properties = {{"key", std::move(key)},
                  {"camera", finished.camera()->str()},
                  {"seq", std::to_string(finished.seq())},
                  {"captured_at_ns", std::to_string(finished.captured_at_ns())}};
  if (!cut) {
    p.jpeg = jpeg;
    add(std::move(p));
    return;
  }
  owner_.cut(jpeg, *area, [this, p = std::move(p)](picture_cutter::outcome made) mutable {
    if (!made) {
      drop(made.error() == picture_cutter::fault::busy ? "busy" : "unreadable");
      return;
    }
    p.properties.push_back({"crop", corner_and_size(*made)});
    p.jpeg = std::move(made->jpeg);
    add(std::move(p));
  });
}

bool picture_sender::is_due(const std::string& camera) {
  const auto every_ns = static_cast<std::uint64_t>(cloud_.image_every_s * 1e9);
  if (every_ns == 0)
    return true;
  const auto now_ns = time_.boottime_ns();
  const auto over = [&](std::uint64_t last_ns) { return now_ns >= last_ns + every_ns; };
  const auto known = last_ns_.find(camera);
  if (known != last_ns_.end() && !over(known->second))
    return false;
  if (last_ns_.size() >= limits::cameras)
    std::erase_if(last_ns_, [&](const auto& item) { return over(item.second); });
  if (last_ns_.size() >= limits::cameras)
    return false; // more cameras than there can be, one after the other
  last_ns_[camera] = now_ns;
  return true;
}

void picture_sender::add(picture_message p) {
  drop("full", outbox_.push(std::move(p), cloud_.image_budget_bytes));
  show();
}

void picture_sender::send_due() {
  wake_ns_.reset();
  while (const auto* p = outbox_.next()) {
    if (!may_leave(*p) || !publish(*p))
      break;
  }
  show();
}

// Returns false if the picture must wait; then a confirmation, a result or wake_ns_ continues.
bool picture_sender::may_leave(const picture_message& p) {
  if (!port_.connected() || more_results_)
    return false;
  const auto ready_ns = results_.other_ready_ns();
  const auto part = std::max<std::size_t>(port_.window() / limits::picture_window_part, 1);
  const auto in_flight = outbox_.in_flight();
  if (!ready_ns || results_.messages_in_flight() + in_flight >= port_.window())
    return false;
  if (in_flight > 0 && (in_flight >= part || outbox_.in_flight_bytes() + p.jpeg.size_bytes() >
                                                 limits::picture_in_flight_bytes))
    return false;
  const auto now_ns = time_.boottime_ns();
  const auto at_ns = port_.writing() ? std::max(*ready_ns, now_ns + write_retry_ns) : *ready_ns;
  if (at_ns > now_ns) {
    wake_ns_ = at_ns;
    return false;
  }
  return owner_.may_act();
}

// False if the connection is gone: then the picture waits for the next one.
bool picture_sender::publish(const picture_message& p) {
  const auto bytes = p.jpeg.size_bytes();
  const auto limit = std::min<std::size_t>(cloud_.payload_max_bytes,
                                           port_.payload_max_bytes(p.topic, p.properties));
  const auto id = bytes > limit
                      ? std::nullopt
                      : port_.publish(p.topic, p.jpeg.bytes(), results_.qos(), false, p.properties);
  if (!id) {
    if (bytes <= limit && !port_.connected())
      return false;
    log_limited(log_level::warn, log_place, "picture is larger than the cloud accepts",
                {{"cloud", name_}, {"bytes", bytes}, {"limit", limit}});
    outbox_.drop_next();
    drop("too_large");
    return true;
  }
  results_.note_other(p.topic.size() + bytes);
  ++published_;
  published_total_.Increment();
  if (results_.qos() == 0)
    outbox_.drop_next();
  else
    outbox_.sent(*id);
  return true;
}

void picture_sender::confirmed(int message_id, bool refused) {
  outbox_.done(message_id);
  if (refused)
    drop("refused");
  show();
}

void picture_sender::send_again() {
  outbox_.send_again();
  more_results_ = false;
  wake_ns_.reset();
}

void picture_sender::drop_all() {
  drop("not_serving", outbox_.clear());
  last_ns_.clear();
  send_again();
  show();
}

void picture_sender::drop(const char* reason, std::size_t pictures) {
  if (pictures == 0)
    return;
  dropped_ += pictures;
  metrics_.pictures_dropped(name_, reason).Increment(static_cast<double>(pictures));
  log_limited(log_level::warn, log_place, "pictures dropped",
              {{"cloud", name_},
               {"reason", reason},
               {"pictures", pictures},
               {"remedy", reason == std::string_view("full")
                              ? "raise the cloud's image_budget_bytes, or choose fewer pictures by "
                                "image_labels and image_every_s"
                              : "see docs/clouds.md, Pictures"}});
}

void picture_sender::show() {
  waiting_gauge_.Set(static_cast<double>(outbox_.size()));
  bytes_gauge_.Set(static_cast<double>(outbox_.bytes()));
}

} // namespace monopod
