/* The changes of the view and how they are decided: the register's part of claim.pml, which includes this file. */

/* C3: every member of the view is known to have ended, because a later life of it answers. */
inline look_who_is_gone(v)
{
  gone = 1; i = 0;
#ifdef NO_C3
  gone = 0;
#endif
  do
  :: i < MEMBERS ->
    if
#ifdef NO_C3 /* one of them is enough */
    :: has(in_sync[v], i) && name(i) < NODES && i < 3 && incarnation[name(i)] == 1 -> gone = 1
#else
    :: has(in_sync[v], i) && (i >= 3 || incarnation[name(i)] == 0) -> gone = 0
#endif
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0
}

#ifdef NO_R1_EPOCH /* any epoch of this primary will do, not only the one in which the change began */
#define mine(n, v) (leading[n] > 0 && primary[v] == me(n) && epoch[v] == leading[n])
#else
#define mine(n, v) (leading[n] > 0 && primary[v] == me(n) && epoch[v] == leading[n] && epoch[v] == of_epoch[n])
#endif

/* The changes, as functions of the view that is read (R1). */
inline propose(n)
{
  m = me(n);
  proposal[m] = proposed;
  read[m] = top;
  e = 0; s = 0;
  if
  :: round[n] == claim ->
    new_primary[m] = m;
    look_who_is_gone(top);
    if
#ifdef NO_L4_CLAIMS_EARLY
    :: epoch[top] > of_epoch[n] || leading[n] > 0
#else
    :: epoch[top] > of_epoch[n] || leading[n] > 0 || !promise_over(n) /* L4 */
#endif
    :: else ->
      if
      :: has(in_sync[top], m) -> /* C1 */
        e = max(epoch[top], seen[n]) + 1;
        s = (primary[top] == m -> in_sync[top] : in_sync[top] & ~bit(primary[top]))
#ifdef NO_C1
      :: !has(in_sync[top], m) -> e = max(epoch[top], seen[n]) + 1; s = bit(m)
#else
      :: !has(in_sync[top], m) && gone -> e = max(epoch[top], seen[n]) + 1; s = bit(m)
#endif
      :: else
      fi
    fi
  :: round[n] == drop ->
    new_primary[m] = m;
    if
    :: mine(n, top) && has(in_sync[top], target[n]) -> e = epoch[top]; s = in_sync[top] & ~bit(target[n])
    :: else
    fi
  :: round[n] == add ->
    new_primary[m] = m;
    if
    :: mine(n, top) && !has(in_sync[top], target[n]) && has(near[n] | joining[n], target[n]) ->
      e = epoch[top]; s = in_sync[top] | bit(target[n]);
#ifndef NO_L2_JOINER
      joining[n] = joining[n] | bit(target[n]) /* L2: from here on the joiner counts, whatever becomes of this round */
#endif
    :: else
    fi
  :: round[n] == handover ->
    new_primary[m] = target[n];
    if
    :: mine(n, top) && has(in_sync[top], target[n]) -> e = max(epoch[top], seen[n]) + 1; s = in_sync[top]
    :: else
    fi
  fi;
  new_epoch[m] = e;
  new_in_sync[m] = s;
  if
  :: e == 0 -> new_primary[m] = 0; proposal[m] = chosen /* unchanged: it was decided when it was read */
  :: else
  fi
}

inline choose(p)
{
  if
  :: !has(in_sync[top], new_primary[p]) -> /* C3: the group starts again if really all members are gone */
    gone = 1; i = 0;
    do
    :: i < NODES ->
      if
      :: has(in_sync[top], me(i)) -> gone = 0
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0;
    if
    :: gone -> acked = acked & ops[name(p)]
    :: else
    fi
  :: else
  fi;
  assert(new_epoch[p] > epoch[top] || (new_epoch[p] == epoch[top] && new_primary[p] == primary[top])); /* I1 */
  top++;
  epoch[top] = new_epoch[p];
  primary[top] = new_primary[p];
  in_sync[top] = new_in_sync[p];
  read[p] = top;
  new_epoch[p] = 0; new_primary[p] = 0; new_in_sync[p] = 0;
  /* A proposer that has ended or given up hears nothing. */
  if
  :: me(name(p)) == p && round[name(p)] != nothing -> proposal[p] = chosen
  :: else -> proposal[p] = idle; read[p] = 0
  fi
}
