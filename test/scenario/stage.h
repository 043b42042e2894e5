/* The stage of a scenario: a chain of two cities with their services, keys that follow from a
   party's number, and the bodies that people sign. */
#ifndef DURE_SCENARIO_STAGE_H
#define DURE_SCENARIO_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/dure_ledger.h"
#include "bodies/bodies.h"

#define GOYANG  UINT32_C(41281)
#define START   (UINT64_C(20454) * 86400000) /* 2026-01-01 09:00 in Korea */
#define PARTIES 1024u

enum {
    REGISTRAR = 1000,
    BANK = 1001,
    OFFICER_1 = 1002,
    OFFICER_2 = 1003,
    CLOCK = 1004,
    WATCH = 1005,
    FAR_ALL = 2000, /* all roles in Goyang */
};

typedef struct {
    dure_ledger_limits_t limits;
    void *memory;
    size_t memory_size;
    dure_ledger_t *ledger;
    dure_effect_t effect;
    uint8_t genesis[16384];
    size_t genesis_size;
    uint8_t wire[DURE_TX_SIZE_MAX];
    size_t wire_size;
    dure_envelope_t envelope;
    uint64_t numbers[65536]; /* by low bits of the party: the last number */
} world_t;

/* A world after genesis, in a block: a driven clock, two officers that must agree. */
world_t *world_new(void);
void world_free(world_t *world);
/* A second ledger of the same genesis and limits. */
dure_ledger_t *world_second(const world_t *world, void **memory);
/* A transaction of the party's next number, which is not yet taken. */
dure_tx_t world_tx(world_t *world, uint64_t party, const dure_body_t *body);
dure_hash_t world_root(world_t *world);
void world_cut(world_t *world); /* keep, and begin the next block */

dure_body_t body_collection(const world_t *world, dure_mandate_t mandate, uint8_t slot,
                            uint64_t won);

#endif
