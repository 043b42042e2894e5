/* A random walk: transactions of every kind, right and wrong, drawn from a seed; the ledger and the
   model each say what must become of them. */
#ifndef DURE_WALK_H
#define DURE_WALK_H

#include <stdio.h>

#include "ledger/dure_ledger.h"
#include "walk/model.h"

#define WALK_GIMPO  UINT32_C(41570)
#define WALK_GOYANG UINT32_C(41281)
#define WALK_KEYS   48u /* key pairs to draw from */
#define WALK_TAIL   20u /* transactions that a failing walk tells */
#define WALK_KINDS  96u
#define WALK_ACT    64u /* + kind: what became of an act that was proposed or approved */
#define WALK_GRANT  88u /* what became of a row of a grant */
#define WALK_RECALL 89u
#define WALK_CODES  300u

enum {
    WALK_REGISTRAR = 1000,
    WALK_BANK = 1001,
    WALK_OFFICER = 1002, /* to 1004 */
    WALK_CLOCK = 1005,
    WALK_WATCH = 1006,
    WALK_FAR = 2000, /* all roles in Goyang */
    WALK_NOBODY = 999999,
};

typedef struct {
    dure_secret_key_t secret;
    dure_public_key_t key;
} walk_key_t;

typedef struct {
    dure_tx_id_t id;
    dure_tx_id_t batch;
    uint32_t rows_count;
    dure_batch_row_t rows[MODEL_ROWS];
} walk_batch_t;

typedef struct {
    uint64_t seed, random;
    uint32_t step;
    model_t *model;
    dure_ledger_t *ledger;
    void *memory;
    dure_effect_t effect;
    uint8_t wire[DURE_TX_SIZE_MAX];
    walk_key_t keys[WALK_KEYS];
    dure_key_entry_t bad_key;
    /* Effects of what the model remembers as paid, by the same places. */
    dure_effect_t *proven;
    /* The rows of batches proposed, made from the newest on. */
    uint32_t batches_count;
    walk_batch_t batches[64];
    uint8_t row_bytes[256 * DURE_BATCH_ROW_SIZE];
    uint32_t programs_count;
    char tail[WALK_TAIL][320];
    char problem[512]; /* empty: all agrees */
    bool told;         /* each transaction is printed */
    uint64_t *table;   /* kind * WALK_CODES + code: how often */
} walk_t;

/* ---- draw.c: chance and picking */
uint64_t walk_roll(walk_t *walk, uint64_t below);
bool walk_chance(walk_t *walk, uint32_t percent);
/* A number in [low, high]. */
uint64_t walk_between(walk_t *walk, uint64_t low, uint64_t high);
/* A party of a kind, mostly of Gimpo; sometimes any, or none that there is. */
uint64_t walk_party(walk_t *walk, uint8_t kind);
/* The same, but always one that there is, or NULL. */
model_party_t *walk_known(walk_t *walk, uint8_t kind, uint32_t city);
/* A service with a role, mostly of this city. */
uint64_t walk_service(walk_t *walk, uint32_t role, uint32_t city);
uint64_t walk_fund(walk_t *walk, uint32_t city);
dure_name_t walk_name(const char *text);
dure_name_t walk_account(walk_t *walk);
dure_key_entry_t walk_key_entry(walk_t *walk);
dure_hash_t walk_hash(walk_t *walk);
int walk_day(walk_t *walk); /* near today */

/* ---- draw_people.c, draw_money.c, draw_acts.c: a body of each kind, and who signs.  False if
   there is nothing to draw from. */
bool walk_draw(walk_t *walk, dure_tx_t *tx, model_seal_t *seal);
bool walk_draw_people(walk_t *walk, dure_tx_t *tx);
bool walk_draw_money(walk_t *walk, dure_tx_t *tx);
bool walk_draw_pay(walk_t *walk, dure_tx_t *tx, model_seal_t *seal);
bool walk_draw_hold(walk_t *walk, dure_tx_t *tx);
bool walk_draw_acts(walk_t *walk, dure_tx_t *tx);
bool walk_draw_batch_rows(walk_t *walk, dure_tx_t *tx);

/* ---- town.c */
/* A new world for this seed; `table` is counted into. */
walk_t *walk_new(uint64_t seed, uint64_t *table);
void walk_free(walk_t *walk);
void walk_town(walk_t *walk);

/* ---- step.c */
/* Draws, asks both, compares.  False: walk->problem says what differs. */
bool walk_step(walk_t *walk);
bool walk_apply(walk_t *walk, const dure_tx_t *tx, const model_seal_t *seal);
/* What the number of the next transaction of a party on a lane should be. */
uint64_t walk_next_number(walk_t *walk, uint64_t party, uint16_t lane);

/* What a place of the table is called: `payment`, `act version`, `row of a grant`. */
const char *walk_kind_name(uint32_t kind);

/* ---- table.c */
/* Prints the table; true if every pair of pairs.txt that it must have was reached (of a short walk:
   those that come often), and no pair that is not there. */
bool walk_table(const uint64_t *table, FILE *out, bool is_short);

/* ---- check.c */
/* Every record of the ledger is the model's; and what must always hold does, from the records
   alone. */
bool walk_check(walk_t *walk, bool all);
void walk_problem(walk_t *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
