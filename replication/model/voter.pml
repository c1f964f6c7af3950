/* The voters of the register: register_voter, its disk and its loss. Included by register.pml. */

/* register_voter::on(prepare): only a strictly greater ballot, and the answer's way back. A prepare or an
 * answer that is lost, or arrives when its round is over, would only raise a promise, so it is left out. */
#if defined(SYNC) && !defined(NO_R2_SYNC)
#define tell_promised(v, l) held_promised[v * LIVES + l] = 1 + accepted[v]
#else
#define tell_promised(v, l) hear(l, v, accepted[v])
#endif
#define on_prepare(v, l) \
  :: d_step { phase[l] == preparing && proposals < K && exists(v) && !has(heard[l], v) && !refused(ballot[l], v) -> \
       promise[v] = ballot[l]; \
       tell_promised(v, l) }

/* register_voter::on(accept): the promise stands against lower ballots. */
#ifdef NO_R2_BELOW
#define allowed(v, p) (!has(accepted_by[p], v))
#else
#define allowed(v, p) (ballot_of[p] >= promise[v])
#endif
#if defined(SYNC) && !defined(NO_R2_SYNC)
#define tell_accepted(v, p) held_accepted[v] = held_accepted[v] | bit(p)
#else
#define tell_accepted(v, p) accepted_by[p] = accepted_by[p] | bit(v); check_decided(p)
#endif
#define on_accept(v, p) \
  :: d_step { p < proposals && exists(v) && allowed(v, p) -> \
       promise[v] = next(ballot_of[p]); \
       accepted[v] = p + 1; \
       tell_accepted(v, p) }

#ifdef VOTERS
#ifdef NO_R3 /* a voter without its file goes on under its old id */
#define exists(v) (v != 3)
#else
#define exists(v) ((v != 0 || !lost) && (v != 3 || lost))
#endif
#else
#define exists(v) true
#endif

#ifdef SYNC
/* R2: a vote is on disk before it is told. */
inline sync(v)
{
  disk_promise[v] = promise[v];
  disk_accepted[v] = accepted[v];
  q = 0;
  do
  :: q < LIVES ->
    if
    :: held_promised[v * LIVES + q] > 0 && proposals < K -> hear(q, v, held_promised[v * LIVES + q] - 1)
    :: else
    fi;
    held_promised[v * LIVES + q] = 0;
    q++
  :: else -> break
  od;
  q = 1;
  do
  :: q < K ->
    if
    :: has(held_accepted[v], q) -> accepted_by[q] = accepted_by[q] | bit(v); check_decided(q)
    :: else
    fi;
    q++
  :: else -> break
  od;
  held_accepted[v] = 0;
  q = 0
}

inline crash(v)
{
  crashes--;
  promise[v] = disk_promise[v];
  accepted[v] = disk_accepted[v];
  q = 0;
  do
  :: q < LIVES -> held_promised[v * LIVES + q] = 0; q++
  :: else -> break
  od;
  held_accepted[v] = 0;
  q = 0
}
#define unsaved(v) (disk_promise[v] != promise[v] || disk_accepted[v] != accepted[v])
#endif

proctype voter(byte v)
{
end:
  do
  on_prepare(v, 0) on_prepare(v, 1) on_prepare(v, 2)
  on_accept(v, 1) on_accept(v, 2) on_accept(v, 3)
#if K > 4
  on_accept(v, 4)
#endif
#if K > 5
  on_accept(v, 5)
#endif
#ifdef SYNC
  :: d_step { unsaved(v) -> sync(v) }
  :: d_step { unsaved(v) && crashes > 0 -> crash(v) }
#endif
#ifdef VOTERS
  :: d_step { v == 0 && !lost -> /* R3 */
       lost = true;
#ifdef NO_R3
       promise[0] = 0; accepted[0] = 0
#endif
     }
#endif
  od
}
