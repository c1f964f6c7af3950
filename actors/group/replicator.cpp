#include "actors/group/replicator.hpp"

#include "actors/ledger/group_settings.hpp"
#include "core/clock.hpp"
#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "replication/peer_codec.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace monopod {

namespace {

// Receives of a turn's worth of messages each, so that a node that slept hears everything that was
// sent meanwhile before it judges anybody (L1).
constexpr int most_turns = 64;
constexpr std::uint64_t late_ns = 2 * ns_per_ms; // a tick, if a turn was long

constexpr std::uint64_t count_period_ns = 500 * ns_per_ms; // gauges cost more than a tick
constexpr std::uint64_t greeting_period_ns = ns_per_s;     // of members that are not known yet
constexpr std::uint64_t look_period_ns = 5 * ns_per_ms;    // at a command under way

bool about_lease(const peer::message& m) {
  return std::holds_alternative<peer::beat>(m) || std::holds_alternative<peer::beat_answer>(m);
}

prometheus::Counter& bytes_of(const peer::message& m, group_metrics& metrics) {
  if (std::holds_alternative<peer::snapshot_piece>(m) || std::holds_alternative<peer::append>(m) ||
      std::holds_alternative<peer::ack>(m))
    return metrics.ops_bytes;
  return about_lease(m) ? metrics.lease_bytes : metrics.view_bytes;
}

} // namespace

replicator::replicator(caf::actor_config& cfg, loop& host, zmq::context_t& zmq_context,
                       const monopod::config& conf, metrics& metrics, node_replica& lent)
    : stage(cfg, host), conf_(conf), group_(group_tag(conf.group.name)), metrics_(metrics),
      group_metrics_(metrics.registry), replica_(lent),
      commands_(conf, lent.core(), [this](const replica_input& in) { replica_.step(in); }) {
  from_peers_ = open_peer_link(zmq_context, true, peer_listen(conf));
  std::vector<std::string> names;
  for (const auto& [member_name, m] : conf.member)
    if (member_name != conf.node)
      names.push_back(member_name);
  datagrams_ = std::make_unique<datagrams>(
      host, conf.node, group_, names, from_peers_->bound_endpoint(),
      limits::datagram_beats_lost * times_of(conf.group.profile).beat_ns,
      [this] { run([this] { take_datagrams(); }); });
  connect(zmq_context);
}

// A connection of this node begins with a greeting, so that the other end knows whose it is.
link* replicator::open_peer_link(zmq::context_t& zmq_context, bool serve,
                                 const std::string& endpoint) {
  return &open_link(zmq_context,
                    {.profile = link_profile::peer,
                     .serve = serve,
                     .endpoints = {endpoint},
                     .max_envelope_bytes = limits::peer_message_bytes,
                     .first_word = serve ? std::vector<std::uint8_t>{} : datagrams_->greeting(),
                     .refused =
                         [this](std::string_view reason) {
                           metrics_.connections_refused("peers", reason).Increment();
                         }},
                    [this, serve](inbound& in) {
                      if (serve)
                        on_link_message(in);
                      else // nodes answer over connections of their own
                        metrics_.malformed_messages.Increment();
                    });
}

void replicator::connect(zmq::context_t& zmq_context) {
  peers_ = std::make_unique<peer_connections>(
      conf_,
      [this, &zmq_context](const auto& endpoint) {
        return open_peer_link(zmq_context, false, endpoint);
      },
      [this](link& l) { close_link(l); });
  const bool all_known = std::ranges::all_of(conf_.member, [&](const auto& m) {
    return m.first == conf_.node || !m.second.address.empty();
  });
  const auto name = split_host_port(conf_.group.discover);
  if (all_known || !name)
    return;
  discovery_ =
      std::make_unique<discovery>(host(), std::string(name->host), [this](const auto& addresses) {
        run([&] {
          peers_->found(addresses);
          greet_all();
        });
      });
}

void replicator::greet_all() {
  for (auto& p : peers_->all())
    greet(p, false);
}

replicator::behavior_type replicator::make_behavior() {
  replica_.on_step([this](std::vector<peer::outgoing>& m) {
    send(m);
    arm();
  });
  greet_all();
  if (discovery_ != nullptr)
    every(greeting_period_ns, [this] { greet_all(); });
  replica_.step(input::links_lost{}); // an earlier replicator's
  arm();
  every(count_period_ns, [this] { count(); });
  return {
      [this](status_atom) { return make_status(); },
      [this](ready_atom) {
        const auto& known = replica_.core().known();
        return known != nullptr &&
               (!replica_.core().holds_ledger() || known->holds(replica_.core().self()));
      },
      [](drain_atom) {},
      [](busy_atom) { return false; },
      [](attach_atom) {}, // nobody serves it
      [](fail_atom) { fail_as_asked(); },
      [this](serve_atom, std::uint64_t epoch) { on_serve(epoch); },
      [this](group_atom, group_verb verb,
             const std::string& member) -> caf::result<bool, std::string> {
        auto promise = make_response_promise<bool, std::string>();
        commands_.start(
            verb, member,
            [promise](const group_commands::answer& a) mutable { promise.deliver(a.done, a.text); },
            boottime_ns());
        look();
        return promise;
      },
  };
}

void replicator::on_exit() {
  replica_.on_step(nullptr);
  commands_.end();
  discovery_.reset();
  datagrams_.reset();
  stage::on_exit();
}

void replicator::look() {
  commands_.look(boottime_ns());
  if (commands_.busy())
    after(look_period_ns, [this] { look(); });
}

// One timer, for whatever is due first. If that moves to later, the timer is not armed again, and
// looks again when it fires: most beats move a time that is still far away.
void replicator::arm() {
  // Answers to beats wake nobody: the next tick takes them.
  datagrams_->set_reading(!replica_.core().idle());
  const auto due_ns = replica_.core().next_tick_ns();
  if (due_ns_ != 0 && due_ns_ <= due_ns)
    return;
  if (due_ns_ != 0)
    host().cancel(timer_);
  due_ns_ = due_ns;
  const auto now_ns = boottime_ns();
  timer_ = after(due_ns > now_ns ? due_ns - now_ns : 0, [this] { tick(); });
}

void replicator::tick() {
  const auto take = [this](inbound& in) { on_link_message(in); };
  const bool late = boottime_ns() > due_ns_ + late_ns;
  for (int n = 0; late && n < most_turns && from_peers_->receive_some(take); ++n) {
  }
  for (int n = 0; n < most_turns && take_datagrams(); ++n) {
  }
  if (boottime_ns() >= replica_.core().next_tick_ns())
    replica_.step(input::tick{});
  due_ns_ = 0;
  arm();
}

bool replicator::take_datagrams() {
  return datagrams_->receive_some([this](const auto& peer, auto bytes) {
    if (!on_message(bytes, peer))
      metrics_.malformed_messages.Increment();
  });
}

void replicator::on_link_message(inbound& in) {
  if (versions_.refuses(in.peer, host().turn_ns())) {
    group_metrics_.version_refusals.Increment();
    return;
  }
  if (const auto by = in.well_formed ? decode_greeting(in.envelope) : std::nullopt)
    on_greeting(*by, in);
  else if (!in.well_formed || !on_message(in.envelope, in.speaker))
    blame(in.peer);
}

void replicator::blame(peer_id peer) {
  metrics_.malformed_messages.Increment();
  from_peers_->blame(peer);
}

// From its first greeting on, a connection speaks for the member that greets.
void replicator::on_greeting(const peer_greeting& by, const inbound& in) {
  if (by.group != group_) {
    refuse_stranger(in.address);
    return;
  }
  if (!in.speaker.empty() && in.speaker != by.from) {
    refuse_impostor(by.from, in.speaker);
    blame(in.peer);
    return;
  }
  if (!conf_.member.contains(by.from))
    return; // the connection is closed as silent
  from_peers_->heard(in.peer, by.from);
  const bool understood = versions_.greeted(in.peer, by, host().turn_ns());
  group_metrics_.version(by.from).Set(by.version);
  if (!understood) {
    group_metrics_.version_refusals.Increment();
    return;
  }
  datagrams_->greeted(by, in.address);
  auto* there = peers_->is_at(by.from, in.address);
  std::ranges::for_each(peers_->all(), [&](auto& p) { greet(p, &p == there); });
}

// Greets even before there is anything to say: the others must not take this life of the node for
// the one before, and may not know where it is. `asked`: this is an answer. Two nodes that greet
// each other stop with it, since they don't greet twice in a row.
void replicator::greet(connection& to, bool asked) {
  const bool unknown = !to.configured && (asked || to.name.empty());
  const auto now_ns = host().turn_ns();
  if (unknown && (to.greeted_ns == 0 || now_ns - to.greeted_ns >= greeting_period_ns / 2)) {
    to.greeted_ns = now_ns;
    to.urgent->send(0, datagrams_->greeting());
  } else if (const auto greeting = datagrams_->greeting_due(to.name)) {
    to.urgent->send(0, *greeting);
  }
}

void replicator::refuse_stranger(const std::string& who) {
  group_metrics_.strangers.Increment();
  log_limited(
      log_level::warn, name(),
      "a node of another group speaks to this one, and is refused: give all members the same "
      "group.name, and each group addresses of its own",
      {{"who", who}, {"group", conf_.group.name}});
}

void replicator::refuse_impostor(const std::string& named, const std::string& speaker) {
  group_metrics_.impostors.Increment();
  log_limited(
      log_level::warn, name(),
      "a message names another sender than the node to which its connection or datagram way "
      "belongs, and is refused: let nothing but the group's nodes reach their ports",
      {{"named", named}, {"belongs_to", speaker.empty() ? "nobody: no greeting" : speaker}});
}

// Returns whether the message is valid, and of the member for which its connection or its datagram
// way speaks; "": for none, since it has not greeted.
bool replicator::on_message(std::span<const std::byte> bytes, const std::string& speaker) {
  const auto message = decode_peer(bytes);
  if (!message || message->from.name == conf_.node)
    return false;
  if (message->group != group_) {
    refuse_stranger(message->from.name);
    return true;
  }
  if (message->from.name != speaker) {
    refuse_impostor(message->from.name, speaker);
    return false;
  }
  group_metrics_.received_bytes.Increment(static_cast<double>(bytes.size()));
  if (std::holds_alternative<peer::beat>(message->body))
    beat_heard_ns_ = boottime_ns();
  if (const auto* held = std::get_if<peer::ack>(&message->body))
    if (auto* p = peers_->to(message->from.name); p != nullptr && held->index >= p->ops_until)
      p->ops_way = nullptr;
  commands_.heard(message->from, message->body, boottime_ns());
  replica_.step(input::received{message->from, message->body});
  return true;
}

void replicator::send(std::vector<peer::outgoing>& messages) {
  std::vector<std::uint8_t> bytes;
  std::uint64_t beat_number = 0; // in `bytes`; a beat is the same for all
  for (const auto& m : messages) {
    const auto* beat = std::get_if<peer::beat>(&m.body);
    if (beat == nullptr || beat->number != beat_number)
      bytes = encode_peer(replica_.core().self(), m.body, group_);
    beat_number = beat != nullptr ? beat->number : 0;
    auto* to = peers_->to(m.to);
    if (to == nullptr || !send(*to, m.body, bytes))
      group_metrics_.unsent_messages.Increment();
  }
  group_metrics_.unsent_messages.Increment(static_cast<double>(datagrams_->flush()));
}

// A message that fits goes by datagram, since it is repeated if it is lost; but not ops that would
// overtake earlier ones.
bool replicator::send(connection& to, const peer::message& m, std::span<const std::uint8_t> bytes) {
  const auto* ops = std::get_if<peer::append>(&m);
  bool sent = (ops == nullptr || to.ops_way == nullptr) && datagrams_->send(to.name, bytes);
  if (sent) {
    group_metrics_.datagrams.Increment();
  } else {
    greet(to, false);
    const bool much = bytes.size() > limits::datagram_bytes;
    const bool bulk = std::holds_alternative<peer::snapshot_piece>(m) ||
                      (ops != nullptr && (much || to.ops_way == to.bulk));
    auto* way = bulk ? to.bulk : to.urgent;
    if (ops != nullptr && !ops->ops.empty()) {
      to.ops_way = way;
      to.ops_until = ops->first + ops->ops.size() - 1;
    }
    sent = way->send(0, bytes) == send_result::sent;
  }
  if (sent)
    bytes_of(m, group_metrics_).Increment(static_cast<double>(bytes.size()));
  return sent;
}

void replicator::on_serve(std::uint64_t epoch) {
  metrics_.epoch.Set(static_cast<double>(replica_.epoch()));
  if (replica_.core().counts().restarts > counted_.restarts)
    log_warn(name(), "the group starts again from this node's ledger: no member in sync was left",
             {{"epoch", replica_.epoch()}, {"ops", replica_.core().log().last()}});
  count();
  if (epoch == 0) {
    log_warn(name(), "stopped serving", {{"epoch", replica_.epoch()}});
    return;
  }
  last_outage_ms_ =
      beat_heard_ns_ == 0 ? 0 : static_cast<double>(boottime_ns() - beat_heard_ns_) / ns_per_ms;
  group_metrics_.last_outage.Set(last_outage_ms_ / 1000);
  log_info(name(), "serves", {{"epoch", epoch}, {"since_last_beat_ms", last_outage_ms_}});
}

} // namespace monopod
