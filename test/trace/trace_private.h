/* What the two halves of the trace share: parties with keys, and the stream's model of the city. */
#ifndef DURE_TRACE_PRIVATE_H
#define DURE_TRACE_PRIVATE_H

#include "trace/trace.h"

#define SERVICES_COUNT   6u
#define PENDING_MAX      256u
#define GENESIS_SIZE_MAX 8192u

/* Who signs: the next number on lane 0, and how often its key was changed. */
typedef struct {
    uint64_t party;
    uint64_t next_number;
    uint32_t generation;
} signer_t;

typedef struct {
    signer_t signer;
    uint64_t held;         /* won that its lots should hold */
    uint64_t bought;       /* won bought or ordered in `month` */
    uint32_t month;        /* dure_period_of MONTH */
    dure_day_t bought_day; /* of the latest order: one a day, so that no lots merge */
    uint32_t lots;         /* the number of its latest lot */
    uint64_t latest_face;  /* of the latest lot while it is surely untouched, else 0 */
    dure_day_t latest_day;
    bool is_ordering;
} citizen_t;

typedef struct {
    signer_t signer;
    uint64_t balance;
} merchant_t;

/* An order that waits for its credit, or a payout that waits for its result. */
typedef struct {
    dure_tx_id_t id;
    uint32_t who; /* index of the citizen or the merchant */
    uint64_t won;
} pending_t;

typedef struct {
    pending_t items[PENDING_MAX];
    uint32_t count;
} pendings_t;

/* What the mixed stream remembers between its steps. */
typedef struct {
    uint32_t setup, batch_step, batches, hold_step, modes, backs, results;
    uint32_t buyer, lot; /* of the second fund's last purchase */
    uint64_t order_face, held, sweep;
    dure_day_t sweep_day;
    dure_tx_id_t order, payout, batch, hold, mode;
    dure_day_t batch_from;
    uint32_t rows_count;
    size_t rows_size;
    uint8_t rows[512];
} mixed_t;

struct dure_trace {
    dure_trace_config_t config;
    uint64_t random;
    dure_time_t time;
    dure_zone_t zone;
    dure_hash_t chain_id;
    uint8_t genesis[GENESIS_SIZE_MAX];
    size_t genesis_size;
    uint8_t *image, *source, *points_image, *points_source; /* copies; freed with the trace */
    mixed_t mixed;

    signer_t services[SERVICES_COUNT];
    citizen_t *citizens;
    merchant_t *merchants;
    uint32_t citizens_count, merchants_count; /* registered so far */

    uint32_t setup_step;
    uint32_t since_tick;
    pendings_t orders, payouts;
    bool is_proposed; /* an act of the stream waits for the second officer */
    dure_tx_id_t proposal;
    uint32_t acts;
    dure_trace_expect_t expect;

    dure_tx_id_t last_id;
    uint8_t wire[DURE_TX_SIZE_MAX]; /* the transaction made last */
    size_t wire_size;
};

signer_t *trace_signer(const dure_trace_t *trace, uint64_t party);
/* A number in [0, below). */
uint64_t trace_random(dure_trace_t *trace, uint64_t below);
dure_day_t trace_today(const dure_trace_t *trace);

/* ---- trace_mixed.c */
/* The next transaction of its set-up; empty bytes when that is done. */
dure_bytes_t trace_mixed_setup(dure_trace_t *trace);
/* A step of the mixed stream; false if it has none just now. */
bool trace_mixed_step(dure_trace_t *trace);

#endif
