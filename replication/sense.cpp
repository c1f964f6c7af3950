#include "replication/sense.hpp"

#include "core/limits.hpp"
#include "core/names.hpp"
#include "replication/rules.hpp"

#include <algorithm>

namespace monopod {

namespace {

// Sorts a copy: there are few.
template <class T>
bool distinct(std::vector<T> all) {
  std::ranges::sort(all);
  return std::ranges::adjacent_find(all) == all.end();
}

bool sound(const view_ptr& v, const credible& most) {
  return v == nullptr || makes_sense(*v, most) || broken(mutant::sense_any_view);
}

// A request comes from the proposer whose ballot it carries (R2).
bool is_of(const ballot& number, const member& from, const credible& most) {
  return number.round > 0 && number.round <= most.round && number.proposer == from.name &&
         number.incarnation == from.incarnation;
}

// One case for each kind of message; a new kind does not compile without one.
struct judge {
  const member& from;
  const credible& most;

  bool credible_epoch(std::uint64_t epoch) const { return epoch <= most.epoch; }

  bool operator()(const peer::look&) const { return true; }
  bool operator()(const peer::looked& m) const {
    return m.accepted.round <= most.round && sound(m.value, most) && sound(m.decided, most) &&
           (m.value == nullptr || m.value->born <= m.accepted) && credible_epoch(m.last.epoch) &&
           m.last.index <= limits::number_max;
  }
  bool operator()(const peer::prepare& m) const { return is_of(m.number, from, most); }
  bool operator()(const peer::promised& m) const {
    return m.accepted <= m.number && sound(m.value, most) &&
           (m.value == nullptr || m.value->born <= m.accepted);
  }
  bool operator()(const peer::accept& m) const {
    return is_of(m.number, from, most) && m.value != nullptr && sound(m.value, most) &&
           m.value->born <= m.number;
  }
  bool operator()(const peer::accepted&) const { return true; } // counts for a ballot that is out
  bool operator()(const peer::refused& m) const { return m.promise.round <= most.round; }
  bool operator()(const peer::decided& m) const {
    return m.value != nullptr && sound(m.value, most);
  }
  bool operator()(const peer::beat& m) const {
    return credible_epoch(m.epoch) && m.commit <= limits::number_max;
  }
  bool operator()(const peer::beat_answer& m) const { return credible_epoch(m.epoch); }
  bool operator()(const peer::step_down& m) const { return credible_epoch(m.epoch); }
  bool operator()(const peer::stale& m) const { return credible_epoch(m.epoch); }
  bool operator()(const peer::join&) const { return true; }
  bool operator()(const peer::leave&) const { return true; }
  bool operator()(const peer::snapshot_piece& m) const {
    return credible_epoch(m.epoch) && m.number < limits::number_max &&
           m.entries.size() <= limits::group_append_ops &&
           std::ranges::all_of(m.entries, [&](const op_bytes& bytes) {
             const auto& op = *wire::GetOp(bytes->data());
             return (op.epoch() <= m.epoch && makes_sense(op)) || broken(mutant::sense_any_ops);
           });
  }
  bool operator()(const peer::pieces_taken& m) const { return credible_epoch(m.epoch); }
  bool operator()(const peer::append& m) const {
    if (!credible_epoch(m.epoch) || m.first == 0 || m.first > limits::number_max ||
        m.commit > limits::number_max || m.ops.size() > limits::group_append_ops)
      return false;
    auto index = m.first;
    std::uint64_t epoch = 0;
    return std::ranges::all_of(m.ops, [&](const op_bytes& bytes) {
      const auto& op = *wire::GetOp(bytes->data());
      const bool follows = op.index() == index++ && op.epoch() >= epoch && op.epoch() <= m.epoch;
      epoch = op.epoch();
      return (follows && makes_sense(op)) || broken(mutant::sense_any_ops);
    });
  }
  bool operator()(const peer::ack& m) const { return credible_epoch(m.epoch); }
};

bool is_number(std::uint64_t n) { return n <= limits::number_max; }

bool sound(const wire::Subscription& s) {
  const auto patterns = s.cameras();
  return valid_name(s.app()->string_view()) && is_number(s.max_age_ns()) &&
         is_number(s.min_interval_ns()) && s.policy() <= wire::Policy::MAX &&
         (patterns == nullptr || (patterns->size() <= limits::patterns_per_subscription &&
                                  std::ranges::all_of(*patterns, [](const auto* p) {
                                    return valid_pattern(p->string_view());
                                  })));
}

bool sound(const wire::Finished& f) {
  return valid_name(f.camera()->string_view()) &&
         (f.app() == nullptr || valid_name(f.app()->string_view())) && is_number(f.stream()) &&
         is_number(f.seq()) && is_number(f.settled_seq());
}

bool sound(const wire::Frame& f) {
  return valid_name(f.camera()->string_view()) && is_number(f.stream()) && is_number(f.seq());
}

} // namespace

bool makes_sense(const wire::Snapshot& s) {
  const auto known_app = [](const wire::AppCursor* a) {
    return valid_name(a->app()->string_view()) && is_number(a->seq());
  };
  const auto known_camera = [&](const wire::CameraState* c) {
    // A stream is only compared, and earlier versions of Monopod took any.
    return valid_name(c->camera()->string_view()) && is_number(c->settled_seq()) &&
           c->used() <= s.index() &&
           (c->apps() == nullptr || std::ranges::all_of(*c->apps(), known_app));
  };
  const auto known_cloud = [&](const wire::OutboxState* c) {
    return valid_name(c->cloud()->string_view()) && c->confirmed_to() <= s.index();
  };
  const auto* subscriptions = s.subscriptions();
  return s.cameras() != nullptr && s.clouds() != nullptr && is_number(s.index()) &&
         is_number(s.last_epoch()) && s.cameras()->size() <= limits::cameras &&
         std::ranges::all_of(*s.cameras(), known_camera) &&
         std::ranges::all_of(*s.clouds(), known_cloud) &&
         (subscriptions == nullptr ||
          (subscriptions->size() <= limits::apps &&
           std::ranges::all_of(*subscriptions, [](const auto* x) { return sound(*x); })));
}

bool makes_sense(const group_view& v, const credible& most) {
  return v.version > 0 && v.version <= most.version && v.epoch > 0 && v.epoch <= most.epoch &&
         v.holds(v.primary) && v.in_sync.size() <= limits::group_members && !v.voters.empty() &&
         v.voters.size() <= limits::group_members && v.born.round > 0 &&
         v.born.round <= most.round && v.previous < v.born && distinct(v.in_sync) &&
         distinct(v.voters);
}

bool makes_sense(const member& from, const peer::message& m, const credible& most) {
  return std::visit(judge{from, most}, m);
}

credible numbers_of(const peer::message& m) {
  credible said;
  std::visit(
      [&](const auto& body) {
        if constexpr (requires { body.epoch; })
          said.epoch = body.epoch;
        if constexpr (requires { body.value->epoch; })
          said.epoch = body.value == nullptr ? 0 : body.value->epoch;
        if constexpr (requires { body.promise.round; })
          said.round = body.promise.round;
        else if constexpr (requires { body.number.round; })
          said.round = body.number.round;
        else if constexpr (requires { body.accepted.round; })
          said.round = body.accepted.round;
      },
      m);
  return said;
}

bool makes_sense(const wire::Op& op) {
  if (!is_number(op.index()) || !is_number(op.epoch()))
    return false;
  switch (op.body_type()) {
  case wire::OpBody::Finished:
    return sound(*op.body_as_Finished());
  case wire::OpBody::StreamOpened:
    return valid_name(op.body_as_StreamOpened()->camera()->string_view()) &&
           is_number(op.body_as_StreamOpened()->stream());
  case wire::OpBody::CloudAcked:
    return valid_name(op.body_as_CloudAcked()->cloud()->string_view()) &&
           is_number(op.body_as_CloudAcked()->entry());
  case wire::OpBody::Subscription:
    return sound(*op.body_as_Subscription());
  case wire::OpBody::Unsubscribed:
    return valid_name(op.body_as_Unsubscribed()->app()->string_view());
  case wire::OpBody::FrameTaken:
    return sound(*op.body_as_FrameTaken()->frame());
  case wire::OpBody::CameraForgotten:
    return valid_name(op.body_as_CameraForgotten()->camera()->string_view());
  case wire::OpBody::NONE:
    break;
  }
  return false;
}

} // namespace monopod
