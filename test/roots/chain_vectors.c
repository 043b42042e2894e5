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

#define BLOCKS  9u
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
    static const uint32_t counts[BLOCKS] = {1, 2, 5, 0, 13, 32, 7, 30, 3};
    if (!dure_crypto_init()) {
        return 1;
    }
    dure_trace_t *trace = roots_trace();
    dure_chain_t *chain = roots_chain(trace);
    dure_block_header_t header = {0};
    const dure_bytes_t genesis = dure_trace_genesis(trace);
    roots_say("# written by the program chain_vectors --print; do not edit\n");
    roots_say_hex("genesis", genesis.data, genesis.size);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        const dure_chain_update_t update = roots_block(chain, trace, counts[i]);
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
