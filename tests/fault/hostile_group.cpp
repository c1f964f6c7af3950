// Messages at the port of the group's nodes, under a member's name: none of them may end a process,
// or keep the group from serving, now or after a restart of all.
#include "actors/group/greeting.hpp"
#include "actors/ledger/state_file.hpp"
#include "core/clock.hpp"
#include "replication/peer_codec.hpp"
#include "tests/fault/cloud.hpp"
#include "tests/fault/crowd.hpp"
#include "tests/fault/good_camera.hpp"
#include "tests/fault/group.hpp"
#include "tests/fault/hostile_clients.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace monopod::fault {

using harness::operator+;

namespace {

// The longest gap that one of these messages may cause: a failover, and the wait for a claim that
// is not made.
constexpr double group_gap_bound_ms = 1000;

using voter_ids = std::map<std::string, std::uint64_t>;

// The ids are secret only to those that were not told them; they are read between two lives.
voter_ids ids_in(const std::filesystem::path& state) {
  voter_ids ids;
  for (const auto& name : group::names())
    ids[name] = state_file::try_open((state / name).string())->state().voter_id;
  return ids;
}

// The view as a node's status shows it.
group_view view_of(pod& node, const voter_ids& ids) {
  const auto status = harness::parse_json(node.process().get("/api/v1/status")).at("group");
  group_view v;
  v.version = status.at("version");
  v.epoch = harness::parse_json(node.process().get("/api/v1/status")).at("epoch");
  for (const auto& m : status.at("members")) {
    const member in{m.at("name"), m.at("incarnation")};
    v.in_sync.push_back(in);
    if (in.name == status.at("primary"))
      v.primary = in;
  }
  for (const auto& [name, id] : ids)
    v.voters.push_back({name, id});
  return v;
}

// A message to a node, and the member under whose name it comes.
struct lie {
  std::string name;
  peer::message body;
};

// Everything that was measured to harm a group for good, and what is like it.
std::vector<lie> lies_of(const group_view& now, const member& as, std::uint64_t target_voter) {
  constexpr auto last = UINT64_MAX;
  const auto decided = [&](auto change) {
    auto v = now;
    change(v);
    return peer::decided{std::make_shared<const group_view>(std::move(v))};
  };
  const ballot highest{last, as.name, as.incarnation};
  const auto alone = [&](group_view& v) {
    v.version = 1ULL << 63U;
    v.primary = as;
    v.in_sync = {as};
    v.voters = {{as.name, 1}};
    v.born = highest;
  };
  return {
      {"decided_out_of_order", decided([](group_view& v) {
         v.version += 1;
         v.previous = {1, "nobody", 1};
       })},
      {"decided_alone", decided(alone)},
      {"stale_of_the_last_epoch", peer::stale{last}},
      {"prepare_of_the_last_round", peer::prepare{target_voter, highest}},
      {"accept_of_the_last_round", peer::accept{target_voter, highest, decided(alone).value}},
      {"beat_of_the_last_epoch", peer::beat{last, last, last}},
      {"step_down_of_the_last_epoch", peer::step_down{last}},
      {"ops_held_that_nobody_has", peer::ack{now.epoch, 0, last}},
      {"ops_out_of_order", peer::append{now.epoch, 0, as.incarnation, last, {}, last}},
      {"snapshot_of_nothing", peer::snapshot_piece{last, last, as.incarnation, last, true, {}, {}}},
      {"leave", peer::leave{}},
      {"join_of_an_unknown_life", peer::join{last, true}},
  };
}

// The greeting takes the member's datagrams, too: they go to a port at which nobody listens.
std::string greeting_of(const std::string& name) {
  return zmtp_message(encode_greeting({.from = name,
                                       .token = 0x42,
                                       .port = 9,
                                       .group = group_tag("monopod"),
                                       .version = peer_version,
                                       .oldest = peer_version_oldest}));
}

struct group_scene {
  explicit group_scene(const options& o)
      : there(o, "monopod/+/results/good-1/+"),
        nodes(o, there.flags() + forgetful_flags(), folder.path()) {
    nodes.kill();
    ids = ids_in(folder.path());
    nodes.start();
    good.emplace(nodes.cameras());
  }

  // Says it at `to`, as another member, under the name of its present life; waits, and returns the
  // longest gap of the good camera.
  double tell(const std::string& to, const std::string& as, std::size_t which) {
    const auto view = view_of(nodes.at(nodes.serving()), ids);
    const auto from = *std::ranges::find(view.in_sync, as, &member::name);
    const auto said = lies_of(view, from, ids.at(to)).at(which);
    good->begin();
    const crowd liar(
        {{.endpoint = nodes.peers(to),
          .count = 1,
          .once = zmtp_opening() + greeting_of(as) +
                  zmtp_message(encode_peer(from, said.body, group_tag("monopod"))) +
                  zmtp_message(encode_peer({"nobody", 1}, said.body, group_tag("monopod")))}});
    rest(300);
    good->publishes(20);
    return good->gap_ms_max();
  }

  harness::temporary_directory folder;
  cloud there;
  group nodes;
  voter_ids ids;
  std::optional<good_camera> good;
};

// Each message to each node, or to one of them; returns the longest gap of the good camera.
double tell_all(outcome& result, group_scene& s, const options& o) {
  double most_ms = 0;
  const auto kinds = lies_of({}, {}, 0);
  for (std::size_t which = 0; which < kinds.size(); ++which) {
    const auto& name = kinds[which].name;
    double gap_ms = 0;
    for (const auto& to : group::names()) {
      if (o.quick && to != group::names().at(which % group::names().size()))
        continue;
      ++result.runs;
      if (!s.nodes.whole(20))
        throw std::runtime_error("the group is not whole before " + name);
      const auto primary = s.nodes.serving();
      const auto* other = to == "a" ? "b" : "a";
      gap_ms = std::max(gap_ms, s.tell(to, to == primary ? other : primary, which));
      result.expect(s.nodes.whole(20), "the group is not whole after " + name + " at " + to);
    }
    result.add("good_gap_" + name + "_ms", gap_ms);
    most_ms = std::max(most_ms, gap_ms);
  }
  double refused = 0;
  for (const auto& name : group::names())
    refused += s.nodes.at(name).metric("monopod_group_surprises_total") +
               s.nodes.at(name).metric("monopod_group_impostors_total");
  result.add("refused", refused);
  result.at_least("refused", refused, static_cast<double>(result.runs));
  return most_ms;
}

// The messages of cameras and applications that end up in every node's ledger.
double bother_the_primary(outcome& result, group_scene& s, const options& o) {
  s.good->begin();
  claim_the_last_stream(result, s.nodes.cameras());
  answer_under_many_names(result, o, s.nodes.cameras(), s.nodes.applications());
  use_up_the_names(result, s.nodes.cameras());
  ++result.runs;
  const auto gap_ms = s.good->gap_ms_max();
  result.add("good_gap_clients_ms", gap_ms);
  return gap_ms;
}

} // namespace

outcome hostile_group(const options& o) {
  outcome result;
  group_scene s(o);
  result.expect(s.good->publishes(20), "no frame is acknowledged");
  const auto told_ms = tell_all(result, s, o);
  const auto most_ms = std::max(told_ms, bother_the_primary(result, s, o));
  result.add("good_gap_ms_max", most_ms);
  if (o.judges_times())
    result.at_most("good_gap_ms_max", most_ms, group_gap_bound_ms);

  s.nodes.kill();
  s.nodes.start();
  s.good->expect_served(result);
  finish(result, s.there, s.nodes, s.good->stop(), 60);
  return result;
}

} // namespace monopod::fault
