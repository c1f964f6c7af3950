/* The choice of the primary: views, leases, claims, joiners, handover, restart (L2, L4, L5, C1, C2, C3, C5).
 *
 * The register is an atomic compare-and-set that is decided at any time after it was proposed, or never,
 * even if its proposer has ended (register.pml). A lease ends at any time, and a promise only when nobody
 * holds a lease that came from it (lease.pml). Messages may be lost and late: a member that could have heard
 * of a decided view or a STEP_DOWN hears of it at any time, or never. Ops are bits of a set.
 *
 * NODES have a ledger; a restart makes another member of the same name. README.md says what is left out.
 * Each -DNO_... switches a rule off. */

#ifndef NODES
#define NODES 3
#endif
#ifndef VIEWS
#define VIEWS 5 /* the first one included */
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef HANDOVERS
#define HANDOVERS 1
#endif
#ifndef OPS
#define OPS 1
#endif
#define MEMBERS 6 /* name + 3 * incarnation */
#define bit(i) (1 << (i))
#define has(set, i) (((set) >> (i)) & 1)
#define none 7

/* -- the register: the decided views by version, and each member's proposal */
byte top;
byte epoch[VIEWS];
byte primary[VIEWS];
byte in_sync[VIEWS];
mtype = { idle, proposed, chosen };
mtype proposal[MEMBERS] = idle;
byte read[MEMBERS];         /* the version that it was made from; chosen: the proposal is decided */
byte new_epoch[MEMBERS];    /* 0: unchanged */
byte new_primary[MEMBERS];
byte new_in_sync[MEMBERS];

/* -- a replica, by name */
mtype = { nothing, claim, drop, add, handover };
byte incarnation[NODES];
byte known[NODES];       /* the newest decided view */
byte leading[NODES];     /* epoch; 0: backup */
byte served[NODES];
byte seen[NODES];        /* the highest epoch */
bool stopped[NODES];     /* a handover is under way (C2) */
byte near[NODES];        /* joiners that count for commits */
byte joining[NODES];     /* joiners proposed and not yet excluded, which count for leases, too (L2) */
byte lease[NODES];       /* members whose lease it holds */
mtype round[NODES] = nothing;
byte target[NODES];      /* the member that the round is about */
byte of_epoch[NODES];    /* of a claim, its base; of other rounds, the epoch of their primary */
byte ops[NODES];         /* log */
byte held[NODES * OPS];  /* primary: members that have acknowledged this op */

/* -- bounds, and the truth */
byte restarts = RESTARTS;
byte handovers = HANDOVERS;
byte next_op;
byte acked;        /* the ops that somebody outside relies on */

byte i, j, gone, e, s, m, to, whom;

#define me(n) ((n) + 3 * incarnation[n])
#define name(m) ((m) % 3)
#define counted(n) ((in_sync[known[n]] | joining[n]) & ~bit(me(n)))
#define counted_for_commit(n) (counted(n) | near[n])
#ifdef NO_L2_ALL /* the lease of one member is enough */
#define leases_hold(n) ((counted(n) == 0) || ((counted(n) & lease[n]) != 0))
#else
#define leases_hold(n) ((counted(n) & ~lease[n]) == 0)
#endif
#define may_act(n) (leading[n] > 0 && !stopped[n] && leases_hold(n))
#define max(a, b) ((a) > (b) -> (a) : (b))
#define is_held(n, o) ((counted_for_commit(n) & ~held[(n) * OPS + (o)]) == 0)
#if OPS == 1
#define all_held(n) (!has(ops[n], 0) || is_held(n, 0))
#else
#define all_held(n) ((!has(ops[n], 0) || is_held(n, 0)) && (!has(ops[n], 1) || is_held(n, 1)))
#endif

/* I2: no two may act. I4: every op that was acknowledged is in the ledger of every member that could be primary. */
inline check()
{
#if NODES == 3
  assert(!(may_act(0) && may_act(1)) && !(may_act(0) && may_act(2)) && !(may_act(1) && may_act(2)));
#else
  assert(!(may_act(0) && may_act(1)));
#endif
  i = 0;
  do
  :: i < NODES ->
    if
    :: has(in_sync[top], me(i)) -> assert((acked & ~ops[i]) == 0)
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0; j = 0; gone = 0; e = 0; s = 0; m = 0; to = 0; whom = 0
}

#if NODES == 3
#define held_elsewhere(n) (((leading[0] > 0 -> lease[0] : 0) | (leading[1] > 0 -> lease[1] : 0) | (leading[2] > 0 -> lease[2] : 0)) & (bit(n) | bit(n + 3)))
#define heard_above(n) ((seen[0] > leading[n]) || (seen[1] > leading[n]) || (seen[2] > leading[n]))
#else
#define held_elsewhere(n) (((leading[0] > 0 -> lease[0] : 0) | (leading[1] > 0 -> lease[1] : 0)) & (bit(n) | bit(n + 3)))
#define heard_above(n) ((seen[0] > leading[n]) || (seen[1] > leading[n]))
#endif

/* L1: a promise is over when every lease that came from it has ended, or its holder has ended (L3). */
#define promise_over(n) (held_elsewhere(n) == 0)

#include "changes.pml"

/* -- a replica's part */

inline retire(n)
{
  leading[n] = 0; stopped[n] = false; near[n] = 0; joining[n] = 0; lease[n] = 0;
  j = 0;
  do
  :: j < OPS -> held[n * OPS + j] = 0; j++
  :: else -> break
  od;
  j = 0
}

inline learn(n, v)
{
  if
  :: v > known[n] ->
    known[n] = v;
    seen[n] = max(seen[n], epoch[v]);
    if
    :: primary[v] != me(n) ->
      retire(n)
    :: primary[v] == me(n) && leading[n] == 0 && epoch[v] > served[n] && epoch[v] >= seen[n] ->
      served[n] = epoch[v];
      leading[n] = epoch[v]
#ifdef NO_C2_WAIT /* the heir waits for nobody */
      ; lease[n] = in_sync[v]
#endif
    :: else
    fi
  :: else
  fi
}

/* After a decided round of its own, nothing is unresolved. */
inline finish(n)
{
  m = me(n);
  to = read[m];
  learn(n, to);
  if
  :: leading[n] > 0 && leading[n] == epoch[read[m]] ->
    lease[n] = lease[n] & ~(joining[n] & ~in_sync[read[m]]);
    near[n] = near[n] & ~joining[n] & ~in_sync[read[m]];
    joining[n] = 0;
    if
    :: round[n] == handover -> stopped[n] = false /* the handover did not happen */
    :: else
    fi
  :: else
  fi;
  end_round(n)
}

inline end_round(n)
{
  m = me(n);
  round[n] = nothing; target[n] = 0; of_epoch[n] = 0;
  proposal[m] = idle; read[m] = 0; new_epoch[m] = 0; new_primary[m] = 0; new_in_sync[m] = 0
}

inline begin(n, what, w)
{
  end_round(n); /* R2: a proposal that was given up can't be chosen once a majority has promised */
  round[n] = what;
  target[n] = w;
  of_epoch[n] = (what == claim -> max(seen[n], epoch[known[n]]) : leading[n]);
  propose(n)
}

#ifdef NO_L4
#define claiming(q, ep) false
#else
#define claiming(q, ep) (round[q] == claim && (ep) <= of_epoch[q])
#endif
#define obeys(q, ep) ((ep) >= seen[q] && !claiming(q, ep) && (ep) > leading[q])

/* A beat with the ops that are due, and its answer, which carries the lease and the acknowledgement. */
inline sync_ops(n, q)
{
  if
  :: leading[q] > 0 -> retire(q)
  :: else
  fi;
  seen[q] = leading[n];
  ops[q] = ops[n];
  j = 0;
  do
  :: j < OPS ->
    if
    :: has(ops[n], j) -> held[n * OPS + j] = held[n * OPS + j] | bit(me(q))
    :: else
    fi;
    j++
  :: else -> break
  od;
  j = 0
}

#define fellow(n, q) has(in_sync[known[n]] | joining[n] | near[n], me(q))
#define behind(n) (top > known[n])
#define with_peer(n, q) \
  /* beat, ops, answer */ \
  :: d_step { leading[n] > 0 && !stopped[n] && fellow(n, q) && obeys(q, leading[n]) \
       && (!has(lease[n], me(q)) || ops[n] != ops[q] || !all_held(n) || seen[q] != leading[n]) -> \
       sync_ops(n, q); lease[n] = lease[n] | bit(me(q)); check() } \
  :: d_step { has(lease[n], me(q)) -> lease[n] = lease[n] & ~bit(me(q)) } \
  /* snapshot for a joiner (G3) */ \
  :: d_step { leading[n] > 0 && !stopped[n] && leading[q] == 0 && !fellow(n, q) \
       && !has(in_sync[known[q]], me(q)) && obeys(q, leading[n]) -> \
       sync_ops(n, q); near[n] = near[n] | bit(me(q)); check() } \
  :: d_step { has(near[n] & ~joining[n], me(q)) -> near[n] = near[n] & ~bit(me(q)); lease[n] = lease[n] & ~bit(me(q)) } \
  :: d_step { ready(n) && has(near[n] & lease[n] & ~joining[n], me(q)) -> whom = me(q); begin(n, add, whom); check() } \
  /* C2 */ \
  :: d_step { ready(n) && handovers > 0 && has(in_sync[known[n]] & lease[n], me(q)) && all_held(n) -> \
       handovers--; whom = me(q); begin(n, handover, whom); stop_acting(n); check() }
#define with_member(n, w) \
  :: d_step { ready(n) && has(in_sync[known[n]] & ~lease[n], w) && w != me(n) -> \
       begin(n, drop, w); dropped_at_once(n, w); check() }
#define ready(n) (leading[n] > 0 && !stopped[n] && round[n] == nothing && top < VIEWS - 1)

#ifdef NO_C2_STOP /* the old primary goes on acting */
#define stop_acting(n) skip
#else
#define stop_acting(n) stopped[n] = true
#endif
#ifdef NO_L5 /* a member that is being taken out does not count from then on */
#define dropped_at_once(n, w) lease[n] = lease[n] | bit(w)
#else
#define dropped_at_once(n, w) skip
#endif

#ifdef NO_L4_CLAIMS_EARLY
#define may_claim(n) true
#else
#define may_claim(n) promise_over(n)
#endif
#ifdef NO_C1
#define entitled(n) true
#else
#define entitled(n) (has(in_sync[top], me(n)) || gone)
#endif
/* Its proposal can't be decided any more, or is a claim that it must not make now: the next round. */
#define goes_on(n) (proposal[me(n)] == proposed && (read[me(n)] != top || (round[n] == claim && !promise_over(n))))

proctype node(byte n; byte x; byte y)
{
end:
  do
  with_peer(n, x)
#if NODES == 3
  with_peer(n, y)
  with_member(n, 2) with_member(n, 5)
#endif
  with_member(n, 0) with_member(n, 1) with_member(n, 3) with_member(n, 4)

  /* O2: an op, and the effect that it causes outside. */
  :: d_step { may_act(n) && all_held(n) && next_op < OPS && round[n] != handover ->
       ops[n] = ops[n] | bit(next_op); next_op++ }
  :: d_step { may_act(n) && has(ops[n] & ~acked, 0) && is_held(n, 0) -> acked = acked | 1; check() }
#if OPS > 1
  :: d_step { may_act(n) && has(ops[n] & ~acked, 1) && is_held(n, 1) -> acked = acked | 2; check() }
#endif

  /* L3; also if somebody has heard of a higher epoch (O1) */
  :: d_step { leading[n] > 0 && !leases_hold(n) -> retire(n); check() }
  :: d_step { leading[n] > 0 && heard_above(n) -> retire(n); check() }
  /* C1, C3 */
  :: d_step { leading[n] == 0 && may_claim(n) && round[n] == nothing && top < VIEWS - 1 ->
       look_who_is_gone(top);
       if
       :: entitled(n) -> begin(n, claim, 0)
       :: else
       fi;
       check() }
  :: d_step { round[n] != nothing && top < VIEWS - 1 && goes_on(n) ->
       propose(n); check() }
  :: d_step { proposal[me(n)] == chosen -> finish(n); check() }
#ifdef NO_L2_UNKNOWN /* a change that timed out is taken for one that was not made */
  :: d_step { round[n] != nothing && round[n] != claim && proposal[me(n)] == proposed ->
       round[n] = nothing; near[n] = near[n] & ~joining[n]; joining[n] = 0; stopped[n] = false; check() }
#endif
  :: d_step { behind(n) -> to = known[n] + 1; learn(n, to); check() }
  :: d_step { top > known[n] + 1 -> to = top; learn(n, to); check() }

  /* C5: another life; the proposal of the last one may still be decided */
  :: d_step { incarnation[n] == 0 && restarts > 0 ->
       restarts--;
       retire(n);
       if
       :: proposal[n] == chosen -> end_round(n)
       :: else
       fi;
       round[n] = nothing; target[n] = 0; of_epoch[n] = 0;
       known[n] = 0; served[n] = 0; seen[n] = 1; ops[n] = 0;
#ifndef NO_C5
       incarnation[n] = 1;
#endif
       check() }
  od
}

/* The voters: a proposal made from the newest decided view may be decided. */
proctype voters()
{
#define may_choose(p) \
  :: d_step { proposal[p] == proposed && read[p] == top && top < VIEWS - 1 -> choose(p); check() }
end:
  do
  may_choose(0) may_choose(1) may_choose(3) may_choose(4)
#if NODES == 3
  may_choose(2) may_choose(5)
#endif
  od
}

init
{
  d_step {
    epoch[0] = 1; primary[0] = 0;
    in_sync[0] = (NODES == 3 -> 7 : 3);
    seen[0] = 1; seen[1] = 1;
    leading[0] = 1; served[0] = 1;
#if NODES == 3
    seen[2] = 1
#endif
  };
  atomic {
    run voters();
    run node(0, 1, 2); run node(1, 0, 2);
#if NODES == 3
    run node(2, 0, 1)
#endif
  }
}
