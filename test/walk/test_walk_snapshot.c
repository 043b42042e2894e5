/* A snapshot beside a random walk: whatever happens meanwhile, to whichever records, what goes out
   is byte for byte what stood there when it began. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "walk/walk.h"

#define STREAM_SIZE (16u << 20)
#define MEMORY_SIZE (8u << 20)
#define MEMORY_TINY DURE_SNAPSHOT_MEMORY_MIN

typedef struct {
    uint8_t *bytes;
    size_t size;
    uint32_t records;
} stream_t;

static uint64_t table[WALK_KINDS * WALK_CODES];

static stream_t stream_new(void)
{
    stream_t stream = {.bytes = malloc(STREAM_SIZE)};
    assert_non_null(stream.bytes);
    return stream;
}

static void stream_put(stream_t *stream, uint8_t which, const dure_blind_t *blind,
                       const dure_writer_t *record)
{
    assert_true(stream->size + 32 + record->size < STREAM_SIZE);
    uint8_t *to = stream->bytes + stream->size;
    to[0] = which;
    memcpy(to + 1, blind->bytes, sizeof blind->bytes);
    dure_put_u32(to + 17, (uint32_t)record->size);
    memcpy(to + 21, record->data, record->size);
    stream->size += 21 + record->size;
    stream->records++;
}

static void copy_all(stream_t *stream, const dure_ledger_t *ledger)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    uint64_t cursor = 0;
    uint8_t which;
    dure_blind_t blind;
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    stream->size = 0;
    stream->records = 0;
    while (dure_ledger_next(ledger, &cursor, &which, &blind, &out)) {
        stream_put(stream, which, &blind, &out);
        out = dure_writer(bytes, sizeof bytes);
    }
}

/* Gives out so many records at most; true at the end. */
static bool give(stream_t *stream, walk_t *walk, uint64_t count)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_hash_t root;
    dure_ledger_root(walk->ledger, &root);
    for (; count > 0; count--) {
        uint8_t which;
        dure_blind_t blind;
        /* Now and then there is no room: the same record must come again. */
        const bool is_short = count % 7 == 3;
        dure_writer_t out = dure_writer(bytes, is_short ? 5 : sizeof bytes);
        if (!dure_ledger_snapshot_next(walk->ledger, &which, &blind, &out)) {
            return true;
        }
        if (!out.overflow) {
            stream_put(stream, which, &blind, &out);
        }
    }
    return false;
}

typedef struct {
    uint64_t random; /* of when and how much goes out; the walk has its own */
    uint32_t snapshots, differing, full;
    uint32_t changed; /* records that the state had no more, or otherwise, at the end */
} run_t;

static uint32_t roll(run_t *run, uint32_t below)
{
    run->random = run->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((run->random >> 33) % below);
}

/* One snapshot over some steps of the walk. */
static void one(run_t *run, walk_t *walk, stream_t *expected, stream_t *given, void *memory,
                size_t memory_size)
{
    dure_hash_t before, after;
    dure_ledger_root(walk->ledger, &before);
    dure_ledger_keep(walk->ledger);
    copy_all(expected, walk->ledger);
    *given = (stream_t){.bytes = given->bytes};
    dure_ledger_snapshot_begin(walk->ledger, memory, memory_size);
    dure_ledger_begin(walk->ledger, walk->model->time);
    const uint32_t at_once = 8u << roll(run, 6);
    const uint32_t pause = roll(run, 3) == 0 ? roll(run, 150) : 0; /* nothing goes out at first */
    const uint32_t each = 1 + roll(run, 4);
    bool is_done = false;
    for (uint32_t i = 0; !is_done && i < 2000; i++) {
        if (!walk_step(walk)) {
            fail_msg("seed %llu step %u: %s", (unsigned long long)walk->seed, walk->step,
                     walk->problem);
        }
        if (dure_ledger_snapshot_is_full(walk->ledger)) {
            run->full++;
            return;
        }
        is_done = i >= pause && i % each == 0 && give(given, walk, 1 + roll(run, at_once));
    }
    if (!is_done) {
        (void)give(given, walk, UINT64_MAX);
    }
    dure_ledger_root(walk->ledger, &after);
    run->snapshots++;
    run->changed += !dure_hash_equal(&before, &after);
    run->differing +=
        given->size != expected->size || memcmp(given->bytes, expected->bytes, given->size) != 0;
}

static run_t walk_with(uint64_t seed, uint32_t steps, size_t memory_size, dure_ledger_bug_t bug)
{
    run_t run = {.random = seed};
    stream_t expected = stream_new(), given = stream_new();
    void *memory = aligned_alloc(64, memory_size);
    assert_non_null(memory);
    walk_t *walk = walk_new(seed, table);
    walk_town(walk);
    dure_ledger_plant(walk->ledger, bug);
    while (walk->step < steps) {
        one(&run, walk, &expected, &given, memory, memory_size);
        if (roll(&run, 8) == 0) {
            dure_ledger_snapshot_end(walk->ledger);
        }
    }
    walk_free(walk);
    free(memory);
    free(expected.bytes);
    free(given.bytes);
    return run;
}

static void it_is_what_stood_there_when_it_began(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        const run_t run = walk_with(seed, 4000, MEMORY_SIZE, DURE_LEDGER_BUG_NONE);
        print_message("seed %u: %u snapshots, %u of them while the state changed\n", (unsigned)seed,
                      run.snapshots, run.changed);
        assert_int_equal(run.differing, 0);
        assert_int_equal(run.full, 0);
        assert_true(run.changed > 10);
    }
}

/* Given up when the memory is full, begun again, and right then. */
static void a_full_memory_gives_it_up(void **state)
{
    (void)state;
    const run_t run = walk_with(3, 4000, MEMORY_TINY, DURE_LEDGER_BUG_NONE);
    print_message("%u were given up, %u not\n", run.full, run.snapshots);
    assert_int_equal(run.differing, 0);
    assert_true(run.full > 0 && run.snapshots > 0);
}

static void planted_bugs_are_caught(void **state)
{
    (void)state;
    const run_t forgets = walk_with(1, 3000, MEMORY_SIZE, DURE_LEDGER_BUG_SNAPSHOT_FORGETS);
    assert_true(forgets.differing > 0);
    const run_t takes = walk_with(1, 3000, MEMORY_SIZE, DURE_LEDGER_BUG_SNAPSHOT_TAKES_NEW);
    assert_true(takes.differing > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_stood_there_when_it_began),
        cmocka_unit_test(a_full_memory_gives_it_up),
        cmocka_unit_test(planted_bugs_are_caught),
    };
    return dure_crypto_init() ? cmocka_run_group_tests_name("walk snapshot", tests, NULL, NULL) : 1;
}
