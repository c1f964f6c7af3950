// A connection to the cloud's MQTT broker, for a gateway whose results arrive on another thread.
#pragma once

#include "tools/control/dropping_queue.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

struct mosquitto;

namespace monopod::control {

/// MQTT 5 by libmosquitto, which connects again for ever. The thread that publishes also writes to
/// the socket: neither the stamp nor the message waits for another thread. A thread of its own
/// reads confirmations. Results that can't go yet wait, unstamped, in a bounded queue
/// (cloud_publisher.cpp says how many); the oldest make room, which is counted and logged. Any
/// thread may call.
///
/// The gateway does not use actors/cloud/mqtt_client: that lives on a loop's thread, and each
/// result would have to wake it.
class cloud_publisher {
public:
  struct options {
    std::string host;
    std::uint16_t port = 1883;
    std::string client_id;
    int qos = 1;                             // 0 to 2
    std::function<void()> on_connected = {}; // called at each connection, on the thread that reads
    /// The broker has confirmed a result that has a number, or will not have it. On any thread,
    /// which must not call the publisher from there.
    std::function<void(std::uint64_t number, bool confirmed)> on_settled = {};
  };

  explicit cloud_publisher(options o);
  /// Waits up to a second for confirmations that are missing.
  ~cloud_publisher();
  cloud_publisher(const cloud_publisher&) = delete;
  cloud_publisher& operator=(const cloud_publisher&) = delete;

  /// `result` is a text with "published_at_ns":0 in it. The number becomes the time just before
  /// the result is handed to libmosquitto, as the thesis measured. on_settled is told of results
  /// whose `number` is not 0; several may share one.
  void publish(std::string topic, std::string result, std::uint64_t number = 0);

  bool connected() const { return connected_; }
  std::uint64_t published() const { return published_; }
  std::uint64_t dropped() const { return dropped_; }

private:
  struct callbacks;
  struct message {
    std::string topic;
    std::string text;
    std::uint64_t number = 0;
  };

  void run();
  bool connect();
  void serve();
  bool turn();
  void wait_ms(std::uint64_t ms);
  void wake() const;
  bool hand_over(message& m);
  void hand_over_waiting();
  void settle(std::uint64_t number, bool confirmed) const;

  const options options_;
  std::shared_ptr<mosquitto> handle_; // used under the mutex, except while it connects
  const int wake_fd_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> connected_ = false;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable settled_;                // a confirmation arrived
  std::string refused_;                            // why the broker refused the connection
  std::uint64_t unconfirmed_ = 0;                  // handed over, and not confirmed
  std::unordered_map<int, std::uint64_t> numbers_; // of these, by libmosquitto's number
  dropping_queue<message> waiting_;
  bool tried_ = false; // to connect
  std::thread thread_;
};

/// Puts the time into its place in a result; a text without that place stays as it is. Any thread.
void stamp_result(std::string& result, std::uint64_t published_at_ns);

} // namespace monopod::control
