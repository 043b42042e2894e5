/* A snapshot beside blocks, finalized, replaced and committed: the payload is byte for byte what
   saving gave while nothing moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

#define PLAY_COUNT  1500u
#define MEMORY_SIZE (4u << 20)
#define OUT_SIZE    (8u << 20)

static play_t play;
static void *memory;
static uint8_t *out;

typedef struct {
    uint64_t random;
    uint32_t next;  /* transaction */
    uint32_t parts; /* of the last snapshot */
    bool is_full;
} run_t;

static uint32_t roll(run_t *run, uint32_t below)
{
    run->random = run->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((run->random >> 33) % below);
}

/* A block, perhaps after another one that does not come to be. */
static void a_block(run_t *run, dure_chain_t *chain)
{
    if (roll(run, 3) == 0) {
        (void)finalize(chain, &play, roll(run, PLAY_COUNT - 100), 1 + roll(run, 60));
    }
    const uint32_t left = PLAY_COUNT - run->next;
    const uint32_t count = 1 + roll(run, 30);
    (void)finalize(chain, &play, run->next, count < left ? count : left);
    run->next += count < left ? count : left;
    commit(chain);
}

/* Takes one while blocks go on; the bytes in `out`. */
static size_t beside(run_t *run, dure_chain_t *chain, size_t memory_size)
{
    size_t size = 0;
    const uint32_t each = 1 + roll(run, 4);
    dure_chain_snapshot_begin(chain, memory, memory_size);
    for (run->parts = 0;; run->parts++) {
        for (uint32_t i = 0; i < each && run->next < PLAY_COUNT; i++) {
            a_block(run, chain);
        }
        size_t part = 0;
        assert_true(size + DURE_RECORD_SIZE_MAX + 256 <= OUT_SIZE);
        const size_t capacity = DURE_RECORD_SIZE_MAX + 256 + roll(run, 10000);
        run->is_full =
            !dure_chain_snapshot_part(chain, out + size, capacity, 1 + roll(run, 2000), &part);
        size += part;
        if (part == 0) {
            return size;
        }
    }
}

static void the_payload_is_that_of_a_chain_at_rest(void **state)
{
    (void)state;
    uint32_t parts = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        run_t run = {.random = seed};
        dure_chain_t *chain = chain_new(&play);
        while (run.next < PLAY_COUNT - 200) {
            a_block(&run, chain);
            const dure_chain_head_t head = *dure_chain_head(chain);
            size_t size;
            uint8_t *expected = checkpoint_save(chain, &size);
            assert_int_equal(beside(&run, chain, MEMORY_SIZE), size);
            assert_memory_equal(out, expected, size);
            assert_memory_equal(dure_chain_snapshot_head(chain), &head, sizeof head);
            parts += run.parts;
            free(expected);
        }
        chain_free(chain);
    }
    print_message("%u parts\n", parts);
    assert_true(parts > 200);
}

static void a_snapshot_is_given_up_and_begun_again(void **state)
{
    (void)state;
    uint32_t full = 0;
    run_t run = {.random = 5};
    dure_chain_t *chain = chain_new(&play);
    play_blocks(chain, &play, 0, 600, 50);
    run.next = 600;
    while (run.next < PLAY_COUNT) {
        size_t size;
        uint8_t *expected = checkpoint_save(chain, &size);
        const size_t given = beside(&run, chain, DURE_SNAPSHOT_MEMORY_MIN);
        full += run.is_full;
        if (!run.is_full) {
            assert_int_equal(given, size);
            assert_memory_equal(out, expected, size);
        }
        free(expected);
    }
    assert_true(full > 0);
    /* Forgotten on the way, and the next one is right. */
    size_t size, part;
    dure_chain_snapshot_begin(chain, memory, MEMORY_SIZE);
    assert_true(dure_chain_snapshot_part(chain, out, OUT_SIZE, 1000, &part) && part >= 1000);
    dure_chain_snapshot_end(chain);
    uint8_t *expected = checkpoint_save(chain, &size);
    assert_int_equal(beside(&run, chain, MEMORY_SIZE), size);
    assert_memory_equal(out, expected, size);
    free(expected);
    chain_free(chain);
}

static bool is_caught(dure_ledger_bug_t bug)
{
    run_t run = {.random = 9};
    dure_chain_t *chain = chain_new(&play);
    dure_ledger_plant(dure_chain_ledger_mutable(chain), bug);
    bool differs = false;
    while (!differs && run.next < PLAY_COUNT - 100) {
        a_block(&run, chain);
        size_t size;
        uint8_t *expected = checkpoint_save(chain, &size);
        differs = beside(&run, chain, MEMORY_SIZE) != size || memcmp(out, expected, size) != 0;
        free(expected);
    }
    chain_free(chain);
    return differs;
}

static void planted_bugs_are_caught(void **state)
{
    (void)state;
    assert_true(is_caught(DURE_LEDGER_BUG_SNAPSHOT_FORGETS));
    assert_true(is_caught(DURE_LEDGER_BUG_SNAPSHOT_TAKES_NEW));
    assert_false(is_caught(DURE_LEDGER_BUG_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_payload_is_that_of_a_chain_at_rest),
        cmocka_unit_test(a_snapshot_is_given_up_and_begun_again),
        cmocka_unit_test(planted_bugs_are_caught),
    };
    if (!dure_crypto_init()) {
        return 1;
    }
    play = play_make(21, DURE_TRACE_CLOCK_DRIVEN, 10, PLAY_COUNT);
    memory = aligned_alloc(64, MEMORY_SIZE);
    out = malloc(OUT_SIZE);
    const int result = memory == NULL || out == NULL
                           ? 1
                           : cmocka_run_group_tests_name("chain snapshot", tests, NULL, NULL);
    free(out);
    free(memory);
    play_free(&play);
    return result;
}
