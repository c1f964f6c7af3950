// A connection to NATS, through which the gateway's replicas pass frames.
#pragma once

#include "core/payload.hpp"
#include "tools/control/dropping_queue.hpp"
#include "tools/control/habits/processor_turns.hpp"
#include "tools/control/liveness_check.hpp"

#include <nats/nats.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace monopod::control {

/// Connects in the background, again and again, to any of several servers. While none answers, the
/// latest messages wait (nats_bus.cpp says how many); older ones are dropped, counted and logged.
/// Any thread may call. A process has one bus, because the end of a bus is the end of the
/// library's threads.
class nats_bus {
public:
  /// Gets a message's bytes, which it may keep. Called on a thread of NATS, one call at a time; it
  /// must neither block, nor subscribe or unsubscribe.
  using receiver = std::function<void(const payload&)>;

  struct options {
    std::string urls; // "nats://HOST:PORT", or several separated by commas
    liveness_check liveness = liveness_check::pings; // otherwise libnats's own: four to six minutes
    std::function<void(bool connected)> on_connection = {}; // on a thread of NATS
    processor_turns* turns = nullptr; // if any, receivers are called in turns; must outlive the bus
  };

  /// Throws std::runtime_error with the remedy if the address is not one.
  explicit nats_bus(options o);
  /// No receiver is called after the destructor has returned.
  ~nats_bus();
  nats_bus(const nats_bus&) = delete;
  nats_bus& operator=(const nats_bus&) = delete;

  /// Copies the message, and writes it to the socket before it returns if a server is connected.
  void publish(const std::string& subject, std::string_view message);

  /// Lasts until the returned token is destroyed. After that, the receiver is not called any more.
  class subscription;
  std::unique_ptr<subscription> subscribe(const std::string& subject, receiver r);

  bool connected() const { return connected_; }
  /// Messages that will never be sent.
  std::uint64_t dropped() const { return dropped_; }

private:
  struct callbacks;
  struct topic {
    natsSubscription* handle = nullptr;
    std::list<receiver> receivers;
  };
  struct held {
    std::string subject;
    std::string message;
  };

  void connect();
  void set_connected(bool connected);
  void on_message(natsMsg* message);
  void send(const std::string& subject, std::string_view message);
  void hold(const std::string& subject, std::string_view message);
  void unsubscribe(const std::string& subject, std::list<receiver>::iterator r);

  options options_;
  std::shared_ptr<natsOptions> nats_options_;
  natsConnection* connection_ = nullptr;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> closing_ = false;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex receiving_; // guards the topics, and is held while a receiver runs
  std::map<std::string, topic, std::less<>> topics_;
  std::mutex sending_; // guards the held messages, and the order in which messages go
  dropping_queue<held> held_;
};

class nats_bus::subscription {
public:
  subscription(nats_bus& bus, std::string subject, std::list<receiver>::iterator r)
      : bus_(bus), subject_(std::move(subject)), receiver_(r) {}
  ~subscription() { bus_.unsubscribe(subject_, receiver_); }
  subscription(const subscription&) = delete;
  subscription& operator=(const subscription&) = delete;

private:
  nats_bus& bus_;
  std::string subject_;
  std::list<receiver>::iterator receiver_;
};

} // namespace monopod::control
