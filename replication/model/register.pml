/* The register: one value with compare-and-set, agreed by a majority of the voters (rules R1 to R4).
 *
 * A request is a fact that stays: a voter may read it late, twice or never, in any order. So loss, delay,
 * duplication and reordering have no bound; what is bounded is the number of proposals (K) and of ballots
 * (ROUNDS). Proposal k asks to accept a value; proposal 0 made the founders' value, which is decided. A
 * value is named by the proposal that made it (group_view::born). README.md says what is left out and why.
 *
 * -DVOTERS lets the set of voters change and a voter lose its file; -DSYNC tells a voter's memory from
 * its disk, and lets it crash in between. Each -DNO_... switches a rule off. */

#ifndef K
#define K 4
#endif
#ifndef ROUNDS
#define ROUNDS 3
#endif
#define LIVES 3 /* of proposers: the first one, the same one after a restart, and another one */
#ifdef VOTERS
#define NV 4 /* three founders; the fourth is the first founder after it lost its file */
#define FILES 1
#else
#define NV 3
#endif
#define bit(i) (1 << (i))
#define has(set, i) (((set) >> (i)) & 1)
#define count(s) (has(s, 0) + has(s, 1) + has(s, 2) + has(s, 3))
#define majority(s, of) (2 * count((s) & (of)) > count(of))

/* -- proposals, and the values that they made */
byte proposals = 1;  /* how many so far */
byte ballot_of[K];   /* (round, proposer, incarnation) as one number */
byte proposed[K];    /* the value that it asks to accept */
byte read_value[K];  /* the value that it read */
byte accepted_by[K]; /* voters whose `accepted` has left */
byte chain[K];       /* of value k: all values that it descends from, and itself */
byte voters[K];      /* of value k */
byte marks[K];       /* of value k: the changes that it contains */

/* -- voters: register_state */
byte promise[NV];
byte accepted[NV]; /* 0: none; 1 + k: proposal k */
#ifdef VOTERS
bool lost;         /* voter 0's file: it goes on as voter 3 */
#endif
#ifdef SYNC
byte disk_promise[NV];
byte disk_accepted[NV];
byte held_promised[NV * LIVES]; /* 0: none; 1 + the `accepted` that `promised` will tell */
byte held_accepted[NV];         /* proposals */
byte crashes = 1;
#endif

/* -- proposers: register_proposer */
mtype = { dead, idle, preparing, accepting };
mtype phase[LIVES] = dead;
byte ballot[LIVES];   /* of its last round */
byte heard[LIVES];    /* preparing: the voters that have promised */
byte newest[LIVES];   /* preparing: the value that they told; 0: none, 1 + k: that of proposal k */
byte current[LIVES];  /* accepting: its proposal */
byte base[LIVES];     /* the newest value that it knows to be decided */
byte promised[LIVES]; /* the ballot that came with its last decided round; 0: none */
byte changes[LIVES];  /* how many it has made so far */
#ifdef VOTERS
byte kind[LIVES]; /* of its change: 0 none yet, 1 + v: voter v in or out, 5: no voter (a claim, ...) */
#define change_of(l) (kind[l] == 5 -> 0 : kind[l])
#else
#define change_of(l) 0
#endif

/* -- the truth, whether somebody knows it or not */
byte decided = 1;
byte failed; /* the changes that their proposer took for not made */

byte i, j, k, q, set, src;
byte applies;

#ifdef NO_R2_REUSED /* no incarnation in ballots: a restarted proposer reuses those of its last life */
#define number(r, l) ((r) * LIVES + ((l) == 1 -> 0 : (l)) + 1)
#define refused(b, v) ((b) < promise[v])
#else
#define number(r, l) ((r) * LIVES + (l) + 1)
#define refused(b, v) ((b) <= promise[v])
#endif
#define round_number(b) (((b) == 0 -> 0 : ((b) - 1) / LIVES))
#define next(b) ((b) + LIVES)
#define mark(l) ((l) * 2 + changes[l])

inline check_failed()
{
  i = 0;
  do
  :: i < K ->
    if
    :: has(decided, i) -> assert((marks[i] & failed) == 0) /* R1: a change that was taken for not made was not made */
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0
}

/* I7: the decided values are one chain. Checked when an acceptance makes a majority, known or not. */
inline check_decided(p)
{
  if
  :: majority(accepted_by[p], voters[proposed[p]]) ->
    j = proposed[p];
    decided = decided | bit(j);
    i = 0;
    do
    :: i < K ->
      if
      :: has(decided, i) -> assert(has(chain[i], j) || has(chain[j], i))
      :: else
      fi;
      i++
    :: else -> break
    od;
    j = 0;
    check_failed()
  :: else
  fi
}

/* register_proposer::propose: the change is a function of the value read (R1); a change of the voters is
 * made only of a set that is known to be decided, since only a primary makes it, and it knows its view (R4). */
inline propose(l, read)
{
  k = proposals;
  proposals++;
  src = read;
#ifdef NO_R1
  src = base[l];
#endif
  applies = !has(marks[src], mark(l));
#ifndef NO_R4_DECIDED_FIRST
  if
  :: change_of(l) > 0 && read != base[l] && voters[read] != voters[base[l]] -> applies = 0
  :: else
  fi;
#endif
  set = voters[src];
  if
  :: applies && change_of(l) > 0 ->
    set = set ^ bit(change_of(l) - 1);
    if
    :: set == 0 -> applies = 0
    :: else
    fi
  :: else
  fi;
#ifdef NO_R4_ONE
  if
  :: applies && change_of(l) == 4 -> set = set ^ bit(0)
  :: else
  fi;
#endif
  ballot_of[k] = ballot[l];
  read_value[k] = read;
  proposed[k] = read;
  if
  :: applies ->
    proposed[k] = k;
    chain[k] = chain[src] | bit(k);
    voters[k] = set;
    marks[k] = marks[src] | bit(mark(l))
  :: else
  fi;
  phase[l] = accepting;
  current[l] = k;
  heard[l] = 0;
  newest[l] = 0;
  k = 0; set = 0; src = 0; applies = 0
}

#ifdef NO_R4_NEWEST /* a majority of the voters that were known before is enough */
#define asked(l) (newest[l] > 0 && majority(heard[l], voters[base[l]]))
#else
#define asked(l) (newest[l] > 0 && majority(heard[l], voters[proposed[newest[l] - 1]]))
#endif

/* register_proposer::on(promised): of the values that voters tell, that of the highest ballot counts. */
#ifdef NO_R2_HIGHEST
#define newer(told, l) (newest[l] == 0)
#else
#define newer(told, l) (newest[l] == 0 || ballot_of[(told) - 1] > ballot_of[newest[l] - 1])
#endif
inline hear(l, v, told)
{
  heard[l] = heard[l] | bit(v);
  if
  :: told > 0 && newer(told, l) -> newest[l] = told
  :: else
  fi;
#ifndef VOTERS /* at once with a majority; otherwise later, since another voter may still become known */
  if
  :: asked(l) -> propose(l, proposed[newest[l] - 1])
  :: else
  fi
#endif
}

/* A round is over for its proposer; its answers no longer count. */
inline stop_hearing(l)
{
  heard[l] = 0;
  newest[l] = 0;
  current[l] = 0;
#ifdef SYNC
  i = 0;
  do
  :: i < NV -> held_promised[i * LIVES + l] = 0; i++
  :: else -> break
  od;
  i = 0
#endif
}

/* register_proposer::prepare; the second form follows a refusal, which tells of higher ballots. */
#define highest_promise (promise[0] > promise[1] -> (promise[0] > promise[2] -> promise[0] : promise[2]) : (promise[1] > promise[2] -> promise[1] : promise[2]))
inline prepare(l)
{
  d_step { stop_hearing(l); promised[l] = 0; phase[l] = preparing };
  if
  :: ballot[l] = number(round_number(ballot[l]) + 1, l)
  :: round_number(highest_promise) > round_number(ballot[l]) && round_number(highest_promise) < ROUNDS ->
    ballot[l] = number(round_number(highest_promise) + 1, l)
  fi
}

#define most_of(l, of) majority(accepted_by[current[l]], voters[of])
#ifdef NO_R4_ONE
#define enough(l) most_of(l, proposed[current[l]])
#else
#define enough(l) (most_of(l, proposed[current[l]]) && most_of(l, read_value[current[l]]))
#endif

inline choose_change(l)
{
#ifdef VOTERS
  if
  :: kind[l] > 0 /* begun, and not yet made */
  :: kind[l] == 0 -> kind[l] = 1
  :: kind[l] == 0 -> kind[l] = 2
  :: kind[l] == 0 -> kind[l] = 4
#ifndef ONLY_VOTERS
  :: kind[l] == 0 -> kind[l] = 5
#endif
  fi
#else
  skip
#endif
}

proctype proposer(byte l)
{
end:
  do
  /* R2: a change begins with the ballot that came with the last decided round ... */
  :: atomic { phase[l] == idle && changes[l] < 2 && proposals < K && promised[l] > 0 ->
       choose_change(l);
       d_step { ballot[l] = promised[l]; promised[l] = 0; propose(l, base[l]) } }
  /* ... or by hearing a majority. In that way it also goes on if its round was refused or took too long. */
  :: atomic { phase[l] == idle && changes[l] < 2 && round_number(ballot[l]) < ROUNDS && proposals < K ->
       choose_change(l);
       prepare(l) }
  :: atomic { (phase[l] == preparing || phase[l] == accepting) && round_number(ballot[l]) < ROUNDS && proposals < K ->
       prepare(l) }
#ifdef VOTERS
  :: d_step { phase[l] == preparing && proposals < K && asked(l) -> propose(l, proposed[newest[l] - 1]) }
  /* register_proposer::know: somebody else's decided view */
#define know(v) \
  :: d_step { phase[l] != dead && has(decided, v) && v != base[l] && has(chain[v], base[l]) -> \
       base[l] = v; promised[l] = 0 }
  know(1) know(2) know(3)
#if K > 4
  know(4)
#endif
#if K > 5
  know(5)
#endif
#endif
  /* register_proposer::on(accepted): decided */
  :: d_step { phase[l] == accepting && enough(l) ->
       base[l] = proposed[current[l]];
       promised[l] = next(ballot[l]);
       phase[l] = idle;
       current[l] = 0;
       if
       :: has(marks[base[l]], mark(l)) ->
         changes[l]++;
#ifdef VOTERS
         kind[l] = 0
#endif
       :: else /* the old value was decided; now the change */
       fi }
#ifdef NO_R1_UNKNOWN /* a change that timed out is taken for one that was not made */
  :: d_step { phase[l] == accepting ->
       failed = failed | bit(mark(l)); changes[l]++; phase[l] = idle; current[l] = 0; check_failed() }
#endif
#ifndef VOTERS
  :: d_step { l == 0 && phase[0] != dead -> /* crash; its next life has no ballots */
       stop_hearing(0);
       phase[0] = dead; phase[1] = idle; base[1] = base[0];
       ballot[0] = 0; base[0] = 0; promised[0] = 0; changes[0] = 0 }
#endif
  od
}

#include "voter.pml"

init
{
  d_step {
    ballot_of[0] = 1; chain[0] = 1; voters[0] = 7; accepted_by[0] = 7;
    phase[0] = idle; phase[2] = idle;
    ballot[0] = 1; promised[0] = next(1);
    i = 0;
    do
    :: i < 3 -> promise[i] = next(1); accepted[i] = 1;
#ifdef SYNC
      disk_promise[i] = next(1); disk_accepted[i] = 1;
#endif
      i++
    :: else -> break
    od;
    i = 0
  };
  atomic {
    run voter(0); run voter(1); run voter(2);
#ifdef VOTERS
    run voter(3);
#endif
    run proposer(0); run proposer(1); run proposer(2)
  }
}
