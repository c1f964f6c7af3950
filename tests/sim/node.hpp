// One node: a replica with a clock, a disk and a shell that stands for the actors around it.
#pragma once

#include "tests/sim/ends.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/truth.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monopod::sim {

/// The things that all nodes of a run share.
struct surroundings {
  event_queue events;
  random_source random;
  const scenario& plan;
  network links;
  coverage seen;
  bool lies = false; // a member has lied
  truth facts;
  std::function<void(int node, const std::string& what)> trace; // empty: none
  std::function<void(int from, const peer::outgoing&, const member&)> deliver;
  std::function<std::vector<witnessed>()> everyone;

  surroundings(const scenario& s)
      : random(s.seed), plan(s), links(events, random, s.rough), facts(s.ops_on_disk, seen) {}
};

/// A clock that runs fast or slow and never steps.
class slewed_clock {
public:
  slewed_clock(std::uint64_t offset_ns, std::uint64_t per_mille)
      : local_ns_(offset_ns), per_mille_(per_mille) {}
  std::uint64_t at(std::uint64_t true_ns) const {
    return local_ns_ + (true_ns - since_ns_) * per_mille_ / 1000;
  }
  void slew(std::uint64_t true_ns, std::uint64_t per_mille) {
    local_ns_ = at(true_ns);
    since_ns_ = true_ns;
    per_mille_ = per_mille;
  }
  std::uint64_t per_mille() const { return per_mille_; }

private:
  std::uint64_t local_ns_;
  std::uint64_t since_ns_ = 0;
  std::uint64_t per_mille_;
};

class node {
public:
  node(surroundings& all, ends& outside, int number, place where, std::vector<place> group);

  int number() const { return number_; }
  const place& where() const { return where_; }
  bool running() const { return core_ != nullptr; }
  const replica* core() const { return core_.get(); }
  witnessed seen() const;
  std::string summary() const;

  std::uint64_t voter_id() const { return disk_.voter_id; }

  void start(bool with_files);
  void crash();
  void terminate();
  bool leaving() const { return ends_; }
  void pause(std::uint64_t for_ns);
  void heal();
  void slew(std::uint64_t per_mille) { clock_.slew(now(), per_mille); }
  void step_wall(std::int64_t by_s) { wall_step_s_ += by_s; }
  void slow_disk(std::uint64_t ms_a_sync, std::uint64_t until_ns);
  void stall(std::uint64_t up_to_ms, std::uint64_t until_ns);
  void no_ops(std::uint64_t until_ns) { no_ops_until_ns_ = until_ns; }

  /// Takes an input from elsewhere. It waits while the node is paused, and is lost in a crash.
  void input(const replica_input& in);
  /// Takes a message from the ends.
  void frame(const frame_message& m);
  void puback(std::uint64_t entry);

private:
  struct files {
    register_state votes;
    view_ptr decided;
    std::uint64_t voter_id = 0;
    std::uint32_t directory = 0;
    std::uint32_t starts = 0;
    op_bytes ledger;
    std::shared_ptr<const std::deque<ledger::entry>> entries;
    std::uint64_t first = 1;
    std::vector<op_bytes> ops;
  };
  struct pending_sync {
    std::optional<replica_outputs::save_request> save;
    std::vector<replica_outputs::write_request> writes;
  };

  std::uint64_t now() const { return all_.events.now_ns(); }
  std::uint64_t local_now() const { return clock_.at(now()); }
  bool paused() const { return paused_until_ns_ > now(); }
  /// Runs a function now or after the pause; never in another life of the node.
  void run(std::function<void()> what);
  void catch_up();
  void step(const replica_input& in);
  void note_step(replica::role role, std::uint64_t epoch, std::uint64_t last);
  void perform(const replica_outputs& out);
  void ask_disk(const replica_outputs& out);
  void sync_next();
  void synced(const pending_sync& done);
  void to_disk(const pending_sync& done);
  void tick();
  void serve();
  bool seal();
  void begin_to_serve();
  void open_stream(std::uint64_t camera);
  void take_in(std::uint64_t camera, std::uint64_t seq);
  void work_on(std::uint64_t camera, std::uint64_t seq);
  std::uint64_t acknowledged(std::uint64_t camera) const;
  template <class Make>
  void append(Make make, bool urgent = true);
  bool effect(std::uint64_t index);
  ledger restored() const;

  surroundings& all_;
  ends& outside_;
  int number_;
  place where_;
  std::vector<place> group_;
  slewed_clock clock_;
  std::int64_t wall_step_s_ = 0;
  files disk_;
  std::uint64_t life_ = 0;
  std::unique_ptr<replica> core_;
  std::uint64_t paused_until_ns_ = 0;
  std::deque<std::function<void()>> late_; // what arrived in a pause
  std::size_t outputs_late_ = 0;           // how many of them, in front, are outputs of earlier
                                           // steps
  bool tick_due_ = false;
  std::uint64_t slow_sync_ms_ = 0;
  std::uint64_t slow_until_ns_ = 0;
  std::uint64_t stall_ms_ = 0;
  std::uint64_t stall_until_ns_ = 0;
  std::uint64_t no_ops_until_ns_ = 0;
  std::uint64_t before_pause_ns_ = 0;
  bool catching_up_ = false;
  bool ends_ = false; // SIGTERM has arrived

  bool syncing_ = false;
  pending_sync waiting_;
  std::deque<std::tuple<std::uint64_t, ballot, view_ptr>> accepts_; // by the number of their save

  // The shell around a primary.
  std::uint64_t serving_ = 0;                    // epoch
  std::map<std::uint64_t, std::uint64_t> taken_; // camera -> highest sequence number taken in
  std::map<std::uint64_t, std::uint64_t> told_;  // camera -> cursor acknowledged
  struct work {
    std::uint64_t camera = 0;
    std::uint64_t seq = 0;
    std::uint64_t ready_ns = 0;
  };
  bool sealing_ = false;
  std::deque<work> working_;       // frames at the application, in order
  std::set<std::uint64_t> opened_; // cameras whose stream is being opened
  std::uint64_t published_to_ = 0;
  std::uint64_t published_ns_ = 0; // when publishing last began again
  std::uint64_t greeted_ns_ = 0;
  replica_outputs out_;
};

} // namespace monopod::sim
