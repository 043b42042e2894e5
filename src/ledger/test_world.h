/* A small chain for the tests of this folder: two cities, their services, a fund, people. */
#ifndef DURE_LEDGER_TEST_WORLD_H
#define DURE_LEDGER_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/ledger_private.h"
#include "bodies/bodies.h"

#define GOYANG UINT32_C(41281)
#define FUND   UINT64_C(7)
#define DAY_MS UINT64_C(86400000)
#define START  (UINT64_C(20454) * DAY_MS) /* 2026-01-01 09:00 in Korea */
#define TODAY  20454

enum {
    REGISTRAR = 1000,
    BANK = 1001,
    OFFICER_1 = 1002,
    OFFICER_2 = 1003,
    CLOCK = 1004,
    WATCH = 1005,
    OFFICER_3 = 1006, /* registered in the tests that need it */
    FAR_ALL = 2000,   /* all roles in Goyang */
};

typedef struct {
    dure_ledger_limits_t limits;
    void *memory;
    size_t memory_size;
    dure_ledger_t *ledger;
    dure_effect_t effect;
    const dure_effect_t *proven; /* what a refund brings: the payment's effect */
    uint8_t genesis[16384];
    size_t genesis_size;
    uint8_t wire[DURE_TX_SIZE_MAX];
    size_t wire_size;
    dure_envelope_t envelope;
    uint64_t numbers[65536]; /* by low bits of the party: the next number */
    uint64_t seen[1024];     /* how often each code came */
    bool free_clock;         /* the genesis has a real clock */
    uint8_t threshold;
} world_t;

/* The image of examples/gimpo/general.yak, or of a changed copy of it. */
dure_bytes_t test_image(void);
dure_bytes_t test_source(void);

/* A world after genesis, in a block. */
world_t *world_new(const dure_ledger_limits_t *limits, bool free_clock, uint8_t threshold);
void world_free(world_t *world);
/* A second ledger of the same genesis and limits. */
dure_ledger_t *world_second(const world_t *world, void **memory);
/* Sends a transaction with the party's next number; the effect stays in world->effect. */
dure_result_t world_send(world_t *world, uint64_t party, const dure_body_t *body);
dure_result_t world_send_tx(world_t *world, const dure_tx_t *tx, uint8_t slot);
/* The transaction that world_send would send, number not yet taken. */
dure_tx_t world_tx(world_t *world, uint64_t party, const dure_body_t *body);
dure_result_t world_apply_wire(world_t *world);
dure_tx_id_t world_last_id(const world_t *world);
void world_cut(world_t *world); /* keep, and begin the next block */
dure_hash_t world_root(world_t *world);
/* The record bytes of all tables, and everything else that the journal covers, hashed. */
dure_hash_t world_bytes(const world_t *world);

/* The steps of a town, each asserted to be accepted. */
void world_register(world_t *world, uint64_t party, uint8_t kind);
void world_fund(world_t *world); /* accounts, the general fund, a deposit */
void world_shop(world_t *world, uint64_t party, uint16_t category);
void world_buy(world_t *world, uint64_t party, uint64_t won);
void world_days(world_t *world, uint32_t days);

/* Steps of a test: sent as above, the code as expected; then the invariants hold, and what was
   refused moved nothing.  propose, decide: an officer's; decide is accepted, and approved by
   another officer where the city's threshold is two.  made: the id of what was done. */
void world_expect(world_t *world, dure_result_t expected, uint64_t party, dure_body_t body);
void world_done(world_t *world, uint64_t party, dure_body_t body);
dure_tx_id_t world_made(world_t *world, uint64_t party, dure_body_t body);
void world_propose(world_t *world, dure_result_t expected, uint64_t party, dure_act_t act);
void world_decide(world_t *world, dure_act_t act);
/* A number that the effect names; -1 if it does not. */
int64_t world_number(const world_t *world, dure_label_t label);
/* NULL if there is none. */
const lot_t *world_lot(const world_t *world, uint64_t party, uint64_t fund, uint32_t number);
/* The invariants hold. */
void world_sound(const world_t *world);
/* All records, and nothing else, into a new ledger, which gives the same root. */
void world_load(const world_t *world, dure_ledger_t *to);
/* That ledger goes on in the first one's place. */
void world_reload(world_t *world);
/* The end of a test: the invariants hold, for end_reloaded also after a reload. */
void world_end(world_t *world);
void world_end_reloaded(world_t *world);

/* With a case file; fund and amount are left to the caller. */
/* Of a mandate that the payer's key of a slot signs. */
dure_body_t body_collection(const world_t *world, dure_mandate_t mandate, uint8_t slot,
                            uint64_t won);
dure_act_t act_version(uint64_t fund, dure_day_t from, dure_bytes_t image); /* source: "new" */
dure_act_t act_fund(uint64_t fund, uint64_t ceiling);

#define assert_code(code, expected) assert_int_equal((int)(code), (int)(expected))

/* Both effects have the same bytes. */
void assert_effects_equal(const dure_effect_t *a, const dure_effect_t *b);

#endif
