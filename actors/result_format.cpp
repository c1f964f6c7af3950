#include "actors/result_format.hpp"

#include "actors/json_writer.hpp"
#include "schemas/codec.hpp"
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

result_formatter::result_formatter() {
  builder_.ForceDefaults(true); // a detection's confidence may be 0
}

std::optional<std::string> result_formatter::format(const wire::Finished& op, const config& conf,
                                                    result_format as, std::uint64_t epoch,
                                                    std::uint64_t published_at_ns) {
  auto& b = builder_;
  b.Clear();
  const auto inference = copy_inference(b, *op.inference());
  const auto key = b.CreateString(result_key(conf.site, op));
  const auto site = b.CreateString(conf.site);
  const auto camera = b.CreateString(op.camera());
  const auto app = b.CreateString(op.app());
  const auto node = b.CreateString(conf.node);
  wire::FinishResultBuffer(
      b, wire::CreateResult(b, key, site, camera, op.stream(), op.seq(), app, node, epoch,
                            op.captured_at_ns(), op.received_at_ns(), op.started_at_ns(),
                            op.finished_at_ns(), op.committed_at_ns(), published_at_ns, inference));
  if (as == result_format::json)
    return to_json(b.GetBufferPointer(), wire::ResultTypeTable());
  return std::string(reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize());
}

} // namespace monopod
