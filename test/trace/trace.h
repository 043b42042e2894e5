/* trace: deterministic parties, keys and signed transactions for tests, simulation and benchmarks.
   Everything follows from the seed and the order of the calls; nothing is learned from a ledger's
   answers, so one trace can be played into any number of chains, crashed or not.

       trace = dure_trace_new_from(&config, "examples/gimpo/general.yak");
       chain = dure_chain_init(..., dure_trace_genesis(trace), ...);
       for (...) tx = dure_trace_next(trace);          a plausible stream, set-up first
   or, by hand:
       dure_body_t body = dure_trace_payment(shop, 12000);
       tx = dure_trace_make(trace, dure_trace_citizen(7), &body); */
#ifndef DURE_TRACE_H
#define DURE_TRACE_H

#include "codec/dure_codec.h"

#define DURE_TRACE_CITY UINT32_C(41570)
#define DURE_TRACE_FUND UINT64_C(1)

/* Services of the genesis; the threshold is 2 of the 2 officers. */
#define DURE_TRACE_REGISTRAR UINT64_C(101)
#define DURE_TRACE_BANK      UINT64_C(102)
#define DURE_TRACE_OFFICER_1 UINT64_C(103)
#define DURE_TRACE_OFFICER_2 UINT64_C(104)
#define DURE_TRACE_CLOCK     UINT64_C(105)
#define DURE_TRACE_WATCH     UINT64_C(106)

#define DURE_TRACE_CLOCK_REAL   1u
#define DURE_TRACE_CLOCK_DRIVEN 2u

/* All zero but image and source: seed 0, a driven clock from 2026-01-05 09:00 KST, 40 citizens, 12
   merchants, no mischief. */
typedef struct {
    uint64_t seed;
    uint8_t clock;        /* 0 = driven; DURE_TRACE_CLOCK_* */
    dure_time_t start;    /* genesis time; 0 = the default */
    uint32_t citizens;    /* 0 = the default */
    uint32_t merchants;   /* 0 = the default */
    uint32_t parties_max; /* of the genesis; 0 = citizens + merchants + 12, at least 64 */
    uint32_t mischief;    /* of 100 transactions of the stream, how many must be refused */
    uint32_t ticks;       /* driven: transactions between ticks; 0 = 40 */
    /* The fund's program, as examples/gimpo/general.yak compiles: subsidy 6 % from the account
       `budget`, 500,000 won a month.  Copied. */
    dure_bytes_t image, source;
    /* Of 100 transactions of the stream, how many are of the kinds and the fund that the plain
       stream leaves out: gifts, grants, recalls, holds...; these may be refused, whatever
       dure_trace_expect says.  Needs a second program, as test/trace/points.yak compiles. */
    uint32_t mixed;
    dure_bytes_t points_image, points_source;
} dure_trace_config_t;

typedef struct dure_trace dure_trace_t;

/* dure_trace_new: NULL if memory is short.  dure_crypto_init must have been called. */
dure_trace_t *dure_trace_new(const dure_trace_config_t *config);
/* dure_trace_new_from: the same with the program that the Yak source in a file compiles to, as
   "examples/gimpo/general.yak" from the top of the project, where tests run.  NULL as well if it
   cannot be read or compiled.  With `mixed` also the second program, from test/trace/points.yak. */
dure_trace_t *dure_trace_new_from(const dure_trace_config_t *config, const char *path);
void dure_trace_free(dure_trace_t *trace);

/* The genesis bytes; borrows from the trace. */
dure_bytes_t dure_trace_genesis(const dure_trace_t *trace);
const dure_hash_t *dure_trace_chain_id(const dure_trace_t *trace);
/* The time that the trace has reached: the last tick's, or under a real clock the time that the
   next block should carry. */
dure_time_t dure_trace_time(const dure_trace_t *trace);
/* dure_trace_time_set: what follows is signed as of this time; makes no tick by itself. */
void dure_trace_time_set(dure_trace_t *trace, dure_time_t time);

/* The numbers of citizens and merchants, index from 0. */
uint64_t dure_trace_citizen(uint32_t index);
uint64_t dure_trace_merchant(uint32_t index);
/* The present key of a party in slot 0; every eighth citizen's is P-256. */
void dure_trace_secret(const dure_trace_t *trace, uint64_t party, dure_secret_key_t *secret);
dure_public_key_t dure_trace_key(const dure_trace_t *trace, uint64_t party);

/* ---- transactions by hand ----------------------------------------------------------------------
   dure_trace_make: signs a body as a party (a service of the genesis, or one of the configured
   citizens and merchants) with its next number on lane 0, valid for a week from the trace's time.
   Borrows until the next transaction is made. */
dure_bytes_t dure_trace_make(dure_trace_t *trace, uint64_t party, const dure_body_t *body);
/* The same with every field in the caller's hands, seal slot and key included. */
dure_bytes_t dure_trace_sign(dure_trace_t *trace, const dure_tx_t *tx, uint8_t slot,
                             const dure_secret_key_t *secret);
/* The id of the last transaction made. */
dure_tx_id_t dure_trace_last_id(const dure_trace_t *trace);

dure_body_t dure_trace_tick(dure_time_t time);
/* A registration as the stream makes it: key, blind and attributes follow from the seed.  Signed by
   DURE_TRACE_REGISTRAR. */
dure_body_t dure_trace_registration(const dure_trace_t *trace, uint64_t party);
dure_body_t dure_trace_attest(uint64_t party, uint64_t what, uint64_t value, dure_day_t from,
                              dure_day_t until);
dure_body_t dure_trace_propose(dure_day_t until, const dure_act_t *act);
dure_body_t dure_trace_approve(dure_tx_id_t proposal);
dure_body_t dure_trace_deposit(const char *account, uint64_t won);
dure_body_t dure_trace_order(uint64_t face);
dure_body_t dure_trace_credit(dure_tx_id_t order, uint64_t price);
dure_body_t dure_trace_void(dure_tx_id_t order);
dure_body_t dure_trace_cancel(uint32_t lot);
dure_body_t dure_trace_payment(uint64_t payee, uint64_t won);
dure_body_t dure_trace_redemption(uint64_t won);
dure_body_t dure_trace_payout_result(dure_tx_id_t payout, uint8_t outcome);

/* ---- the set-up and the stream -----------------------------------------------------------------
   dure_trace_setup: the next transaction that opens the account `budget`, fills it and opens the
   fund; empty bytes when the set-up is done.  dure_trace_next begins with these by itself. */
dure_bytes_t dure_trace_setup(dure_trace_t *trace);
/* dure_trace_next: the next transaction of an endless stream: registrations first and now and then,
   orders and their credits, payments, redemptions, payout results, cancellations, attestations, new
   keys, acts of the officers, ticks.  Borrows until the next transaction is made. */
dure_bytes_t dure_trace_next(dure_trace_t *trace);

/* What the stream expects of the transaction that dure_trace_next gave last. */
typedef enum {
    DURE_TRACE_GOOD = 0,         /* to be done, as long as the rules are those of general.yak */
    DURE_TRACE_REFUSED = 1,      /* to be refused and recorded */
    DURE_TRACE_INADMISSIBLE = 2, /* to be turned away at the door */
    DURE_TRACE_MALFORMED = 3,    /* not a transaction at all */
} dure_trace_expect_t;
dure_trace_expect_t dure_trace_expect(const dure_trace_t *trace);

#endif
