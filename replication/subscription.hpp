// A subscription: which frames an application wants.
#pragma once

#include "schemas/subscription_generated.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// schemas/subscription.fbs, decoded.
struct subscription {
  std::vector<std::string> patterns; // of camera names
  wire::Policy policy = wire::Policy::Every;
  std::uint32_t bound = 1;           // how many frames wait for each camera, for Bounded
  std::uint64_t max_age_ns = 0;      // 0: no limit
  std::uint64_t min_interval_ns = 0; // between frames of a camera, by their stamps; 0: none
  bool operator==(const subscription&) const = default;
};

/// The subscriptions by application; at most limits::apps. They are part of the ledger so that
/// after a restart frames wait for the applications instead of passing them by until these attach
/// again.
using subscription_book = std::map<std::string, subscription, std::less<>>;

inline subscription read_subscription(const wire::Subscription& from) {
  subscription s{{}, from.policy(), from.bound(), from.max_age_ns(), from.min_interval_ns()};
  if (from.cameras() != nullptr)
    for (const auto* pattern : *from.cameras())
      s.patterns.push_back(pattern->str());
  return s;
}

inline flatbuffers::Offset<wire::Subscription>
write_subscription(flatbuffers::FlatBufferBuilder& b, std::string_view app, const subscription& s) {
  const auto app_offset = b.CreateString(app);
  const auto patterns = b.CreateVectorOfStrings(s.patterns);
  return wire::CreateSubscription(b, app_offset, patterns, s.policy, s.bound, s.max_age_ns,
                                  s.min_interval_ns);
}

} // namespace monopod
