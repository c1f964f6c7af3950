#include "actors/result_format.hpp"

#include "schemas/codec.hpp"
#include "schemas/result_generated.h"

#include <array>
#include <utility>

namespace monopod {

topic_template::topic_template(std::string_view pattern, const config& conf, std::string_view cloud)
    : pieces_(1) {
  const std::array<std::pair<std::string_view, std::string_view>, 3> fixed{
      {{"{site}", conf.site}, {"{node}", conf.node}, {"{cloud}", cloud}}};
  const std::array<std::pair<std::string_view, field>, 2> varying{
      {{"{camera}", field::camera}, {"{app}", field::app}}};
  const auto take = [&](const auto& fields, auto use) {
    for (const auto& [placeholder, value] : fields) {
      if (!pattern.starts_with(placeholder))
        continue;
      use(value);
      pattern.remove_prefix(placeholder.size());
      return true;
    }
    return false;
  };
  while (!pattern.empty()) {
    if (take(fixed, [this](std::string_view value) { pieces_.back().literal += value; }) ||
        take(varying, [this](field value) {
          pieces_.back().then = value;
          pieces_.emplace_back();
        }))
      continue;
    pieces_.back().literal += pattern.front();
    pattern.remove_prefix(1);
  }
}

void topic_template::expand(std::string& out, std::string_view camera, std::string_view app) const {
  out.clear();
  for (const auto& p : pieces_) {
    out += p.literal;
    if (p.then != field::none)
      out += p.then == field::camera ? camera : app;
  }
}

std::optional<std::span<const std::byte>>
result_formatter::format(const wire::Finished& op, result_format as, const result_origin& origin) {
  if (as == result_format::flatbuffers)
    return encode(op, origin);
  if (!write_result_json(text_, op, origin))
    return std::nullopt;
  return std::as_bytes(std::span(text_));
}

std::span<const std::byte> result_formatter::encode(const wire::Finished& op,
                                                    const result_origin& origin) {
  auto& b = builder_;
  b.Clear();
  text_.clear();
  append_result_key(text_, origin.site, op);
  const auto inference = copy_inference(b, *op.inference());
  const auto key = b.CreateString(text_);
  const auto site = b.CreateString(origin.site);
  const auto camera = b.CreateString(op.camera());
  const auto app = b.CreateString(op.app());
  const auto node = b.CreateString(origin.node);
  wire::FinishResultBuffer(b, wire::CreateResult(b, key, site, camera, op.stream(), op.seq(), app,
                                                 node, origin.epoch, op.captured_at_ns(),
                                                 op.received_at_ns(), op.started_at_ns(),
                                                 op.finished_at_ns(), op.committed_at_ns(),
                                                 origin.published_at_ns, inference));
  return std::as_bytes(bytes_of(b));
}

} // namespace monopod
