// Peers that mean no good, each kind as one object that bothers the pod for as long as it lives.
#pragma once

#include "clients/app_client.hpp"
#include "clients/camera_client.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace monopod::fault {

/// Raises this process's limit of open files to what the system allows; returns it.
std::size_t raise_descriptor_limit();
/// Sets the limit for processes started from now on, and this one.
void set_descriptor_limit(std::size_t files);

/// Begins to connect to "tcp://127.0.0.1:PORT" without waiting; -1 if the kernel refuses.
int connect_raw(const std::string& endpoint);
/// Takes some of what the pod has answered, and tells whether it has closed the connection.
bool closed_by_peer(int fd);

/// TCP connections that say nothing, or the start of a ZMTP greeting. Not thread-safe.
class silent_connections {
public:
  /// Opens up to `count` to "tcp://127.0.0.1:PORT"; those that the kernel refuses are left out.
  silent_connections(const std::string& endpoint, std::size_t count);
  ~silent_connections();
  silent_connections(const silent_connections&) = delete;
  silent_connections& operator=(const silent_connections&) = delete;

  std::size_t made() const { return descriptors_.size(); }
  /// Opens those again that the pod has closed; returns how many.
  std::size_t again();

private:
  std::string endpoint_;
  std::vector<int> descriptors_;
};

/// A thread that, until the object ends, lets bytes trickle into connections (a byte every 20 ms
/// each, before and after the ZMTP handshake), throws garbage at the port, publishes frames at the
/// limit and over it, and claims the name of another camera.
class nuisance {
public:
  /// `taken`: name of the camera that is there already.
  nuisance(std::string cameras, std::string applications, std::string taken,
           std::size_t max_frame_bytes);
  ~nuisance();
  nuisance(const nuisance&) = delete;
  nuisance& operator=(const nuisance&) = delete;

  std::uint64_t name_taken() const { return name_taken_; } // refusals
  std::uint64_t at_limit() const { return at_limit_; }     // frames acknowledged
  std::uint64_t too_large() const { return too_large_; }   // refusals
  std::uint64_t trickled() const { return trickled_; }     // bytes
  std::uint64_t unanswered() const { return unanswered_; } // frames that applications keep

private:
  struct trickle;
  void run();

  std::string cameras_;
  std::string applications_;
  std::string taken_;
  std::size_t max_frame_bytes_;
  std::atomic<std::uint64_t> name_taken_ = 0;
  std::atomic<std::uint64_t> at_limit_ = 0;
  std::atomic<std::uint64_t> too_large_ = 0;
  std::atomic<std::uint64_t> trickled_ = 0;
  std::atomic<std::uint64_t> unanswered_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace monopod::fault
