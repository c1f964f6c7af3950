// An MQTT subscription that is polled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

struct mosquitto;

namespace monopod {

struct subscriber_options {
  std::string host = "localhost";
  std::uint16_t port = 1883;
  std::string topic = "monopod/+/results/+/+";
  int qos = 1;
  std::string username;
  std::string password;
  // With a name of its own the broker keeps the session for a day: what comes while this subscriber
  // or the broker is away is delivered later. Empty: the session ends with the connection.
  std::string client_id;
};

/// Connects in the constructor (throws std::runtime_error with the remedy when that fails) and
/// again by itself whenever the connection breaks. Single-threaded: handlers are called from
/// poll().
class subscriber {
public:
  subscriber(subscriber_options options, std::function<void(std::span<const std::byte>)> on_message,
             std::function<void()> on_subscribed);

  /// Takes what arrives within `timeout_ms`. std::runtime_error where the broker lets nobody like
  /// us in.
  void poll(int timeout_ms);

private:
  struct callbacks;
  int connect();
  subscriber_options options_;
  std::function<void(std::span<const std::byte>)> on_message_;
  std::function<void()> on_subscribed_;
  std::string refused_; // the broker's reason, where it did not let us in
  std::shared_ptr<mosquitto> handle_;
};

} // namespace monopod
