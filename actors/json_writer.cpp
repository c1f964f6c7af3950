#include "actors/json_writer.hpp"

#include "core/ensure.hpp"

namespace monopod {

json_writer::json_writer(std::span<const unsigned char> schema) {
  MONOPOD_ENSURE(parser_.Deserialize(schema.data(), schema.size()), "built-in schema");
  parser_.opts.strict_json = true;
  parser_.opts.indent_step = -1;
  parser_.opts.output_default_scalars_in_json = true;
}

std::optional<std::string> json_writer::write(const std::uint8_t* buffer) const {
  std::string text;
  if (!flatbuffers::GenerateText(parser_, buffer, &text))
    return std::nullopt;
  return text;
}

} // namespace monopod
