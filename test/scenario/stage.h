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

#define GIMPO   UINT32_C(41570)
#define GOYANG  UINT32_C(41281)
#define START   (UINT64_C(20454) * 86400000) /* 2026-01-01 09:00 in Korea */
#define FAR_DAY 40000
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

dure_secret_key_t test_secret(uint64_t party, uint8_t slot);
dure_key_entry_t test_key(uint64_t party, uint8_t slot);
dure_blind_t test_blind(uint64_t party);
dure_name_t test_name(const char *text);
dure_bytes_t test_compile(const char *source, uint8_t *image);

dure_body_t body_tick(dure_time_t time);
dure_body_t body_registration(uint64_t party, uint8_t kind);
dure_body_t body_attest(uint64_t subject, uint64_t what, uint64_t value, dure_day_t from,
                        dure_day_t until);
dure_body_t body_rotate(uint64_t party, uint8_t slot);
dure_body_t body_propose(dure_act_t act, dure_day_t until);
dure_body_t body_approve(dure_tx_id_t proposal);
dure_body_t body_deposit(const char *account, uint64_t won);
dure_body_t body_order(uint64_t fund, uint64_t face, uint64_t price_max);
dure_body_t body_credit(dure_tx_id_t order, uint64_t price);
dure_body_t body_void(dure_tx_id_t order);
dure_body_t body_cancel(uint64_t fund, uint32_t lot);
dure_body_t body_payment(uint64_t payee, uint64_t won);
dure_body_t body_redemption(uint64_t fund, uint64_t won);
dure_body_t body_result(dure_tx_id_t payout, uint8_t outcome);
dure_body_t body_hold(uint64_t subject, uint8_t what, uint8_t reason, dure_day_t until);
dure_body_t body_release(dure_tx_id_t hold);
dure_body_t body_appeal(dure_tx_id_t hold);
dure_body_t body_uphold(dure_tx_id_t hold, dure_day_t until);
dure_body_t body_collection(const world_t *world, dure_mandate_t mandate, uint8_t slot,
                            uint64_t won);
dure_act_t act_account(const char *name);
dure_act_t act_parameter(uint64_t fund, const char *name, int64_t value, dure_day_t from);
dure_act_t act_ceiling(uint64_t fund, uint64_t ceiling);
dure_act_t act_roles(uint64_t subject, uint32_t roles);
dure_act_t act_threshold(uint8_t threshold);
dure_act_t act_recover(uint64_t subject, dure_key_entry_t entry);
dure_act_t act_estate(uint64_t subject, uint64_t heir);

#endif
