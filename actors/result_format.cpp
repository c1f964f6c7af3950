#include "actors/result_format.hpp"

#include "schemas/result_bfbs.hpp"
#include "schemas/result_generated.h"

#include <array>

namespace monopod {

std::string result_key(std::string_view site, const wire::Finished& op) {
  std::string key(site);
  key.append("/").append(op.camera()->string_view());
  key.append("/").append(std::to_string(op.stream()));
  key.append("/").append(std::to_string(op.seq()));
  key.append("/").append(op.app()->string_view());
  return key;
}

std::string expand_topic(std::string_view pattern, const config& conf, std::string_view cloud,
                         std::string_view camera, std::string_view app) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> fields{{
      {"{site}", conf.site},
      {"{node}", conf.node},
      {"{cloud}", cloud},
      {"{camera}", camera},
      {"{app}", app},
  }};
  std::string topic;
  while (!pattern.empty()) {
    bool replaced = false;
    for (const auto& [field, value] : fields) {
      if (!pattern.starts_with(field))
        continue;
      topic += value;
      pattern.remove_prefix(field.size());
      replaced = true;
      break;
    }
    if (!replaced) {
      topic += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return topic;
}

result_formatter::result_formatter() : json_(wire::result_bfbs) {}

std::optional<std::string> result_formatter::format(const wire::Finished& op, const config& conf,
                                                    result_format as, std::uint64_t epoch,
                                                    std::uint64_t published_at_ns) {
  wire::ResultT result;
  result.key = result_key(conf.site, op);
  result.site = conf.site;
  result.camera = op.camera()->str();
  result.stream = op.stream();
  result.seq = op.seq();
  result.app = op.app()->str();
  result.node = conf.node;
  result.epoch = epoch;
  result.captured_at_ns = op.captured_at_ns();
  result.received_at_ns = op.received_at_ns();
  result.started_at_ns = op.started_at_ns();
  result.finished_at_ns = op.finished_at_ns();
  result.committed_at_ns = op.committed_at_ns();
  result.published_at_ns = published_at_ns;
  result.inference.reset(op.inference()->UnPack());
  builder_.Clear();
  wire::FinishResultBuffer(builder_, wire::CreateResult(builder_, &result));
  if (as == result_format::json)
    return json_.write(builder_.GetBufferPointer());
  return std::string(reinterpret_cast<const char*>(builder_.GetBufferPointer()),
                     builder_.GetSize());
}

} // namespace monopod
