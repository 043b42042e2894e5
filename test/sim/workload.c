/* workload: the list of transactions, and what a chain that never crashes makes of it: one
   transaction a block. */
#include "sim/sim.h"
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "examples/gimpo/general.yak"
#define PARTIES 64u

static dure_bytes_t copy(dure_bytes_t bytes)
{
    uint8_t *data = malloc(bytes.size + 1);
    DURE_ASSERT(data != NULL);
    if (bytes.size > 0) {
        memcpy(data, bytes.data, bytes.size);
    }
    return dure_bytes(data, bytes.size);
}

static dure_trace_t *new_trace(void)
{
    dure_trace_config_t config = {.seed = 3, .mischief = 8, .citizens = 30, .merchants = 10};
    config.ticks = 25;
    dure_trace_t *trace = dure_trace_new_from(&config, PROGRAM);
    if (trace == NULL) {
        fprintf(stderr, "%s cannot be compiled; run from the top of the tree\n", PROGRAM);
    }
    return trace;
}

/* ---- verifying once -------------------------------------------------------------------------- */

#define MEMO_SIZE 65536u

dure_crypto_result_t workload_verify(const dure_public_key_t *key,
                                     const dure_signature_t *signature, const void *message,
                                     size_t message_size)
{
    static struct {
        dure_hash_t of;
        uint8_t result;
        bool is_known;
    } memo[MEMO_SIZE];
    dure_hasher_t hasher;
    dure_hash_t hash;
    dure_hasher_init(&hasher, DURE_TAG_DERIVE);
    dure_hasher_update(&hasher, key, sizeof *key);
    dure_hasher_update(&hasher, signature, sizeof *signature);
    dure_hasher_update(&hasher, message, message_size);
    dure_hasher_final(&hasher, &hash);
    uint32_t place = (hash.bytes[0] | (uint32_t)hash.bytes[1] << 8) % MEMO_SIZE;
    if (!memo[place].is_known || !dure_hash_equal(&memo[place].of, &hash)) {
        memo[place].of = hash;
        memo[place].is_known = true;
        memo[place].result = (uint8_t)dure_signature_verify(key, signature, message, message_size);
    }
    return memo[place].result;
}

/* ---- the reference --------------------------------------------------------------------------- */

static int32_t find_first(const workload_t *self, uint32_t before, const item_t *item)
{
    for (uint32_t i = 0; i < before; i++) {
        const item_t *other = &self->items[i];
        if (other->is_final && dure_hash_equal(&other->tx, &item->tx)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static bool decide(const workload_t *self, uint32_t index, dure_chain_t *chain)
{
    item_t *item = &self->items[index];
    dure_envelope_t envelope;
    dure_chain_tx_t tx = {.wire = item->wire};
    dure_chain_update_t update;
    dure_chain_event_t event = {.kind = DURE_CHAIN_CHECK, .txs = &tx, .tx_count = 1};
    event.height = dure_chain_head(chain)->height + 1;
    event.time = dure_chain_head(chain)->time;
    item->repeats = -1;
    item->code = (uint16_t)dure_envelope_decode(&envelope, item->wire, NULL);
    if (item->code == DURE_RESULT_DONE) {
        item->id = envelope.tx.id;
        dure_tx_hash(&item->tx, &dure_chain_head(chain)->chain_id, envelope.body);
        if (dure_chain_step(chain, &update, &event) != DURE_CHAIN_OK) {
            return false;
        }
        item->code = update.code;
        event.kind = DURE_CHAIN_FINALIZE;
        if (item->code != DURE_RESULT_DONE) {
            item->repeats = find_first(self, index, item);
        } else if (dure_chain_step(chain, &update, &event) == DURE_CHAIN_OK) {
            item->code = update.results[0].code;
            item->is_final = dure_result_is_final(item->code);
            item->effect = copy(update.results[0].effect);
            event.kind = DURE_CHAIN_COMMIT;
            if (dure_chain_step(chain, &update, &event) != DURE_CHAIN_OK) {
                return false;
            }
        } else {
            return false;
        }
    }
    item->root = dure_chain_head(chain)->ledger_root;
    return true;
}

static bool fill(workload_t *self, dure_trace_t *trace)
{
    const char *problem = "no memory";
    size_t size = (dure_chain_size(&self->limits) + 63u) / 64u * 64u;
    void *memory = aligned_alloc(64, size);
    dure_chain_t *chain =
        memory == NULL ? NULL
                       : dure_chain_init(memory, size, &self->limits, self->genesis, &problem);
    bool is_good = chain != NULL;
    if (!is_good) {
        fprintf(stderr, "the reference chain: %s\n", problem);
    }
    for (uint32_t i = 0; is_good && i < self->count; i++) {
        /* Now and then a transaction is sent again: the same bytes. */
        bool is_again = i > 40 && i % 17 == 0;
        self->items[i].wire =
            copy(is_again ? self->items[i - 3 - i % 29].wire : dure_trace_next(trace));
        is_good = decide(self, i, chain);
        uint16_t code = self->items[i].code;
        dure_envelope_t envelope;
        if (code == DURE_RESULT_DONE &&
            dure_envelope_decode(&envelope, self->items[i].wire, NULL) == DURE_RESULT_DONE &&
            envelope.tx.body.kind == DURE_BODY_REDEMPTION) {
            self->payouts++;
        }
    }
    free(memory);
    return is_good;
}

workload_t *workload_new(uint32_t count)
{
    workload_t *self = calloc(1, sizeof *self);
    dure_trace_t *trace = self == NULL ? NULL : new_trace();
    if (trace == NULL) {
        free(self);
        return NULL;
    }
    self->limits = dure_ledger_limits_for(PARTIES);
    self->genesis = copy(dure_trace_genesis(trace));
    self->count = count;
    self->items = calloc(count, sizeof *self->items);
    DURE_ASSERT(self->items != NULL);
    bool is_good = fill(self, trace);
    dure_trace_free(trace);
    if (!is_good) {
        workload_free(self);
        return NULL;
    }
    return self;
}

static void free_bytes(dure_bytes_t bytes)
{
    union {
        const uint8_t *given;
        void *own;
    } data = {.given = bytes.data};
    free(data.own);
}

void workload_free(workload_t *self)
{
    if (self == NULL) {
        return;
    }
    for (uint32_t i = 0; i < self->count; i++) {
        free_bytes(self->items[i].wire);
        free_bytes(self->items[i].effect);
    }
    free_bytes(self->genesis);
    free(self->items);
    free(self);
}
