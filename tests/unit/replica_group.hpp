// A group of real replicas for unit tests, with a network and disks that the test controls.
#pragma once

#include "replication/replica.hpp"
#include "schemas/codec.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace monopod {

/// Replicas `a`, `b` and `c`, the voters of one group, on one clock. Messages stay in `network`
/// until deliver() takes them; a save is on disk as soon as it is asked for.
struct replica_group {
  static constexpr std::uint64_t ms = 1'000'000; // nanoseconds

  struct letter {
    std::string from;
    std::string to;
    member sender;
    peer::message body;
  };

  std::map<std::string, std::unique_ptr<replica>> all;
  std::map<std::string, replica_state> disks;
  std::deque<letter> network;
  std::uint64_t now_ns = 1000 * ms;
  /// Whether a message that arrives is lost instead.
  std::function<bool(const letter&)> lost = [](const letter&) { return false; };
  /// Called after each step, with its outputs.
  std::function<void(const std::string& name, const replica_outputs&)> on_step;

  /// Called with each message that arrives, before its replica takes it.
  std::function<void(const letter&)> on_receive;

  /// Starts a replica from its disk. A new `life` is a later process; another `voter_id` is a voter
  /// that lost its file.
  void start(const std::string& name, std::uint64_t life = 1, std::uint64_t voter_id = 0) {
    replica_settings s;
    s.seed = static_cast<unsigned char>(name.front());
    s.voter_id = voter_id != 0 ? voter_id : s.seed;
    s.self = {name, life << 32 | s.voter_id};
    s.group = {{"a"}, {"b"}, {"c"}};
    all[name] = std::make_unique<replica>(s, disks[name], ledger({}), now_ns);
  }
  void start_all() {
    for (const auto* name : {"a", "b", "c"})
      start(name);
  }

  replica& at(const std::string& name) { return *all.at(name); }

  void step(const std::string& name, replica_input first) {
    std::deque<replica_input> inputs{std::move(first)};
    for (replica_outputs out; !inputs.empty(); inputs.pop_front()) {
      out.clear();
      at(name).step(inputs.front(), now_ns, out);
      if (on_step)
        on_step(name, out);
      for (auto& m : out.messages)
        network.push_back({name, m.to, at(name).self(), std::move(m.body)});
      if (out.save) {
        disks[name] = {out.save->votes, out.save->decided, {}};
        inputs.emplace_back(input::saved{out.save->number});
      }
    }
  }
  void append(const std::string& name, const std::string& camera) {
    flatbuffers::FlatBufferBuilder b;
    const auto bytes = finish_op(b, at(name).next_index(), at(name).epoch(),
                                 wire::CreateStreamOpenedDirect(b, camera.c_str(), 1));
    step(name, input::append{
                   std::make_shared<const std::vector<std::uint8_t>>(bytes.begin(), bytes.end())});
  }
  void deliver_one() {
    const auto m = std::move(network.front());
    network.pop_front();
    if (lost(m) || !all.contains(m.to))
      return;
    if (on_receive)
      on_receive(m);
    step(m.to, input::received{m.sender, m.body});
  }
  /// Delivers all messages, and those that they cause.
  void deliver() {
    for (int most = 10'000; !network.empty() && most > 0; --most)
      deliver_one();
  }
  void tick_all() {
    for (const auto& item : all)
      step(item.first, input::tick{});
  }
  /// Lets time pass by the millisecond, with a tick every five and instant delivery. Returns
  /// whether `until` held.
  bool run(std::uint64_t for_ms, const std::function<bool()>& until) {
    for (std::uint64_t i = 0; i < for_ms; ++i) {
      if (until())
        return true;
      now_ns += ms;
      if (i % 5 == 0)
        tick_all();
      deliver();
    }
    return until();
  }
};

template <class Body>
bool is(const replica_group::letter& m) {
  return std::holds_alternative<Body>(m.body);
}

} // namespace monopod
