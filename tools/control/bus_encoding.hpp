// The encodings of messages inside NATS.
#pragma once

#include "core/payload.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

namespace monopod::control {

/// `protobuf`: a message's bytes as gRPC carries them, so that subscribers get the bytes from NATS
/// unchanged. `vei_json`: as in VEI, JSON with the picture in base64, which is 1.34 times as long.
enum class bus_encoding : std::uint8_t { protobuf, vei_json };

/// Replaces `out`. False if a text is not UTF-8.
bool encode(const google::protobuf::Message& message, bus_encoding as, std::string& out);

/// The message's protobuf bytes: `bytes` themselves, or their JSON converted by `scratch`, which
/// has the message's type and is overwritten. Empty if the JSON is not such a message.
payload decode(const payload& bytes, bus_encoding as, google::protobuf::Message& scratch);

} // namespace monopod::control
