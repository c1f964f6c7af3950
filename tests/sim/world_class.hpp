// One run as an object: the group, its surroundings, and the faults that happen to it.
#pragma once

#include "tests/sim/node.hpp"
#include "tests/sim/world.hpp"

#include <memory>
#include <string>
#include <vector>

namespace monopod::sim {

class world {
public:
  world(const scenario& s, bool with_trace);
  run_result run();

private:
  node& at(int n) { return *nodes_.at(static_cast<std::size_t>(n)); }
  bool run_one(std::uint64_t end_ns);
  void until(std::uint64_t end_ns);
  std::vector<witnessed> everyone() const;
  void route(int from, const peer::outgoing& m, const member& sender);
  void send_bytes(int from, node& to, std::vector<std::uint8_t> bytes);
  int find(const std::string& who);

  // world_faults.cpp
  void cut_all(int n, bool to_it, bool from_it, bool ends_too, std::uint64_t until_ns);
  void inject(const fault& f);
  bool tell(const fault& f, node& target, std::uint64_t until_ns);
  void inject_into_links(const fault& f, int n, std::uint64_t until_ns);
  void await_end(node& n, std::uint64_t patience_until_ns, std::uint64_t away_ms);
  void replace_voter(const std::string& name);
  void add_clone(const fault& f);
  void promote(node& n);
  void lie(node& n, std::uint64_t until_ns);
  void say(const node& n, const std::string& to, const peer::message& m);

  // world.cpp
  void heal();
  bool can_serve(std::uint64_t newest) const;
  bool fails_over_twice() const;
  void demand_progress(std::uint64_t heal_ns);
  void finish();

  surroundings all_;
  ends outside_;
  std::vector<place> group_;
  std::vector<std::unique_ptr<node>> nodes_;
  int left_ = -1; // the node that stays broken; -1: none
  // At the end of the faults:
  std::uint64_t under_way_to_ = 0; // the version that rounds under way may make; 0: there are none
  bool twice_ = false;             // two failovers may be needed
  run_result result_;
};

} // namespace monopod::sim
