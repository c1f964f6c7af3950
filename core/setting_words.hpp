// The words by which the configuration names the values of each enumeration, in its order.
#pragma once

#include "core/config.hpp"

#include <cstddef>
#include <iterator>

namespace monopod {

/// Null beyond the last one.
constexpr const char* words_of(log_level, std::size_t i) {
  constexpr const char* words[] = {"trace", "debug", "info", "warn", "error", "off"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(log_format, std::size_t i) {
  constexpr const char* words[] = {"text", "json"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(service_distribution, std::size_t i) {
  constexpr const char* words[] = {"constant", "normal", "lognormal"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(service_kind, std::size_t i) {
  constexpr const char* words[] = {"wait", "cpu"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(mqtt_version, std::size_t i) {
  constexpr const char* words[] = {"3.1.1", "5"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(delivery_policy, std::size_t i) {
  constexpr const char* words[] = {"every", "latest", "bounded"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(outbox_full, std::size_t i) {
  constexpr const char* words[] = {"block", "drop_oldest"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(cloud_preset, std::size_t i) {
  constexpr const char* words[] = {"plain", "aws-iot-core", "azure-event-grid"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(ack_mode, std::size_t i) {
  constexpr const char* words[] = {"processed", "accepted"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(ledger_durability, std::size_t i) {
  constexpr const char* words[] = {"memory", "disk"};
  return i < std::size(words) ? words[i] : nullptr;
}
constexpr const char* words_of(result_format, std::size_t i) {
  constexpr const char* words[] = {"json", "flatbuffers"};
  return i < std::size(words) ? words[i] : nullptr;
}

} // namespace monopod
