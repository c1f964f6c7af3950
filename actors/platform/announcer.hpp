// Tells Kubernetes which pod is the primary.
#pragma once

#include "actors/platform/kubernetes_api.hpp"
#include "actors/platform/primary_slice.hpp"
#include "core/config/config.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace monopod {

/// Writes the primary's address into the EndpointSlice of `kubernetes.service`, on a thread of its
/// own, again and again until the API server takes it or this node is not the primary any more. As
/// long as it is, the slice is looked at every limits::slice_look_ms, and mended.
/// Nothing waits for it: cameras and applications that know all pods follow the primary without it.
class announcer {
public:
  /// `conf` with the ports as they are bound.
  explicit announcer(const config& conf,
                     const kubernetes_access& access = kubernetes_access::of_this_pod());
  /// Waits for a request that is under way (limits::kubernetes_request_ms).
  ~announcer();
  announcer(const announcer&) = delete;
  announcer& operator=(const announcer&) = delete;

  /// This node is primary in that epoch; 0: it is not. Any thread.
  void serves(std::uint64_t epoch);

private:
  enum class outcome { written, outdated, failed };

  void run();
  outcome write(std::uint64_t epoch);
  void learn_api();

  kubernetes_api api_;
  primary_slice slice_;
  std::optional<slice_api> version_; // not asked for yet
  std::string last_error_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t epoch_ = 0;
  std::uint64_t written_ = 0; // or found to be outdated
  bool named_ = false;        // the slice had this node's address when it was looked at
  bool stopping_ = false;
  std::thread thread_; // last: it uses all the others
};

} // namespace monopod
