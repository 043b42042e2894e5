/* Receipts of every transaction of several blocks: each proves its effect, and no bit of one can be
   changed unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

#define BLOCKS 11u

/* What a node keeps or reads again to make receipts. */
typedef struct {
    uint64_t height;
    uint32_t count;
    dure_hash_t leaves[40];
    dure_blind_t blinds[40];
    uint8_t effects[40][DURE_EFFECT_SIZE_MAX];
    size_t effect_sizes[40];
    uint64_t range_index;
} kept_t;

static play_t play;
static kept_t kept[BLOCKS];
static dure_hash_t range_leaves[BLOCKS];
static uint64_t range_count;
static dure_block_header_t header;
static dure_hash_t block_hash, ledger_root;

static void keep(kept_t *block, const dure_chain_update_t *update)
{
    block->height = update->header.height;
    block->count = update->result_count;
    for (uint32_t i = 0; i < update->result_count; i++) {
        const dure_chain_result_t *result = &update->results[i];
        block->leaves[i] = result->leaf;
        block->blinds[i] = result->blind;
        block->effect_sizes[i] = result->effect.size;
        if (result->effect.size > 0) {
            memcpy(block->effects[i], result->effect.data, result->effect.size);
        }
    }
    if (block->count > 0) {
        block->range_index = range_count;
        dure_range_leaf(&range_leaves[range_count++], block->height, &update->header.effects_root);
    }
    header = update->header;
    block_hash = update->block_hash;
    ledger_root = update->ledger_root;
}

/* Blocks of 1, 2, 3, 17, 40, ... transactions, some of them empty. */
static int blocks_setup(void **state)
{
    (void)state;
    static const uint32_t counts[BLOCKS] = {1, 2, 0, 3, 40, 17, 40, 0, 40, 32, 5};
    play = play_make(21, DURE_TRACE_CLOCK_DRIVEN, 10, 180);
    dure_chain_t *chain = chain_new(&play);
    uint32_t first = 0;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        const dure_chain_update_t update = finalize(chain, &play, first, counts[i]);
        keep(&kept[i], &update);
        commit(chain);
        first += counts[i];
    }
    chain_free(chain);
    return 0;
}

static int blocks_teardown(void **state)
{
    (void)state;
    play_free(&play);
    return 0;
}

static void prove(dure_receipt_t *receipt, const kept_t *block, uint32_t index)
{
    dure_hash_t scratch[64];
    memset(receipt, 0, sizeof *receipt);
    receipt->witness.effect = dure_bytes(block->effects[index], block->effect_sizes[index]);
    receipt->witness.blind = block->blinds[index];
    receipt->witness.height = block->height;
    receipt->ledger_root = ledger_root;
    receipt->header = header;
    dure_witness_prove(&receipt->witness, block->leaves, block->count, index, range_leaves,
                       range_count, block->range_index, scratch);
}

static void every_effect_has_a_receipt(void **state)
{
    (void)state;
    uint32_t receipts = 0;
    for (uint32_t b = 0; b < BLOCKS; b++) {
        for (uint32_t i = 0; i < kept[b].count; i++) {
            dure_receipt_t receipt, back;
            prove(&receipt, &kept[b], i);
            uint8_t bytes[DURE_RECEIPT_SIZE_MAX];
            dure_writer_t writer = dure_writer(bytes, sizeof bytes);
            dure_receipt_encode(&writer, &receipt);
            assert_false(writer.overflow);
            const char *problem = NULL;
            assert_true(dure_receipt_decode(&back, dure_writer_bytes(&writer), &problem));
            dure_hash_t hash;
            problem = dure_receipt_check(&back, &hash);
            if (kept[b].effect_sizes[i] == 0) {
                assert_string_equal(problem, "there is no effect in it");
                continue;
            }
            assert_null(problem);
            assert_memory_equal(&hash, &block_hash, 32);
            receipts++;
        }
    }
    assert_true(receipts > 150);
}

static bool is_believed(const uint8_t *bytes, size_t size)
{
    dure_receipt_t receipt;
    const char *problem = NULL;
    dure_hash_t hash;
    uint8_t *exact = malloc(size + 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const bool is = dure_receipt_decode(&receipt, dure_bytes(exact, size), &problem) &&
                    dure_receipt_check(&receipt, &hash) == NULL &&
                    dure_hash_equal(&hash, &block_hash);
    free(exact);
    return is;
}

static void no_bit_can_be_changed(void **state)
{
    (void)state;
    static const uint32_t blocks[] = {0, 1, 4, 5, 9, 10};
    for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) {
        const kept_t *block = &kept[blocks[b]];
        const uint32_t index = block->count - 1;
        dure_receipt_t receipt;
        prove(&receipt, block, index);
        if (receipt.witness.effect.size == 0) {
            continue;
        }
        uint8_t bytes[DURE_RECEIPT_SIZE_MAX];
        dure_writer_t writer = dure_writer(bytes, sizeof bytes);
        dure_receipt_encode(&writer, &receipt);
        assert_true(is_believed(bytes, writer.size));
        for (size_t bit = 0; bit < 8 * writer.size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(is_believed(bytes, writer.size));
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t cut = 0; cut < writer.size; cut++) {
            assert_false(is_believed(bytes, cut));
        }
    }
}

static void a_receipt_for_another_place_is_refused(void **state)
{
    (void)state;
    dure_receipt_t receipt, other;
    dure_hash_t hash;
    prove(&receipt, &kept[4], 7);
    assert_null(dure_receipt_check(&receipt, &hash));
    other = receipt;
    other.witness.index = 8;
    assert_non_null(dure_receipt_check(&other, &hash));
    other = receipt;
    other.witness.count = 39;
    assert_non_null(dure_receipt_check(&other, &hash));
    other = receipt;
    other.witness.height++;
    assert_non_null(dure_receipt_check(&other, &hash));
    other = receipt;
    other.header.height = other.witness.height - 1;
    assert_non_null(dure_receipt_check(&other, &hash));
    other = receipt;
    other.witness.effect = dure_bytes(kept[4].effects[8], kept[4].effect_sizes[8]);
    assert_non_null(dure_receipt_check(&other, &hash));
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_effect_has_a_receipt),
        cmocka_unit_test(no_bit_can_be_changed),
        cmocka_unit_test(a_receipt_for_another_place_is_refused),
    };
    return cmocka_run_group_tests(tests, blocks_setup, blocks_teardown);
}
