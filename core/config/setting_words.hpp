// The words by which the configuration names the values of each enumeration, in its order.
#pragma once

#include "core/config/config.hpp"

#include <cstddef>

namespace monopod {

/// The word with this index; null beyond the last one.
template <std::size_t Count>
constexpr const char* word(const char* const (&&words)[Count], std::size_t i) {
  return i < Count ? words[i] : nullptr;
}

constexpr const char* words_of(log_level, std::size_t i) {
  return word({"trace", "debug", "info", "warn", "error", "off"}, i);
}
constexpr const char* words_of(log_format, std::size_t i) { return word({"text", "json"}, i); }
constexpr const char* words_of(service_distribution, std::size_t i) {
  return word({"constant", "normal", "lognormal"}, i);
}
constexpr const char* words_of(service_kind, std::size_t i) { return word({"wait", "cpu"}, i); }
constexpr const char* words_of(mqtt_version, std::size_t i) { return word({"3.1.1", "5"}, i); }
constexpr const char* words_of(delivery_policy, std::size_t i) {
  return word({"every", "latest", "bounded"}, i);
}
constexpr const char* words_of(outbox_full, std::size_t i) {
  return word({"block", "drop_oldest"}, i);
}
constexpr const char* words_of(image_mode, std::size_t i) {
  return word({"none", "frame", "crop"}, i);
}
constexpr const char* words_of(cloud_preset, std::size_t i) {
  return word({"plain", "aws-iot-core", "azure-event-grid"}, i);
}
constexpr const char* words_of(ack_mode, std::size_t i) {
  return word({"processed", "replicated", "accepted"}, i);
}
constexpr const char* words_of(ledger_durability, std::size_t i) {
  return word({"memory", "disk"}, i);
}
constexpr const char* words_of(member_role, std::size_t i) {
  return word({"replica", "witness"}, i);
}
constexpr const char* words_of(lease_profile, std::size_t i) {
  return word({"lan", "fast", "wifi"}, i);
}
constexpr const char* words_of(result_format, std::size_t i) {
  return word({"json", "flatbuffers"}, i);
}

} // namespace monopod
