// A connection to the cloud's MQTT broker, for a gateway whose results come on another thread.
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

struct mosquitto;

namespace monopod::control {

/// MQTT 5 by libmosquitto, connecting again for ever. Who publishes writes to the socket: neither
/// the stamp nor the message waits for another thread. A thread of its own reads confirmations.
/// What can't go yet waits, unstamped, in a bounded queue (cloud_publisher.cpp says how long); the
/// oldest make room, counted and logged. Any thread may call.
///
/// Not actors/cloud/mqtt_client, which lives on a loop's thread, and each result would have to wake
/// it.
class cloud_publisher {
public:
  struct options {
    std::string host;
    std::uint16_t port = 1883;
    std::string client_id;
    int qos = 1;                             // 0 to 2
    std::function<void()> on_connected = {}; // each time, on the thread that reads
  };

  explicit cloud_publisher(options o);
  /// Waits up to a second for what is unconfirmed.
  ~cloud_publisher();
  cloud_publisher(const cloud_publisher&) = delete;
  cloud_publisher& operator=(const cloud_publisher&) = delete;

  /// `result`: a text with "published_at_ns":0 in it, which gets the time just before it is handed
  /// to libmosquitto, as the thesis measured.
  void publish(std::string topic, std::string result);

  bool connected() const { return connected_; }
  std::uint64_t published() const { return published_; }
  std::uint64_t dropped() const { return dropped_; }

private:
  struct callbacks;
  struct message {
    std::string topic;
    std::string text;
  };

  void run();
  bool connect();
  void serve();
  bool turn();
  void wait_ms(std::uint64_t ms);
  void wake() const;
  bool hand_over(message& m);
  void hand_over_waiting();

  const options options_;
  std::shared_ptr<mosquitto> handle_; // used under the mutex, but while it connects
  const int wake_fd_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> connected_ = false;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable settled_; // a confirmation came
  std::string refused_;             // why the broker let us not in
  std::uint64_t unconfirmed_ = 0;   // handed over
  dropping_queue<message> waiting_;
  bool tried_ = false; // to connect
  std::thread thread_;
};

/// Puts the time into a result's place for it; a text without one stays as it is. Any thread.
void stamp_result(std::string& result, std::uint64_t published_at_ns);

} // namespace monopod::control
