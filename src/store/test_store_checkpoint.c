/* The checkpoint over the simulated world: a cache that is right or is not used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "store/dure_store.h"

#define OK(call) assert_int_equal((call), DURE_STORE_OK)

typedef struct {
    dure_io_sim_t *sim;
    dure_io_t *io;
    dure_store_t *store;
    dure_store_config_t config;
    dure_store_report_t report;
} world_t;

static void begin(world_t *world)
{
    *world = (world_t){.sim = dure_io_sim_new(21)};
    assert_non_null(world->sim);
    world->config = (dure_store_config_t){.first_height = 1, .segment_size = 8192};
    memset(world->config.chain_id.bytes, 0x33, 32);
}

static dure_store_result_t start(world_t *world)
{
    world->io = dure_io_sim_process(world->sim);
    return dure_store_open(&world->store, &world->report, world->io, &world->config);
}

static void stop(world_t *world)
{
    OK(dure_store_close(world->store));
    dure_io_close(world->io);
}

static void append(world_t *world, uint8_t content)
{
    dure_bytes_t block = dure_bytes(&content, 1);
    OK(dure_store_append(world->store, &block, 1));
}

static void drive(world_t *world)
{
    while (dure_store_checkpoint_state(world->store) == DURE_CHECKPOINT_WRITING) {
        dure_io_event_t events[2];
        size_t count = 0;
        assert_int_equal(dure_io_poll(world->io, events, &count, 2, 10000000), DURE_IO_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(dure_store_take_event(world->store, &events[i]));
        }
    }
}

static dure_checkpoint_t info_of(uint64_t height)
{
    dure_checkpoint_t info = {.height = height};
    memset(info.block_hash.bytes, (int)height, 32);
    memset(info.app_hash.bytes, (int)height + 1, 32);
    memset(info.ledger_root.bytes, (int)height + 2, 32);
    return info;
}

/* Two chunks: "state of N", and 500 bytes. */
static void write_checkpoint(world_t *world, uint64_t height)
{
    uint8_t chunk[500];
    dure_checkpoint_t info = info_of(height);
    OK(dure_store_checkpoint_begin(world->store, &info));
    assert_int_equal(dure_store_checkpoint_begin(world->store, &info), DURE_STORE_BUSY);
    assert_int_equal(dure_store_checkpoint_chunk(world->store, "x", 1), DURE_STORE_BUSY);
    drive(world);
    OK(dure_store_checkpoint_chunk(world->store, &height, sizeof height));
    append(world, 7); /* the log goes on beside it */
    drive(world);
    memset(chunk, (int)height, sizeof chunk);
    OK(dure_store_checkpoint_chunk(world->store, chunk, sizeof chunk));
    memset(chunk, 0, sizeof chunk);
    assert_int_equal(dure_store_checkpoint_end(world->store), DURE_STORE_BUSY);
    drive(world);
    OK(dure_store_checkpoint_end(world->store));
    drive(world);
    OK(dure_store_checkpoint_error(world->store));
    assert_int_equal(dure_store_checkpoint_height(world->store), height);
}

/* The height of the first checkpoint that loads whole; 0: none.  Bytes are right or not given. */
static uint64_t load(world_t *world)
{
    dure_checkpoint_t info;
    while (dure_store_checkpoint_next(world->store, &info) == DURE_STORE_OK) {
        dure_checkpoint_t expected = info_of(info.height);
        uint8_t bytes[500];
        dure_bytes_t chunk = {0};
        size_t chunks = 0;
        memset(bytes, (int)info.height, sizeof bytes);
        expected.payload_size = 508;
        assert_memory_equal(&info, &expected, sizeof info);
        dure_store_result_t result = dure_store_checkpoint_read(world->store, &chunk);
        for (; result == DURE_STORE_OK && chunk.size > 0; chunks++) {
            dure_bytes_t right = chunks == 0 ? dure_bytes(&info.height, sizeof info.height)
                                             : dure_bytes(bytes, sizeof bytes);
            assert_true(dure_bytes_equal(chunk, right));
            result = dure_store_checkpoint_read(world->store, &chunk);
        }
        if (result == DURE_STORE_OK) {
            assert_int_equal(chunks, 2);
            return info.height;
        }
        assert_int_equal(result, DURE_STORE_CORRUPT);
        OK(dure_store_state(world->store)); /* the log is not concerned */
    }
    return 0;
}

static void the_newest_is_loaded_and_the_older_kept(void **state)
{
    (void)state;
    world_t world;
    begin(&world);
    OK(start(&world));
    assert_int_equal(load(&world), 0);
    dure_checkpoint_t info = info_of(1);
    assert_int_equal(dure_store_checkpoint_begin(world.store, &info), DURE_STORE_NOT_FOUND);
    for (uint8_t i = 0; i < 5; i++) {
        append(&world, i);
    }
    write_checkpoint(&world, 3);
    write_checkpoint(&world, 5);
    write_checkpoint(&world, 6);
    stop(&world);
    uint64_t size_a = 0;
    uint64_t size_b = 0;
    uint8_t *a = dure_io_sim_copy(world.sim, "checkpoint-a.dure", &size_a);
    uint8_t *b = dure_io_sim_copy(world.sim, "checkpoint-b.dure", &size_b);
    OK(start(&world));
    assert_int_equal(load(&world), 6);
    dure_checkpoint_t unused;
    assert_int_equal(dure_store_checkpoint_next(world.store, &unused), DURE_STORE_OK);
    assert_int_equal(unused.height, 5);
    stop(&world);
    /* A new one that is not finished never costs the newest, whether one was loaded or not. */
    for (int loads = 0; loads < 2; loads++) {
        OK(start(&world));
        if (loads == 1) {
            assert_int_equal(load(&world), 6);
        }
        info = info_of(7);
        OK(dure_store_checkpoint_begin(world.store, &info));
        drive(&world);
        dure_store_checkpoint_abort(world.store);
        stop(&world);
        OK(start(&world));
        assert_int_equal(load(&world), 6);
        stop(&world);
        dure_io_sim_put(world.sim, "checkpoint-b.dure", b, size_b);
    }
    free(a);
    free(b);
    dure_io_sim_free(world.sim);
}

/* Every byte of both files: the damaged one is not used, the other is. */
static void every_flipped_byte_is_found(void **state)
{
    (void)state;
    world_t world;
    begin(&world);
    OK(start(&world));
    for (uint8_t i = 0; i < 5; i++) {
        append(&world, i);
    }
    write_checkpoint(&world, 3);
    write_checkpoint(&world, 5);
    stop(&world);
    static const char *const names[] = {"checkpoint-a.dure", "checkpoint-b.dure"};
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t size = 0;
        free(dure_io_sim_copy(world.sim, names[i], &size));
        assert_int_equal(size, 512 + 40 + 8 + 40 + 500);
        for (uint64_t offset = 0; offset < size; offset++) {
            uint8_t mask = (uint8_t)(1u << (offset % 8));
            assert_true(dure_io_sim_flip(world.sim, names[i], offset, mask));
            OK(start(&world));
            assert_int_equal(load(&world), i == 0 ? 5 : 3);
            stop(&world);
            assert_true(dure_io_sim_flip(world.sim, names[i], offset, mask));
        }
    }
    /* Cut short, longer, both damaged. */
    uint64_t size = 0;
    uint8_t *b = dure_io_sim_copy(world.sim, names[1], &size);
    for (uint64_t cut = 0; cut < size; cut += 13) {
        dure_io_sim_put(world.sim, names[1], b, cut);
        OK(start(&world));
        assert_int_equal(load(&world), 3);
        stop(&world);
    }
    assert_true(dure_io_sim_flip(world.sim, names[0], 700, 1));
    OK(start(&world));
    assert_int_equal(load(&world), 0);
    assert_non_null(strstr(dure_store_message(world.store), "is not used"));
    stop(&world);
    free(b);
    dure_io_sim_free(world.sim);
}

/* A checkpoint of a longer log, or of another history of the same heights, is not used. */
static void foreign_checkpoints_are_refused(void **state)
{
    (void)state;
    world_t world;
    world_t other;
    uint64_t size = 0;
    begin(&world);
    OK(start(&world));
    for (uint8_t i = 0; i < 6; i++) {
        append(&world, i);
    }
    write_checkpoint(&world, 4);
    stop(&world);
    uint8_t *checkpoint = dure_io_sim_copy(world.sim, "checkpoint-a.dure", &size);
    for (uint8_t count = 2; count < 7; count += 4) {
        begin(&other);
        OK(start(&other));
        for (uint8_t i = 0; i < count; i++) {
            append(&other, (uint8_t)(i + 100));
        }
        stop(&other);
        dure_io_sim_put(other.sim, "checkpoint-a.dure", checkpoint, size);
        OK(start(&other));
        assert_int_equal(load(&other), 0);
        assert_non_null(strstr(dure_store_message(other.store),
                               count == 2 ? "beyond the log" : "another history"));
        stop(&other);
        dure_io_sim_free(other.sim);
    }
    free(checkpoint);
    dure_io_sim_free(world.sim);
}

static void a_full_disk_costs_only_the_checkpoint(void **state)
{
    (void)state;
    world_t world;
    begin(&world);
    OK(start(&world));
    append(&world, 1);
    write_checkpoint(&world, 1);
    static uint8_t chunk[DURE_STORE_CHUNK_SIZE_MAX];
    dure_checkpoint_t info = info_of(2);
    OK(dure_store_checkpoint_begin(world.store, &info));
    drive(&world);
    assert_int_equal(dure_store_checkpoint_chunk(world.store, chunk, DURE_STORE_CHUNK_SIZE_MAX + 1),
                     DURE_STORE_TOO_LARGE);
    dure_io_sim_space(world.sim, 200000);
    OK(dure_store_checkpoint_chunk(world.store, chunk, DURE_STORE_CHUNK_SIZE_MAX));
    drive(&world);
    assert_int_equal(dure_store_checkpoint_state(world.store), DURE_CHECKPOINT_IDLE);
    assert_int_equal(dure_store_checkpoint_error(world.store), DURE_STORE_NO_SPACE);
    OK(dure_store_state(world.store));
    append(&world, 3);
    assert_int_equal(dure_store_checkpoint_height(world.store), 1);
    stop(&world);
    OK(start(&world));
    assert_int_equal(load(&world), 1);
    stop(&world);
    dure_io_sim_free(world.sim);
}

/* Even if the store believes too early that a block is durable, nothing rests on what is not there.
 */
static void a_height_not_on_the_disk_is_refused(void **state)
{
    (void)state;
    world_t world;
    begin(&world);
    world.config.planted_bug = DURE_STORE_BUG_ACK_BEFORE_SYNC;
    OK(start(&world));
    dure_checkpoint_t info = info_of(1);
    dure_bytes_t block = dure_bytes("b", 1);
    dure_bytes_t found = {0};
    OK(dure_store_append_start(world.store, &block, 1)); /* waits for its segment */
    assert_int_equal(dure_store_checkpoint_begin(world.store, &info), DURE_STORE_NOT_FOUND);
    while (dure_store_durable_height(world.store) == 0) {
        dure_io_event_t events[2];
        size_t count = 0;
        assert_int_equal(dure_io_poll(world.io, events, &count, 2, 10000000), DURE_IO_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(dure_store_take_event(world.store, &events[i]));
        }
    }
    assert_true(dure_store_append_is_busy(world.store)); /* claimed, and not there */
    assert_int_equal(dure_store_checkpoint_begin(world.store, &info), DURE_STORE_NOT_FOUND);
    assert_int_equal(dure_store_read(world.store, &found, 1), DURE_STORE_NOT_FOUND);
    stop(&world);
    dure_io_sim_free(world.sim);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_is_loaded_and_the_older_kept),
        cmocka_unit_test(every_flipped_byte_is_found),
        cmocka_unit_test(foreign_checkpoints_are_refused),
        cmocka_unit_test(a_full_disk_costs_only_the_checkpoint),
        cmocka_unit_test(a_height_not_on_the_disk_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
