/* The lease: until when the primary may act, and until when the backup does not claim (rules L1, L3, L4).
 *
 * One primary, one backup, ticks of real time. Clocks run up to 8 % wrong: each may gain or lose a tick,
 * but only one in WINDOW ticks. Beats and answers may be lost, delayed and reordered: each of the BEATS on
 * their way is taken at any time, or dropped. The backup's claim goes through the register as an atomic
 * compare-and-set that is decided at any time after its proposal, or never (register.pml).
 * Times are ticks on the waiting member's clock. Each -DNO_... switches a rule off.
 *
 * -DDEAF is about progress (I8): no answer reaches the primary any more, everything else is done before time
 * passes. Then each run must end with a backup that acts: a cycle is a group without a primary for ever. */

#define L 10 /* how long the primary may act, from when the beat was sent */
#ifdef NO_L1_MARGIN
#define G L
#else
#define G 12 /* how long the backup does not claim, from when the beat arrived: 1.2 L */
#endif
#define WINDOW 12
#ifndef BEATS
#define BEATS 2
#endif
#define H 3 /* between two beats */

mtype = { none, beat, answer };
mtype message[BEATS] = none;
byte good_for[BEATS]; /* what its answer is worth: ticks left of L, on the primary's clock */

/* -- primary: lease_holder */
byte lease;     /* ticks left */
byte next_beat; /* ticks until the next one */
bool stepped_down;
#ifdef NO_L1_STALE
byte newest; /* what the newest beat's answer would be worth */
#endif

/* -- backup: lease_promise */
byte promise = G;   /* ticks left */
bool abandoned;     /* the backup has heard STEP_DOWN */
bool step_down_sent;
mtype = { quiet, preparing, proposed, decided, acting };
mtype claim = quiet;
#ifdef NO_L1_CACHED
#define STALE 2 /* how many ticks old the time of a turn may be */
byte lag;
#else
#define lag 0
#endif

/* -- clocks: how many ticks must pass before one may slip again */
byte primary_slip, backup_slip;

#define primary_may_act (!stepped_down && lease > 0)
#ifdef NO_L3
#define obeys true
#else
#define obeys (!abandoned)
#endif
#ifdef NO_L4
#define answers (obeys && claim != acting)
#else
#define answers (obeys && (claim == quiet))
#endif
#define less(x, by) ((x) > (by) -> (x) - (by) : 0)

byte i, p, b;

/* I2: no two members may act at the same time. */
#define both_act (primary_may_act && claim == acting)

inline pass(by_primary, by_backup)
{
  lease = less(lease, by_primary);
  next_beat = less(next_beat, by_primary);
  promise = less(promise, by_backup);
  primary_slip = less(primary_slip, 1);
  backup_slip = less(backup_slip, 1);
#ifdef NO_L1_STALE
  newest = less(newest, by_primary);
#endif
  i = 0;
  do
  :: i < BEATS -> good_for[i] = less(good_for[i], by_primary); i++
  :: else -> break
  od;
  i = 0
}

#ifdef NO_L1_STALE
#define worth(m) newest
#elif defined(NO_L1_SENT) /* the lease runs from receipt */
#define worth(m) L
#else
#define worth(m) good_for[m]
#endif

#ifdef DEAF
#define waiting(m) (message[m] != none)
#define can_send (!stepped_down && next_beat == 0 && message[0] == none)
#define due (waiting(0) || can_send || must_step_down || (step_down_sent && !abandoned) || (claim != quiet || promise == 0))
#define heard_back false
#define lost(m) (message[m] == answer)
#ifdef NO_L3
#define must_step_down false
#else
#define must_step_down (!stepped_down && lease == 0)
#endif
#define goes_on(c) (claim != acting && (c))
#else
#define due false
#define heard_back true
#define lost(m) (message[m] != none)
#define goes_on(c) (c)
#endif

#define channel(m) \
  :: d_step { goes_on(message[m] == none && !stepped_down && next_beat == 0) -> \
       message[m] = beat; good_for[m] = L; next_beat = H; sent_one } \
  :: d_step { goes_on(lost(m)) -> message[m] = none; good_for[m] = 0 } \
  :: d_step { goes_on(message[m] == beat && answers) -> \
       message[m] = answer; \
       promise = (promise > G - lag -> promise : G - lag) } \
  :: d_step { heard_back && message[m] == answer && !stepped_down -> \
       lease = (lease > worth(m) -> lease : worth(m)); \
       message[m] = none; good_for[m] = 0 }
#ifdef NO_L1_STALE
#define sent_one newest = L
#else
#define sent_one skip
#endif

active proctype both()
{
#ifdef DEAF
  lease = L;
#endif
  do
  :: d_step { goes_on(!due) -> pass(1, 1) }
  :: d_step { goes_on(!due && primary_slip == 0) -> pass(0, 1); primary_slip = WINDOW }
  :: d_step { goes_on(!due && primary_slip == 0) -> pass(2, 1); primary_slip = WINDOW }
  :: d_step { goes_on(!due && backup_slip == 0) -> pass(1, 0); backup_slip = WINDOW }
  :: d_step { goes_on(!due && backup_slip == 0) -> pass(1, 2); backup_slip = WINDOW }
  :: d_step { goes_on(!due && primary_slip == 0 && backup_slip == 0) -> pass(0, 2); primary_slip = WINDOW; backup_slip = WINDOW }
  channel(0)
#if BEATS > 1
  channel(1)
#endif
#if BEATS > 2
  channel(2)
#endif
#ifdef NO_L1_CACHED
  :: d_step { lag < STALE -> lag++ } :: d_step { lag > 0 -> lag = 0 }
#endif
  /* L3: its lease ended. It sends no beat any more, and says so. */
#ifndef NO_L3
  :: d_step { !stepped_down && lease == 0 -> stepped_down = true; step_down_sent = true }
  :: d_step { step_down_sent && !abandoned -> abandoned = true; promise = 0 }
#endif
  /* L4: the promise is looked at when the claim begins, and again for each value that is read. */
  :: d_step { claim == quiet && promise == 0 -> claim = preparing }
  :: d_step { claim == preparing && promise == 0 -> claim = proposed }
  :: d_step { claim == proposed && promise > 0 -> claim = quiet } /* the claim lost a decided round */
  :: d_step { claim == proposed -> claim = decided }
  :: d_step { claim == decided -> claim = acting }
  :: d_step { heard_back && claim == preparing -> claim = quiet }
  :: d_step { both_act -> assert(false) } /* I2 */
#ifdef DEAF
  :: claim == acting -> break
#endif
  od
}
