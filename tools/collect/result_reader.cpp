#include "tools/collect/result_reader.hpp"

#include "core/aligned.hpp"
#include "schemas/codec.hpp"
#include "schemas/result_bfbs.hpp"

#include <string>

namespace monopod {

result_reader::result_reader() {
  parser_.Deserialize(wire::result_bfbs, sizeof wire::result_bfbs);
  parser_.opts.skip_unexpected_fields_in_json = true; // a newer node may say more
}

const wire::Result* result_reader::read(std::span<const std::byte> message) {
  if (!message.empty() && message.front() == std::byte{'{'}) {
    const std::string text(reinterpret_cast<const char*>(message.data()), message.size());
    return parser_.ParseJson(text.c_str()) ? wire::GetResult(parser_.builder_.GetBufferPointer())
                                           : nullptr;
  }
  return decode<wire::Result>(copy_aligned(message, scratch_), wire::ResultIdentifier());
}

} // namespace monopod
