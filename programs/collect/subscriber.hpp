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
  // With a name, the broker keeps the session for a day: results that reach the broker while this
  // subscriber is not connected are delivered later. Empty: the session ends with the connection.
  std::string client_id;
};

/// Connects in the constructor, which throws std::runtime_error with the remedy if that fails, and
/// again by itself whenever the connection breaks. Single-threaded: poll() calls the handlers.
class subscriber {
public:
  subscriber(subscriber_options options, std::function<void(std::span<const std::byte>)> on_message,
             std::function<void()> on_subscribed);

  /// Waits up to `timeout_ms` for messages, and takes them. Throws std::runtime_error with the
  /// remedy if the broker refuses the connection.
  void poll(int timeout_ms);

private:
  struct callbacks;
  int connect();
  subscriber_options options_;
  std::function<void(std::span<const std::byte>)> on_message_;
  std::function<void()> on_subscribed_;
  std::string refused_; // the broker's reason, if it refused the connection
  std::shared_ptr<mosquitto> handle_;
};

} // namespace monopod
