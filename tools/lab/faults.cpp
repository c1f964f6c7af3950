#include "tools/lab/faults.hpp"

#include "core/clock.hpp"
#include "tools/lab/busy.hpp"
#include "tools/lab/waiting.hpp"

#include <array>
#include <csignal>
#include <limits>
#include <stdexcept>

namespace monopod::lab {

namespace {

// The bound for faults that should cost nothing: 0, and the few milliseconds that a machine's
// scheduler takes now and then. The row "none" shows how many.
constexpr double none_ms = 10;
constexpr double handover_ms = 30;
constexpr double stage_ms = 20;

constexpr int quiet_ms = 500;

double failover_ms(const std::string& profile) {
  return profile == "fast" ? 120 : profile == "wifi" ? 550 : 300;
}

// D of the profile, and 60 ms.
double member_lost_ms(const std::string& profile) {
  return 60 + (profile == "fast" ? 20 : profile == "wifi" ? 150 : 60);
}

auto always(double ms) {
  return [ms](const std::string&) { return ms; };
}

void rest_until(std::uint64_t end_ns) {
  const auto now_ns = boottime_ns();
  if (now_ns < end_ns)
    rest(static_cast<int>((end_ns - now_ns) / ns_per_ms));
}

// Waits until another replica has taken over, and frames flow through it. A node alone must start
// again first.
void survive(scene& s, member& broken, bool results = true) {
  if (s.lab.options().group())
    s.lab.taken_over_from(broken);
  else
    broken.start();
  s.lab.flows(results);
}

void kill9(scene& s) {
  auto& p = s.lab.primary();
  p.kill9();
  survive(s, p);
  p.start();
}

void sigstop(scene& s) {
  constexpr std::uint64_t stopped_s = 5;
  auto& p = s.lab.primary();
  p.signal_stop();
  const auto end_ns = boottime_ns() + stopped_s * ns_per_s;
  survive(s, p);
  rest_until(end_ns);
  p.signal_continue();
}

void node_loss(scene& s) {
  auto& p = s.lab.primary();
  s.lab.net().pull(p.name());
  p.kill9();
  survive(s, p);
  s.lab.net().plug(p.name());
  p.start();
}

// Packets of the primary are dropped until another replica serves.
void drop_at_primary(scene& s, harness::cut what) {
  auto& p = s.lab.primary();
  s.lab.net().drop(p.name(), what);
  survive(s, p);
  s.lab.net().heal(p.name());
}

void lose(scene& s, member& m) {
  constexpr int away_ms = 400; // longer than the group takes to remove it from the view
  m.kill9();
  rest(away_ms);
  s.lab.flows();
  m.start();
}

// The connection between the primary and one backup is cut; both reach all other members.
void partial(scene& s) {
  constexpr int cut_ms = 1000;
  const auto& p = s.lab.primary();
  s.lab.net().drop(p.name(), harness::cut::both, {s.lab.backup().name()});
  rest(cut_ms);
  s.lab.flows();
  s.lab.net().heal(p.name());
}

void end_in_order(scene& s, member& m) {
  constexpr std::chrono::seconds patience(10);
  if (!m.terminate(patience))
    throw std::runtime_error(m.name() + " did not end within ten seconds of SIGTERM");
  s.lab.flows();
}

void handover(scene& s) {
  auto& p = s.lab.primary();
  end_in_order(s, p);
  p.start();
}

void rolling(scene& s) {
  constexpr std::chrono::seconds patience(30);
  for (auto& m : s.lab.members()) {
    end_in_order(s, *m);
    m->start();
    if (!s.lab.whole(patience))
      throw std::runtime_error("not whole after a restart of " + m->name() + ":\n" +
                               s.lab.describe());
  }
}

// The stages fail in turn. The process is replaced in time, because a process whose stage keeps
// failing ends.
void stage_crash(scene& s) {
  static const std::array<std::string, 6> stages{"gateway", "broker", "vision.emulator",
                                                 "ledger",  "cloud",  "replicator"};
  constexpr auto crashes = 4 * stages.size(); // fewer than limits::stage_restarts for each stage
  if (s.run > 0 && s.run % crashes == 0) {
    handover(s);
    s.lab.flows();
  }
  const auto& stage = stages[s.run % stages.size()];
  if (!s.lab.primary().kill_stage(stage))
    throw std::runtime_error("the primary has no stage " + stage);
  s.lab.flows();
}

void cloud_down(scene& s) {
  constexpr int before_ms = 500;
  constexpr int after_ms = 1000;
  s.lab.stop_cloud();
  rest(before_ms);
  auto& p = s.lab.primary();
  p.kill9();
  survive(s, p, false);
  p.start();
  rest(after_ms);
  s.lab.start_cloud();
  s.lab.flows();
}

// The disks take no more bytes, neither when the primary is killed nor when it starts again: votes
// have had their space since the first start.
void disk_full(scene& s) {
  for (auto& m : s.lab.members())
    m->disk()->fill();
  auto& p = s.lab.primary();
  p.kill9();
  survive(s, p);
  p.start();
  constexpr std::chrono::seconds patience(30);
  if (!s.lab.whole(patience))
    throw std::runtime_error("not whole with full disks:\n" + s.lab.describe());
  for (auto& m : s.lab.members())
    m->disk()->empty();
}

// Other processes take all processors for a while; the leases must not end because of that.
void cpu_hog(scene& s) {
  constexpr int busy_ms = 2000;
  const auto hogs = busy_processes(2);
  rest(busy_ms);
  for (auto& h : hogs)
    h->signal(SIGKILL);
  s.lab.flows();
}

} // namespace

const std::vector<fault>& all_faults() {
  static const std::vector<fault> all{
      {"none", "nothing: what the machine does by itself", needs::nothing,
       always(std::numeric_limits<double>::infinity()), [](scene&) { rest(quiet_ms); }},
      {"kill9", "kill -9 of the primary", needs::nothing, failover_ms, kill9},
      {"sigstop", "SIGSTOP of the primary, SIGCONT 5 s later", needs::group, failover_ms, sigstop},
      {"node-loss", "cable of the primary pulled and its process killed", needs::group, failover_ms,
       node_loss},
      {"black-hole", "packets to and from the primary vanish", needs::group, failover_ms,
       [](scene& s) { drop_at_primary(s, harness::cut::both); }},
      {"deaf", "packets to the primary vanish", needs::group, failover_ms,
       [](scene& s) { drop_at_primary(s, harness::cut::input); }},
      {"mute", "packets from the primary vanish", needs::group, failover_ms,
       [](scene& s) { drop_at_primary(s, harness::cut::output); }},
      {"backup-loss", "kill -9 of a backup", needs::group, member_lost_ms,
       [](scene& s) { lose(s, s.lab.backup()); }},
      {"witness-loss", "kill -9 of the witness of two replicas", needs::witness, always(none_ms),
       [](scene& s) { lose(s, s.lab.at("w")); }},
      {"handover", "SIGTERM of the primary", needs::group, always(handover_ms), handover},
      {"rolling", "each node in turn: SIGTERM, started again, in sync", needs::group,
       always(handover_ms), rolling},
      {"stage-crash", "a stage of the primary fails", needs::nothing, always(stage_ms),
       stage_crash},
      {"cloud-down", "mosquitto away, the primary killed meanwhile", needs::nothing, failover_ms,
       cloud_down, true},
      {"partial", "primary and one backup do not reach each other, others reach both",
       needs::three_replicas, member_lost_ms, partial},
      {"cpu-hog", "two busy processes for each processor, for 2 s", needs::nothing, failover_ms,
       cpu_hog},
      {"disk-full", "all disks full, the primary killed meanwhile and started again",
       needs::small_disks, failover_ms, disk_full},
  };
  return all;
}

} // namespace monopod::lab
