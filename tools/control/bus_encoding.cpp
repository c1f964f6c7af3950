#include "tools/control/bus_encoding.hpp"

#include <google/protobuf/util/json_util.h>

#include <memory>
#include <span>

namespace monopod::control {

bool encode(const google::protobuf::Message& message, bus_encoding as, std::string& out) {
  out.clear();
  if (as == bus_encoding::protobuf)
    return message.SerializeToString(&out);
  return google::protobuf::util::MessageToJsonString(message, &out).ok();
}

payload decode(const payload& bytes, bus_encoding as, google::protobuf::Message& scratch) {
  if (as == bus_encoding::protobuf)
    return bytes;
  const google::protobuf::StringPiece text(reinterpret_cast<const char*>(bytes.bytes().data()),
                                           bytes.size_bytes());
  scratch.Clear();
  auto decoded = std::make_shared<std::string>();
  if (!google::protobuf::util::JsonStringToMessage(text, &scratch).ok() ||
      !scratch.SerializeToString(decoded.get()))
    return {};
  const auto view = std::as_bytes(std::span(*decoded));
  return {std::move(decoded), view};
}

} // namespace monopod::control
