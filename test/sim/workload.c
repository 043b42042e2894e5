/* workload: the list of transactions, and what a chain that never crashes makes of it: one
   transaction a block. */
#include "sim/sim.h"
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "examples/gimpo/general.yak"
#define PARTIES 64u
/* Every so many of the list, one is a refund. */
#define REFUND_EACH 7u

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
    config.ticks = 9;
    config.mixed = 60;
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

/* ---- refunds: the stream has none, they are put in between -------------------------------------
 */

/* What the reference chain is proved from: each of its blocks holds one transaction. */
typedef struct {
    dure_hash_t *leaves, *range; /* of the effect; of the range: by height - 1 */
    dure_blind_t *blinds;
    dure_hash_t *scratch;
    uint32_t *items; /* which is in the block */
    uint32_t blocks;
} proofs_t;

static proofs_t proofs_new(uint32_t count)
{
    proofs_t proofs = {.leaves = calloc(count, sizeof *proofs.leaves),
                       .range = calloc(count, sizeof *proofs.range),
                       .blinds = calloc(count, sizeof *proofs.blinds),
                       .scratch = calloc(count, sizeof *proofs.scratch),
                       .items = calloc(count, sizeof *proofs.items)};
    DURE_ASSERT(proofs.leaves != NULL && proofs.range != NULL && proofs.blinds != NULL &&
                proofs.scratch != NULL && proofs.items != NULL);
    return proofs;
}

static void proofs_free(proofs_t *proofs)
{
    free(proofs->leaves);
    free(proofs->range);
    free(proofs->blinds);
    free(proofs->scratch);
    free(proofs->items);
}

static void proofs_add(proofs_t *proofs, uint32_t item, const dure_chain_update_t *update)
{
    proofs->leaves[proofs->blocks] = update->results[0].leaf;
    proofs->blinds[proofs->blocks] = update->results[0].blind;
    proofs->items[proofs->blocks] = item;
    dure_range_leaf(&proofs->range[proofs->blocks], update->header.height,
                    &update->header.effects_root);
    proofs->blocks++;
}

/* The refund's wire with its witness; empty if its payment was never decided. */
static dure_bytes_t with_witness(const workload_t *self, const proofs_t *proofs,
                                 const dure_envelope_t *refund)
{
    static uint8_t wire[DURE_TX_SIZE_MAX], bytes[DURE_WITNESS_SIZE_MAX];
    const dure_tx_id_t *id = &refund->tx.body.refund.payment;
    for (uint32_t b = 0; b < proofs->blocks; b++) {
        const item_t *item = &self->items[proofs->items[b]];
        if (!item->is_final || item->id.party != id->party || item->id.number != id->number ||
            item->id.lane != id->lane) {
            continue;
        }
        dure_witness_t witness = {.effect = item->effect, .blind = proofs->blinds[b]};
        witness.height = b + 1u;
        dure_witness_prove(&witness, &proofs->leaves[b], 1, 0, proofs->range, proofs->blocks, b,
                           proofs->scratch);
        dure_writer_t proof = dure_writer(bytes, sizeof bytes);
        dure_witness_encode(&proof, &witness);
        dure_writer_t writer = dure_writer(wire, sizeof wire);
        DURE_ASSERT(dure_tx_attach(&writer, refund, dure_writer_bytes(&proof)));
        return dure_writer_bytes(&writer);
    }
    return dure_bytes(NULL, 0);
}

bool workload_is(dure_bytes_t logged, dure_bytes_t listed)
{
    dure_envelope_t a, b;
    if (dure_bytes_equal(logged, listed)) {
        return true;
    }
    if (dure_envelope_decode(&a, logged, NULL) != DURE_RESULT_DONE ||
        dure_envelope_decode(&b, listed, NULL) != DURE_RESULT_DONE ||
        !dure_tx_has_witness(a.tx.body.kind)) {
        return false;
    }
    /* Before the witness: body and seal. */
    const size_t size = a.body.size + DURE_SEAL_SIZE;
    return b.body.size == a.body.size && memcmp(logged.data, listed.data, size) == 0;
}

/* A refund of a payment before: whole, half, once too often, or of none.  Empty: there is none. */
static dure_bytes_t make_refund(const workload_t *self, dure_trace_t *trace, uint32_t index)
{
    dure_envelope_t envelope;
    const uint32_t turn = index / REFUND_EACH;
    for (uint32_t back = 1 + turn * 13 % 61; back <= index; back++) {
        const item_t *item = &self->items[index - back];
        if (item->code != DURE_RESULT_DONE || item->repeats >= 0 ||
            dure_envelope_decode(&envelope, item->wire, NULL) != DURE_RESULT_DONE ||
            envelope.tx.body.kind != DURE_BODY_PAYMENT) {
            continue;
        }
        const dure_payment_t *payment = &envelope.tx.body.payment;
        dure_body_t body = {.kind = DURE_BODY_REFUND};
        body.refund.payment = item->id;
        body.refund.payment.number += turn % 6 == 5 ? 1000000u : 0;
        body.refund.amount =
            turn % 2 == 0 ? payment->amount : dure_amount_part(payment->amount, 1, 2);
        return dure_trace_make(trace, payment->payee, &body);
    }
    return dure_bytes(NULL, 0);
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

static bool decide(const workload_t *self, uint32_t index, dure_chain_t *chain, proofs_t *proofs)
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
        } else if (dure_tx_has_witness(envelope.tx.body.kind) &&
                   (tx.wire = with_witness(self, proofs, &envelope)).size == 0) {
            item->code = DURE_RESULT_WITNESS_WRONG;
        } else if (dure_chain_step(chain, &update, &event) == DURE_CHAIN_OK) {
            proofs_add(proofs, index, &update);
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

static void count_moves(workload_t *self, dure_bytes_t bytes)
{
    static dure_effect_t effect;
    dure_reader_t reader = dure_reader(bytes);
    dure_effect_decode(&reader, &effect);
    DURE_ASSERT(dure_reader_end(&reader));
    for (uint16_t i = 0; i < effect.moves_count; i++) {
        self->moves[effect.moves[i].what]++;
    }
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
    proofs_t proofs = proofs_new(self->count);
    if (!is_good) {
        fprintf(stderr, "the reference chain: %s\n", problem);
    }
    for (uint32_t i = 0; is_good && i < self->count; i++) {
        /* Now and then a transaction is sent again: the same bytes. */
        bool is_again = i > 40 && i % 17 == 0;
        bool is_refund = !is_again && i > 60 && i % REFUND_EACH == 0;
        dure_bytes_t wire = is_refund ? make_refund(self, trace, i) : dure_bytes(NULL, 0);
        if (wire.size == 0) {
            wire = is_again ? self->items[i - 3 - i % 29].wire : dure_trace_next(trace);
        }
        self->items[i].wire = copy(wire);
        is_good = decide(self, i, chain, &proofs);
        uint16_t code = self->items[i].code;
        dure_envelope_t envelope;
        if (code == DURE_RESULT_DONE &&
            dure_envelope_decode(&envelope, self->items[i].wire, NULL) == DURE_RESULT_DONE &&
            self->items[i].repeats < 0) {
            count_moves(self, self->items[i].effect);
            self->payouts += envelope.tx.body.kind == DURE_BODY_REDEMPTION;
            self->refunds += envelope.tx.body.kind == DURE_BODY_REFUND;
        }
    }
    proofs_free(&proofs);
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
