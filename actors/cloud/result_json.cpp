#include "actors/cloud/result_json.hpp"

#include "core/number_text.hpp"

#include <flatbuffers/util.h>

#include <algorithm>
#include <utility>

namespace monopod {

namespace {

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

// Members are written as `,"name":value`: `name` holds all of that except for the value.
class json_line {
public:
  explicit json_line(std::string& out) : out_(out) {}

  template <class Number>
  void number(std::string_view name, Number value) {
    out_.append(name);
    append_number(out_, value);
  }
  /// A text that needs no escapes.
  void plain(std::string_view name, std::string_view text) {
    out_.append(name).append(1, '"').append(text).append(1, '"');
  }
  void text(std::string_view name, const flatbuffers::String& text) {
    if (std::ranges::all_of(text.string_view(), is_plain)) {
      plain(name, text.string_view());
      return;
    }
    out_.append(name);
    valid_ = flatbuffers::EscapeString(text.c_str(), text.size(), &out_, false, true) && valid_;
  }
  void raw(std::string_view characters) { out_.append(characters); }

  bool valid() const { return valid_; }

private:
  std::string& out_;
  bool valid_ = true;
};

void write(json_line& w, const wire::Detection& d) {
  w.text("{\"label\":", *d.label());
  w.number(",\"confidence\":", d.confidence());
  if (const auto* box = d.box()) {
    w.number(",\"box\":{\"x\":", box->x());
    w.number(",\"y\":", box->y());
    w.number(",\"width\":", box->width());
    w.number(",\"height\":", box->height());
    w.raw("}");
  }
  w.number(",\"track_id\":", d.track_id());
  if (const auto* zones = d.zones()) {
    w.raw(",\"zones\":[");
    bool first = true;
    for (const auto* zone : *zones)
      w.plain(std::exchange(first, false) ? "" : ",", zone->string_view());
    w.raw("]");
  }
  w.raw("}");
}

const char* word(wire::EventKind kind) {
  switch (kind) {
  case wire::EventKind::Enter:
    return "enter";
  case wire::EventKind::Leave:
    return "leave";
  case wire::EventKind::Reset:
    break;
  }
  return "reset";
}

void write(json_line& w, const wire::Event& e) {
  w.plain("{\"kind\":", word(e.kind()));
  if (e.zone() != nullptr)
    w.text(",\"zone\":", *e.zone());
  if (e.track_id() != 0)
    w.number(",\"track_id\":", e.track_id());
  if (e.label() != nullptr)
    w.text(",\"label\":", *e.label());
  w.raw("}");
}

void write(json_line& w, const wire::Inference& inference) {
  w.text("{\"model\":", *inference.model());
  if (inference.revision() != nullptr)
    w.text(",\"revision\":", *inference.revision());
  w.number(",\"processing_ns\":", inference.processing_ns());
  if (const auto* detections = inference.detections()) {
    w.raw(",\"detections\":[");
    bool first = true;
    for (const auto* d : *detections) {
      if (!std::exchange(first, false))
        w.raw(",");
      write(w, *d);
    }
    w.raw("]");
  }
  w.raw("}");
}

} // namespace

void append_result_key(std::string& out, std::string_view site, const wire::Finished& op) {
  out.append(site).append(1, '/').append(op.camera()->string_view()).append(1, '/');
  append_number(out, op.stream());
  out.append(1, '/');
  append_number(out, op.seq());
  out.append(1, '/').append(op.app()->string_view());
}

namespace {

// Begins an object with the fields that results and their events share.
json_line begin(std::string& out, const wire::Finished& op, const result_origin& origin,
                std::string_view key_end) {
  out.append("{\"key\":\"");
  append_result_key(out, origin.site, op);
  out.append(key_end);
  json_line w(out);
  w.plain("\",\"site\":", origin.site);
  w.plain(",\"camera\":", op.camera()->string_view());
  w.number(",\"stream\":", op.stream());
  w.number(",\"seq\":", op.seq());
  w.plain(",\"app\":", op.app()->string_view());
  w.plain(",\"node\":", origin.node);
  w.number(",\"epoch\":", origin.epoch);
  w.number(",\"captured_at_ns\":", op.captured_at_ns());
  return w;
}

} // namespace

bool append_result_json(std::string& out, const wire::Finished& op, const result_origin& origin) {
  json_line w = begin(out, op, origin, "");
  w.number(",\"received_at_ns\":", op.received_at_ns());
  w.number(",\"started_at_ns\":", op.started_at_ns());
  w.number(",\"finished_at_ns\":", op.finished_at_ns());
  w.number(",\"committed_at_ns\":", op.committed_at_ns());
  w.number(",\"published_at_ns\":", origin.published_at_ns);
  w.raw(",\"inference\":");
  write(w, *op.inference());
  w.raw("}");
  return w.valid();
}

bool append_events_json(std::string& out, const wire::Finished& op, const result_origin& origin) {
  json_line w = begin(out, op, origin, events_key_end);
  w.number(",\"committed_at_ns\":", op.committed_at_ns());
  w.number(",\"published_at_ns\":", origin.published_at_ns);
  w.raw(",\"events\":[");
  bool first = true;
  for (const auto* e : *op.events()) {
    if (!std::exchange(first, false))
      w.raw(",");
    write(w, *e);
  }
  w.raw("]}");
  return w.valid();
}

} // namespace monopod
