#include "tools/control/nats_bus.hpp"

#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <span>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace monopod::control {

namespace {

// While NATS is away, messages wait: some 3 seconds of ten cameras. The oldest make room, which is
// counted and logged.
constexpr std::size_t held_messages = 256;

// A node that lost power does not say so: libnats gives up on a server that is silent for three
// periods.
constexpr std::int64_t server_ping_ms = 1000;
constexpr int server_pings_unanswered = 2;
constexpr std::int64_t connect_timeout_ms = 1000;
// Without this deadline a write to such a server holds libnats's lock for minutes, and no ping is
// missed (nats.c issue 215).
constexpr std::int64_t write_deadline_ms = 1000;
constexpr std::int64_t reconnect_wait_ms = 100;
constexpr std::int64_t reconnect_jitter_ms = 50;

std::vector<std::string> split(const std::string& urls) {
  std::vector<std::string> all;
  std::istringstream list(urls);
  for (std::string url; std::getline(list, url, ',');)
    all.push_back(url);
  return all;
}

void require(bool good, const std::string& urls, const std::string& why) {
  if (!good)
    throw std::runtime_error("'" + urls + "' is no address of NATS (" + why +
                             "): use --nats nats://HOST:PORT, several with commas between");
}

void require(natsStatus status, const std::string& urls) {
  require(status == NATS_OK, urls, natsStatus_GetText(status));
}

// Checks the address, because libnats would look any text up as a host, again and again.
void check(const std::string& url, const std::string& urls) {
  constexpr std::string_view scheme = "nats://";
  const auto at = split_host_port(
      std::string_view(url).substr(url.starts_with(scheme) ? scheme.size() : url.size()));
  require(at && at->number(), urls, "no HOST:PORT");
}

} // namespace

// libnats calls these from its own threads.
struct nats_bus::callbacks {
  static void connected(natsConnection*, void* self) {
    static_cast<nats_bus*>(self)->set_connected(true);
  }
  static void disconnected(natsConnection*, void* self) {
    static_cast<nats_bus*>(self)->set_connected(false);
  }
  static void message(natsConnection*, natsSubscription*, natsMsg* message, void* self) {
    static_cast<nats_bus*>(self)->on_message(message);
  }
  static void error(natsConnection*, natsSubscription*, natsStatus status, void*) {
    log_limited(log_level::warn, "nats", "error", {{"reason", natsStatus_GetText(status)}});
  }
};

nats_bus::nats_bus(options o) : options_(std::move(o)), held_(held_messages) { connect(); }

void nats_bus::connect() {
  natsOptions* raw = nullptr;
  require(natsOptions_Create(&raw), options_.urls);
  nats_options_ = {raw, natsOptions_Destroy};
  const auto urls = split(options_.urls);
  require(!urls.empty(), options_.urls, "nothing there");
  for (const auto& url : urls)
    check(url, options_.urls);
  std::vector<const char*> servers;
  servers.reserve(urls.size());
  for (const auto& url : urls)
    servers.push_back(url.c_str());
  require(natsOptions_SetServers(raw, servers.data(), static_cast<int>(servers.size())),
          options_.urls);
  natsOptions_SetName(raw, "monopod-control");
  natsOptions_SetTimeout(raw, connect_timeout_ms);
  natsOptions_SetMaxReconnect(raw, -1); // for ever
  natsOptions_SetReconnectWait(raw, reconnect_wait_ms);
  natsOptions_SetReconnectJitter(raw, reconnect_jitter_ms, reconnect_jitter_ms);
  if (options_.liveness == liveness_check::pings) {
    natsOptions_SetPingInterval(raw, server_ping_ms);
    natsOptions_SetMaxPingsOut(raw, server_pings_unanswered);
    natsOptions_SetWriteDeadline(raw, write_deadline_ms);
  }
  // Otherwise messages wait for a thread that wakes up a millisecond later.
  natsOptions_SetSendAsap(raw, true);
  // One thread serves all subscriptions, instead of one for each.
  natsOptions_UseGlobalMessageDelivery(raw, true);
  natsOptions_SetDisconnectedCB(raw, callbacks::disconnected, this);
  natsOptions_SetReconnectedCB(raw, callbacks::connected, this);
  natsOptions_SetErrorHandler(raw, callbacks::error, this);
  natsOptions_SetRetryOnFailedConnect(raw, true, callbacks::connected, this);
  const auto status = natsConnection_Connect(&connection_, raw);
  if (status == NATS_OK)
    set_connected(true);
  else if (status == NATS_NOT_YET_CONNECTED)
    log_warn("nats", "no server yet", {{"servers", options_.urls}});
  else
    require(status, options_.urls);
}

nats_bus::~nats_bus() {
  closing_ = true;
  for (auto& [subject, t] : topics_)
    natsSubscription_Destroy(t.handle);
  natsConnection_Destroy(connection_);
  nats_options_.reset();
  nats_CloseAndWait(0); // waits for the threads that call our callbacks
}

void nats_bus::set_connected(bool connected) {
  if (closing_)
    return;
  if (connected_.exchange(connected) != connected)
    log_line(connected ? log_level::info : log_level::warn, "nats",
             connected ? "connected" : "no server", {{"servers", options_.urls}});
  if (connected) {
    const std::lock_guard lock(sending_);
    for (auto waiting = held_.size(); waiting > 0; --waiting) {
      const auto first = held_.pop();
      send(first.subject, first.message);
    }
  }
  if (options_.on_connection)
    options_.on_connection(connected);
}

void nats_bus::publish(const std::string& subject, std::string_view message) {
  const std::lock_guard lock(sending_);
  if (connected_)
    send(subject, message);
  else
    hold(subject, message);
}

void nats_bus::send(const std::string& subject, std::string_view message) {
  const auto status = natsConnection_Publish(connection_, subject.c_str(), message.data(),
                                             static_cast<int>(message.size()));
  if (status == NATS_MAX_PAYLOAD) {
    ++dropped_;
    log_limited(log_level::error, "nats", "message is larger than NATS takes: set its max_payload",
                {{"subject", subject}, {"bytes", message.size()}});
  } else if (status != NATS_OK) {
    hold(subject, message); // the connection is just breaking
  }
}

void nats_bus::hold(const std::string& subject, std::string_view message) {
  if (held_.push({subject, std::string(message)}))
    return;
  ++dropped_;
  log_limited(log_level::warn, "nats", "no server: the oldest message is dropped",
              {{"dropped", dropped_.load()}});
}

std::unique_ptr<nats_bus::subscription> nats_bus::subscribe(const std::string& subject,
                                                            receiver r) {
  const std::lock_guard lock(receiving_);
  auto& t = topics_[subject];
  t.receivers.push_back(std::move(r));
  if (t.handle == nullptr && natsConnection_Subscribe(&t.handle, connection_, subject.c_str(),
                                                      callbacks::message, this) == NATS_OK)
    natsSubscription_SetPendingLimits(t.handle, -1, limits::bytes_in_flight_max);
  return std::make_unique<subscription>(*this, subject, std::prev(t.receivers.end()));
}

void nats_bus::unsubscribe(const std::string& subject, std::list<receiver>::iterator r) {
  natsSubscription* unused = nullptr;
  {
    const std::lock_guard lock(receiving_);
    const auto found = topics_.find(subject);
    found->second.receivers.erase(r);
    if (found->second.receivers.empty()) {
      unused = found->second.handle;
      topics_.erase(found);
    }
  }
  natsSubscription_Destroy(unused);
}

void nats_bus::on_message(natsMsg* message) {
  const std::shared_ptr<natsMsg> owner(message, natsMsg_Destroy);
  const payload bytes(
      owner, std::as_bytes(std::span(natsMsg_GetData(message),
                                     static_cast<std::size_t>(natsMsg_GetDataLength(message)))));
  // The turn comes first: a thread that has one may wait for the mutex, but not the other way
  // round.
  const processor_turns::turn turn(options_.turns);
  const std::lock_guard lock(receiving_);
  const auto found = topics_.find(std::string_view(natsMsg_GetSubject(message)));
  if (found == topics_.end())
    return; // the last subscriber has just left
  for (const auto& r : found->second.receivers)
    r(bytes);
}

} // namespace monopod::control
