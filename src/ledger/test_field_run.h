/* One transaction that the stage accepts, and the ways to change its bytes: each change is sent,
   judged and dropped, with all that must hold of it. */
#ifndef DURE_LEDGER_TEST_FIELD_RUN_H
#define DURE_LEDGER_TEST_FIELD_RUN_H

#include "ledger/test_snapshot.h"
#include "ledger/test_stage.h"

#define CODES_MAX 1024
#define ANY       UINT32_C(0xffffffff) /* any code of schema/results.json */
#define WON_MAX   DURE_AMOUNT_WON_MAX
#define HEADER    28u  /* bytes before the struct of the kind; the kind is the last of them */
#define ALL_BITS  160u /* of a body's first bytes every bit is flipped */

typedef struct {
    const char *name;
    stage_t *stage;
    snapshot_t snapshot;
    uint64_t signer;
    dure_tx_t tx;
    uint8_t body[DURE_TX_SIZE_MAX + 64];
    size_t size;
    dure_seal_t seal; /* of the body as it was */
    bool covered[DURE_TX_SIZE_MAX];
    uint32_t sent, codes[CODES_MAX];
} run_t;

/* Signs a body as a party, with the key of a slot. */
void run_sign(const run_t *run, const uint8_t *body, size_t size, uint64_t party, uint8_t slot,
              dure_seal_t *seal);
/* Sends a body signed anew by `party`, which must give `expected`; then with the seal of before,
   whose code follows from the first. */
void run_changed(run_t *run, const char *what, const uint8_t *body, size_t size, uint64_t party,
                 uint32_t expected);

/* ---- rows: a field in place of what stood at `at`, and the code that it must give */
void run_splice(run_t *run, const char *what, size_t at, size_t old_size, const void *new,
                size_t new_size, uint32_t expected);
void run_put(run_t *run, const char *what, size_t at, size_t width, uint64_t value,
             uint32_t expected);
void run_fill(run_t *run, const char *what, size_t at, size_t size, uint8_t byte,
              uint32_t expected);
/* A name in place of one of old_length bytes; names_wrong: all that are none. */
void run_name(run_t *run, size_t at, size_t old_length, const char *text, uint32_t expected);
void run_names_wrong(run_t *run, size_t at, size_t old_length);
/* day_bounds, amount_bounds: what lies beyond them. */
void run_day(run_t *run, const char *what, size_t at, dure_day_t value, uint32_t expected);
void run_day_bounds(run_t *run, const char *what, size_t at);
void run_amount_bounds(run_t *run, const char *what, size_t at, bool may_be_zero);
/* An id of 18 bytes: its parts, and a whole other one. */
void run_id_parts(run_t *run, size_t at, uint32_t unknown);
void run_id_whole(run_t *run, const char *what, size_t at, dure_tx_id_t id, uint32_t expected);
/* A fund's number: Goyang's, and Gimpo's second one; fund_rows: and FUND, which is right. */
void run_other_fund_rows(run_t *run, size_t at, uint32_t far, uint32_t two);
void run_fund_rows(run_t *run, size_t at, uint32_t far, uint32_t two);

/* ---- what all kinds have in common */
void run_header_rows(run_t *run);
void run_seal_rows(run_t *run);
/* Every bit of the first bytes and of all smaller transactions; beyond, in what an act of a fund
   carries, every 97th. */
void run_bits_flipped(run_t *run);
/* A body cut short, with its own seal or signed anew, is never a transaction. */
void run_cuts(run_t *run);

#endif
