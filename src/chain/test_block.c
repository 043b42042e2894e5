/* Blocks as bytes, without a ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/chain_private.h"

/* A block of `count` transactions of odd sizes, the first one empty. */
static size_t block_make(uint8_t *out, size_t capacity, uint32_t count)
{
    dure_hash_t *leaves = calloc(count + 1, sizeof *leaves);
    assert_non_null(leaves);
    dure_writer_t writer = dure_writer(out, capacity);
    writer.size = DURE_BLOCK_HEADER_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t tx[64];
        const size_t size = i * 7 % sizeof tx;
        memset(tx, (int)i, sizeof tx);
        dure_write_bytes(&writer, dure_bytes(tx, size));
        dure_hash(&leaves[i], DURE_TAG_TX_LEAF, tx, size);
    }
    dure_block_header_t header = {.version = 1, .height = 5, .time = 6, .tx_count = count};
    dure_list_root(&header.tx_root, DURE_TAG_TX_NODE, leaves, count);
    dure_writer_t head = dure_writer(out, DURE_BLOCK_HEADER_SIZE);
    dure_block_header_encode(&head, &header);
    assert_false(writer.overflow || head.overflow);
    free(leaves);
    return writer.size;
}

static void blocks_of_every_size_decode(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    for (uint32_t count = 0; count < 200; count++) {
        const size_t size = block_make(bytes, sizeof bytes, count);
        dure_block_t block;
        const char *problem;
        assert_true(dure_block_decode(&block, dure_bytes(bytes, size), &problem));
        assert_null(problem);
        dure_hash_t hash;
        dure_hash(&hash, DURE_TAG_BLOCK, bytes, DURE_BLOCK_HEADER_SIZE);
        assert_memory_equal(&hash, &block.hash, sizeof hash);
        size_t offset = 0;
        dure_bytes_t tx;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(dure_block_next(&block, &offset, &tx));
            assert_int_equal(tx.size, i * 7 % 64);
        }
        assert_false(dure_block_next(&block, &offset, &tx));
    }
}

static void a_block_cut_or_changed_anywhere_is_refused(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    const size_t size = block_make(bytes, sizeof bytes, 9);
    dure_block_t block;
    const char *problem;
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut + 1);
        assert_non_null(exact);
        memcpy(exact, bytes, cut);
        assert_false(dure_block_decode(&block, dure_bytes(exact, cut), &problem));
        assert_non_null(problem);
        free(exact);
    }
    bytes[size] = 0;
    assert_false(dure_block_decode(&block, dure_bytes(bytes, size + 1), &problem));
    assert_true(dure_block_decode(&block, dure_bytes(bytes, size), &problem));
    const dure_hash_t hash = block.hash;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        /* A header is bound by its hash, all behind it by the transaction root. */
        if (dure_block_decode(&block, dure_bytes(bytes, size), &problem)) {
            assert_true(bit / 8 < DURE_BLOCK_HEADER_SIZE);
            assert_memory_not_equal(&hash, &block.hash, sizeof hash);
        }
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_length_beyond_the_block_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t size = block_make(bytes, sizeof bytes, 2);
    dure_block_t block;
    const char *problem;
    dure_put_u32(bytes + DURE_BLOCK_HEADER_SIZE, UINT32_MAX);
    assert_false(dure_block_decode(&block, dure_bytes(bytes, size), &problem));
    dure_put_u32(bytes + DURE_BLOCK_HEADER_SIZE, UINT32_MAX - 3);
    assert_false(dure_block_decode(&block, dure_bytes(bytes, size), &problem));
}

static void the_streamed_root_is_the_root_of_the_list(void **state)
{
    (void)state;
    dure_hash_t leaves[70], work[70], expected, root;
    for (uint32_t count = 0; count <= 70; count++) {
        list_stack_t stack = {0};
        for (uint32_t i = 0; i < count; i++) {
            dure_hash(&leaves[i], DURE_TAG_TX_LEAF, &i, sizeof i);
            list_stack_add(&stack, DURE_TAG_TX_NODE, &leaves[i]);
        }
        memcpy(work, leaves, sizeof work);
        dure_list_root(&expected, DURE_TAG_TX_NODE, work, count);
        list_stack_root(&stack, DURE_TAG_TX_NODE, &root);
        assert_memory_equal(&expected, &root, sizeof root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_every_size_decode),
        cmocka_unit_test(a_block_cut_or_changed_anywhere_is_refused),
        cmocka_unit_test(a_length_beyond_the_block_is_refused),
        cmocka_unit_test(the_streamed_root_is_the_root_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
