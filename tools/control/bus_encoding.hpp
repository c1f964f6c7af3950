// How messages look inside of NATS.
#pragma once

#include "core/payload.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

namespace monopod::control {

/// `protobuf`: a message's bytes as gRPC carries them, so that what a subscriber gets is what came
/// from NATS, untouched. `vei_json`: as VEI did, JSON with the picture in base64, 1.34 times the
/// bytes.
enum class bus_encoding : std::uint8_t { protobuf, vei_json };

/// Replaces `out`. False where a text is not UTF-8.
bool encode(const google::protobuf::Message& message, bus_encoding as, std::string& out);

/// The message's protobuf bytes: `bytes` themselves, or what `scratch` makes of their JSON, which
/// has the message's type and is overwritten. Empty where it is none.
payload decode(const payload& bytes, bus_encoding as, google::protobuf::Message& scratch);

} // namespace monopod::control
