/* Plays the first transactions of the fixed trace and prints the whole chain: genesis, blocks,
   effects, a checkpoint's payload, receipts.  The output is test/vectors/chain.txt, which
   tools/check_chain_vectors.py reads with a reader of its own.

       genesis HEX
       block HEX
       effect HEIGHT INDEX BLIND BYTES
       checkpoint HEX                     after the last block
       receipt HEIGHT INDEX HEX           under the last block's header */
#include "roots/roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAYED  9u            /* blocks of the trace */
#define BLOCKS  (PLAYED + 1u) /* then one that refunds a payment of theirs */
#define TXS_MAX 64u

typedef struct {
    uint64_t height, range_index;
    uint32_t count;
    dure_hash_t leaves[TXS_MAX];
    dure_blind_t blinds[TXS_MAX];
    uint8_t effects[TXS_MAX][DURE_EFFECT_SIZE_MAX];
    size_t sizes[TXS_MAX];
} kept_t;

static kept_t kept[BLOCKS];
static dure_hash_t range_leaves[BLOCKS];
static uint64_t range_count;

static void keep(kept_t *block, const dure_chain_update_t *update)
{
    block->height = update->header.height;
    block->count = update->result_count;
    for (uint32_t i = 0; i < block->count; i++) {
        const dure_chain_result_t *result = &update->results[i];
        block->leaves[i] = result->leaf;
        block->blinds[i] = result->blind;
        block->sizes[i] = result->effect.size;
        if (result->effect.size > 0) {
            memcpy(block->effects[i], result->effect.data, result->effect.size);
        }
        roots_say("effect %llu %u ", (unsigned long long)block->height, i);
        for (size_t b = 0; b < sizeof result->blind.bytes; b++) {
            roots_say("%02x", result->blind.bytes[b]);
        }
        roots_say_hex("", result->effect.data, result->effect.size);
    }
    if (block->count > 0) {
        block->range_index = range_count;
        dure_range_leaf(&range_leaves[range_count++], block->height, &update->header.effects_root);
    }
}

/* ---- the refund: once as a client sends it, once with its witness */
typedef struct {
    uint32_t block, index;
    uint64_t payee;
    dure_tx_id_t id;
} paid_t;

/* The first payment done. */
static void note_payment(paid_t *paid, uint32_t number, const dure_chain_update_t *update)
{
    dure_block_t block;
    dure_bytes_t wire;
    const char *problem = NULL;
    size_t offset = 0;
    DURE_ASSERT(dure_block_decode(&block, update->block, &problem));
    for (uint32_t i = 0; dure_block_next(&block, &offset, &wire) && paid->payee == 0; i++) {
        dure_envelope_t envelope;
        if (update->results[i].code == DURE_RESULT_DONE &&
            dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE &&
            envelope.tx.body.kind == DURE_BODY_PAYMENT) {
            *paid = (paid_t){number, i, envelope.tx.body.payment.payee, envelope.tx.id};
        }
    }
}

static dure_chain_update_t refund_block(dure_chain_t *chain, dure_trace_t *trace,
                                        const paid_t *paid)
{
    static uint8_t plain[DURE_TX_SIZE_MAX], full[DURE_TX_SIZE_MAX], bytes[DURE_WITNESS_SIZE_MAX];
    static dure_witness_t witness;
    const kept_t *block = &kept[paid->block];
    dure_hash_t scratch[TXS_MAX];
    witness.effect = dure_bytes(block->effects[paid->index], block->sizes[paid->index]);
    witness.blind = block->blinds[paid->index];
    witness.height = block->height;
    dure_witness_prove(&witness, block->leaves, block->count, paid->index, range_leaves,
                       range_count, block->range_index, scratch);
    dure_writer_t proof = dure_writer(bytes, sizeof bytes);
    dure_witness_encode(&proof, &witness);
    const dure_body_t body = {.kind = DURE_BODY_REFUND,
                              .refund = {.payment = paid->id, .amount = dure_amount(100)}};
    const dure_bytes_t made = dure_trace_make(trace, paid->payee, &body);
    memcpy(plain, made.data, made.size);
    dure_envelope_t envelope;
    DURE_ASSERT(dure_envelope_decode(&envelope, dure_bytes(plain, made.size), NULL) ==
                DURE_RESULT_DONE);
    dure_writer_t writer = dure_writer(full, sizeof full);
    DURE_ASSERT(dure_tx_attach(&writer, &envelope, dure_writer_bytes(&proof)));
    const dure_chain_tx_t txs[] = {{.wire = envelope.whole}, {.wire = dure_writer_bytes(&writer)}};
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .time = dure_trace_time(trace),
                                      .txs = txs,
                                      .tx_count = 2};
    dure_chain_update_t update;
    DURE_ASSERT(dure_chain_step(chain, &update, &event) == DURE_CHAIN_OK);
    DURE_ASSERT(update.results[0].code == DURE_RESULT_WITNESS_WRONG);
    DURE_ASSERT(update.results[1].code == DURE_RESULT_DONE);
    return update;
}

static void say_receipt(const kept_t *block, uint32_t index, const dure_chain_head_t *head,
                        const dure_block_header_t *header)
{
    if (block->sizes[index] == 0) {
        return;
    }
    static dure_receipt_t receipt;
    static uint8_t bytes[DURE_RECEIPT_SIZE_MAX];
    dure_hash_t scratch[TXS_MAX];
    memset(&receipt, 0, sizeof receipt);
    receipt.witness.effect = dure_bytes(block->effects[index], block->sizes[index]);
    receipt.witness.blind = block->blinds[index];
    receipt.witness.height = block->height;
    receipt.ledger_root = head->ledger_root;
    receipt.header = *header;
    dure_witness_prove(&receipt.witness, block->leaves, block->count, index, range_leaves,
                       range_count, block->range_index, scratch);
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_receipt_encode(&writer, &receipt);
    DURE_ASSERT(!writer.overflow);
    roots_say("receipt %llu %u", (unsigned long long)block->height, index);
    roots_say_hex("", bytes, writer.size);
}

static void say_checkpoint(const dure_chain_t *chain)
{
    const size_t capacity = 8u << 20;
    uint8_t *bytes = malloc(capacity);
    DURE_ASSERT(bytes != NULL);
    uint64_t cursor = 0;
    size_t size = 0;
    for (size_t part = 1; part > 0; size += part) {
        part = dure_chain_save(chain, &cursor, bytes + size, capacity - size);
    }
    roots_say_hex("checkpoint", bytes, size);
    free(bytes);
}

int main(int argc, char **argv)
{
    static const uint32_t counts[PLAYED] = {1, 2, 5, 0, 13, 32, 7, 30, 3};
    if (!dure_crypto_init()) {
        return 1;
    }
    dure_trace_t *trace = roots_trace();
    dure_chain_t *chain = roots_chain(trace);
    dure_block_header_t header = {0};
    paid_t paid = {0};
    const dure_bytes_t genesis = dure_trace_genesis(trace);
    roots_say("# written by the program chain_vectors --print; do not edit\n");
    roots_say_hex("genesis", genesis.data, genesis.size);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        const dure_chain_update_t update =
            i < PLAYED ? roots_block(chain, trace, counts[i]) : refund_block(chain, trace, &paid);
        note_payment(&paid, i, &update);
        roots_say_hex("block", update.block.data, update.block.size);
        keep(&kept[i], &update);
        header = update.header;
        roots_commit(chain);
    }
    say_checkpoint(chain);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        for (uint32_t t = 0; t < kept[i].count; t += 6) {
            say_receipt(&kept[i], t, dure_chain_head(chain), &header);
        }
    }
    free(chain);
    dure_trace_free(trace);
    return roots_end(argc, argv, "test/vectors/chain.txt") ? 0 : 1;
}
