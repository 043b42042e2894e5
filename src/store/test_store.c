/* What the store promises, one promise a test, over the simulated world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
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

static void begin(world_t *world, uint64_t segment_size)
{
    *world = (world_t){.sim = dure_io_sim_new(11)};
    assert_non_null(world->sim);
    world->config = (dure_store_config_t){.first_height = 1, .segment_size = segment_size};
    memset(world->config.chain_id.bytes, 0x5A, 32);
}

static dure_store_result_t start(world_t *world)
{
    world->io = dure_io_sim_process(world->sim);
    return dure_store_open(&world->store, &world->report, world->io, &world->config);
}

static dure_store_result_t stop(world_t *world)
{
    dure_store_result_t result = dure_store_close(world->store);
    dure_io_close(world->io);
    world->store = NULL;
    return result;
}

/* Ends the process as kill -9 does. */
static void kill_process(world_t *world)
{
    dure_io_sim_die(world->sim);
    (void)dure_store_close(world->store);
    dure_io_sim_kill(world->sim);
    world->store = NULL;
}

static void finish(world_t *world)
{
    dure_io_sim_free(world->sim);
}

/* Block `height` is `size` bytes that follow from the height. */
static dure_bytes_t block_of(uint8_t *buffer, uint64_t height, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        buffer[i] = (uint8_t)(height * 37 + i);
    }
    return dure_bytes(buffer, size);
}

static size_t size_of(uint64_t height)
{
    return 20 + (size_t)(height * 97 % 400);
}

static dure_store_result_t append_one(world_t *world)
{
    static uint8_t buffer[1024];
    uint64_t height = dure_store_head_height(world->store) + 1;
    dure_bytes_t block = block_of(buffer, height, size_of(height));
    return dure_store_append(world->store, &block, 1);
}

static void append_many(world_t *world, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        OK(append_one(world));
    }
}

/* True if the blocks 1..height read as they were written. */
static bool holds(world_t *world, uint64_t height)
{
    static uint8_t buffer[1024];
    bool is_right = true;
    for (uint64_t h = 1; h <= height && is_right; h++) {
        dure_bytes_t block;
        is_right = dure_store_read(world->store, &block, h) == DURE_STORE_OK &&
                   dure_bytes_equal(block, block_of(buffer, h, size_of(h)));
    }
    return is_right;
}

static dure_store_result_t scrub_all(world_t *world)
{
    dure_store_scrub_t progress = {0};
    dure_store_result_t result = DURE_STORE_OK;
    while (result == DURE_STORE_OK && progress.passes == 0) {
        result = dure_store_scrub_step(world->store, &progress, 3000);
    }
    return result;
}

/* ---- the log --------------------------------------------------------------------------------- */

static void blocks_come_back(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    assert_true(world.report.created);
    assert_int_equal(world.report.head_height, 0);
    append_many(&world, 60);
    assert_int_equal(dure_store_durable_height(world.store), 60);
    assert_true(holds(&world, 60));
    OK(scrub_all(&world));
    uint64_t log_size = dure_store_log_size(world.store);
    OK(stop(&world));
    for (int i = 0; i < 3; i++) {
        OK(start(&world));
        assert_false(world.report.created);
        assert_true(world.report.was_clean);
        assert_int_equal(world.report.head_height, 60);
        assert_int_equal(world.report.cut_size, 0);
        assert_true(world.report.segment > 5);
        assert_int_equal(dure_store_log_size(world.store), log_size);
        dure_bytes_t block;
        OK(dure_store_read(world.store, &block, 33)); /* not in order */
        assert_int_equal(block.size, size_of(33));
        assert_true(holds(&world, 60));
        assert_int_equal(dure_store_read(world.store, &block, 61), DURE_STORE_NOT_FOUND);
        assert_int_equal(dure_store_read(world.store, &block, 0), DURE_STORE_NOT_FOUND);
        OK(stop(&world));
    }
    finish(&world);
}

static void batches_hold_many_blocks_and_large_ones(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    world.config.first_height = 1000;
    OK(start(&world));
    static uint8_t large[300000];
    dure_bytes_t blocks[DURE_STORE_BATCH_BLOCKS_MAX + 1];
    uint8_t small[DURE_STORE_BATCH_BLOCKS_MAX + 1];
    for (size_t i = 0; i <= DURE_STORE_BATCH_BLOCKS_MAX; i++) {
        small[i] = (uint8_t)i;
        blocks[i] = dure_bytes(&small[i], 1);
    }
    OK(dure_store_append(world.store, blocks, DURE_STORE_BATCH_BLOCKS_MAX));
    memset(large, 9, sizeof large);
    blocks[0] = dure_bytes(large, sizeof large);
    OK(dure_store_append(world.store, blocks, 2)); /* larger than a segment */
    OK(dure_store_append(world.store, blocks + 3, 1));
    assert_int_equal(dure_store_append(world.store, blocks, 0), DURE_STORE_TOO_LARGE);
    assert_int_equal(dure_store_append(world.store, blocks, DURE_STORE_BATCH_BLOCKS_MAX + 1),
                     DURE_STORE_TOO_LARGE);
    blocks[1] = dure_bytes(large, 0);
    assert_int_equal(dure_store_append(world.store, blocks, 2), DURE_STORE_TOO_LARGE);
    OK(dure_store_state(world.store));
    OK(stop(&world));
    OK(start(&world));
    dure_bytes_t block;
    OK(dure_store_read(world.store, &block, 1000 + 255));
    assert_int_equal(block.size, 1);
    assert_int_equal(block.data[0], 255);
    OK(dure_store_read(world.store, &block, 1000 + 256));
    assert_true(dure_bytes_equal(block, dure_bytes(large, sizeof large)));
    OK(dure_store_read(world.store, &block, 1000 + 258));
    assert_int_equal(block.data[0], 3);
    OK(scrub_all(&world));
    OK(stop(&world));
    finish(&world);
}

static void appends_are_asynchronous_and_one_at_a_time(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    append_many(&world, 1);
    uint8_t byte = 1;
    dure_bytes_t block = dure_bytes(&byte, 1);
    OK(dure_store_append_start(world.store, &block, 1));
    assert_int_equal(dure_store_append_start(world.store, &block, 1), DURE_STORE_BUSY);
    assert_int_equal(dure_store_head_height(world.store), 2);
    assert_int_equal(dure_store_durable_height(world.store), 1);
    dure_io_event_t event = {.kind = DURE_IO_EVENT_WRITTEN, .token = 99};
    assert_false(dure_store_take_event(world.store, &event)); /* somebody else's */
    size_t count = 0;
    while (dure_store_append_is_busy(world.store)) {
        dure_io_event_t events[2];
        assert_int_equal(dure_io_poll(world.io, events, &count, 2, DURE_IO_FOREVER), DURE_IO_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(dure_store_take_event(world.store, &events[i]));
        }
    }
    assert_int_equal(dure_store_durable_height(world.store), 2);
    OK(stop(&world));
    finish(&world);
}

/* The scrub looks behind the end while batches are written there, until another segment begins. */
static void the_end_moves_on_under_the_scrub(void **state)
{
    (void)state;
    static uint8_t large[60000];
    memset(large, 7, sizeof large);
    const dure_bytes_t block = dure_bytes(large, sizeof large);
    for (uint64_t steps = 1; steps < 18; steps++) {
        world_t world;
        begin(&world, UINT64_C(4) << 20);
        OK(start(&world));
        append_many(&world, 10);
        dure_store_scrub_t progress = {0};
        for (uint64_t i = 0; i < steps; i++) {
            OK(dure_store_scrub_step(world.store, &progress, 500));
        }
        for (int i = 0; i < 100; i++) {
            OK(dure_store_append(world.store, &block, 1));
        }
        OK(scrub_all(&world));
        OK(scrub_all(&world));
        OK(stop(&world));
        finish(&world);
    }
}

static void another_chain_is_refused(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    append_many(&world, 3);
    OK(stop(&world));
    world.config.chain_id.bytes[0] ^= 1;
    assert_int_equal(start(&world), DURE_STORE_WRONG_CHAIN);
    assert_non_null(strstr(dure_store_message(world.store), "another chain"));
    (void)stop(&world);
    finish(&world);
}

static void readers_change_nothing(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    world.config.read_only = true;
    assert_int_equal(start(&world), DURE_STORE_NOT_FOUND);
    (void)stop(&world);
    world.config.read_only = false;
    OK(start(&world));
    append_many(&world, 5);
    kill_process(&world);
    uint64_t size = 0;
    uint8_t *before = dure_io_sim_copy(world.sim, "head.dure", &size);
    world.config.read_only = true;
    OK(start(&world));
    assert_int_equal(world.report.head_height, 5);
    assert_true(holds(&world, 5));
    assert_int_equal(append_one(&world), DURE_STORE_READ_ONLY);
    OK(stop(&world));
    uint8_t *after = dure_io_sim_copy(world.sim, "head.dure", &size);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
    finish(&world);
}

/* ---- rot ------------------------------------------------------------------------------------- */

static const char *const log_files[] = {"log-00000001.dure", "log-00000002.dure",
                                        "log-00000003.dure", "head.dure"};

/* Where the message says the damage is. */
static bool is_located(const char *message, const char *name, uint64_t offset)
{
    char file[32] = {0};
    unsigned long long at = 0;
    if (sscanf(message, "%31s at byte %llu:", file, &at) != 2 || strcmp(file, name) != 0) {
        return false;
    }
    return at <= offset;
}

/* Flips one bit; the store must either say where, or hold everything.  True if it said. */
static bool flip_is_found(world_t *world, const char *name, uint64_t offset, uint64_t height)
{
    uint8_t mask = (uint8_t)(1u << (offset % 8));
    assert_true(dure_io_sim_flip(world->sim, name, offset, mask));
    world->config.read_only = true;
    dure_store_result_t result = start(world);
    if (result == DURE_STORE_OK) {
        result = scrub_all(world);
    }
    bool is_found = result != DURE_STORE_OK;
    if (is_found) {
        assert_int_equal(result, DURE_STORE_CORRUPT);
        assert_int_equal(dure_store_state(world->store), DURE_STORE_CORRUPT);
        if (!is_located(dure_store_message(world->store), name, offset)) {
            fail_msg("%s %llu: %s", name, (unsigned long long)offset,
                     dure_store_message(world->store));
        }
    } else {
        assert_int_equal(dure_store_durable_height(world->store), height);
        assert_true(holds(world, height));
    }
    (void)stop(world);
    world->config.read_only = false;
    assert_true(dure_io_sim_flip(world->sim, name, offset, mask));
    return is_found;
}

/* After a close in order each bit of each log file is watched, and each bit of the marker is held
   twice. */
static void every_flipped_byte_is_found_and_located(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    uint64_t height = 0;
    while (dure_store_log_size(world.store) < 9500) {
        OK(append_one(&world));
        height++;
    }
    OK(stop(&world));
    uint64_t flips = 0;
    for (size_t i = 0; i < 4; i++) {
        uint64_t size = 0;
        free(dure_io_sim_copy(world.sim, log_files[i], &size));
        assert_true(size >= 4096);
        for (uint64_t offset = 0; offset < size; offset++, flips++) {
            bool is_found = flip_is_found(&world, log_files[i], offset, height);
            if (is_found == (i == 3)) {
                fail_msg("%s %llu", log_files[i], (unsigned long long)offset);
            }
        }
    }
    assert_true(flips > 16000);
    OK(start(&world));
    assert_true(holds(&world, height));
    OK(stop(&world));
    finish(&world);
}

/* A process that was killed has the marker somewhere behind the end: what is above it is protected
   by the batches that follow. */
static void rot_above_the_marker_is_not_cut(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 65536);
    OK(start(&world));
    append_many(&world, 12); /* simulated time stands still: no marker is due */
    uint64_t last = 0;
    for (uint64_t h = 1; h <= 11; h++) {
        last += (136 + 4 + size_of(h) + 511) / 512 * 512;
    }
    kill_process(&world);
    dure_io_sim_losses_t losses = dure_io_sim_crash(world.sim, 5);
    assert_int_equal(losses.writes, 0);
    for (uint64_t offset = 0; offset < 512 + last; offset += 3) {
        assert_true(dure_io_sim_flip(world.sim, "log-00000001.dure", offset, 0x10));
        bool is_padding_or_found = start(&world) == DURE_STORE_CORRUPT;
        if (!is_padding_or_found) {
            fail_msg("byte %llu", (unsigned long long)offset);
        }
        (void)stop(&world);
        assert_true(dure_io_sim_flip(world.sim, "log-00000001.dure", offset, 0x10));
    }
    OK(start(&world));
    assert_int_equal(world.report.head_height, 12);
    OK(stop(&world));
    finish(&world);
}

/* The same damage with the planted bug: the tests above would see the loss. */
static void cutting_rot_is_caught(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 65536);
    OK(start(&world));
    append_many(&world, 12);
    kill_process(&world);
    assert_true(dure_io_sim_flip(world.sim, "log-00000001.dure", 700, 0x10));
    world.config.planted_bug = DURE_STORE_BUG_CUT_ROT;
    OK(start(&world));
    assert_true(world.report.head_height < 12);
    OK(stop(&world));
    finish(&world);
}

/* When the log rests the marker follows, and then the last batch is protected too. */
static void marker_follows_when_the_log_rests(void **state)
{
    (void)state;
    for (int rests = 0; rests < 2; rests++) {
        world_t world;
        begin(&world, 65536);
        OK(start(&world));
        assert_int_equal(dure_store_tick_due_ns(world.store), DURE_IO_FOREVER);
        append_many(&world, 4);
        uint64_t due = dure_store_tick_due_ns(world.store);
        assert_true(due > 0 && due <= 20000000);
        dure_store_tick(world.store); /* too early: nothing */
        if (rests == 1) {
            dure_io_event_t events[2];
            size_t count = 0;
            assert_int_equal(dure_io_poll(world.io, events, &count, 2, due), DURE_IO_OK);
            dure_store_tick(world.store);
            while (count == 0) {
                assert_int_equal(dure_io_poll(world.io, events, &count, 2, 1000000000), DURE_IO_OK);
            }
            assert_true(dure_store_take_event(world.store, &events[0]));
            assert_int_equal(dure_store_tick_due_ns(world.store), DURE_IO_FOREVER);
        }
        uint64_t offset = dure_store_log_size(world.store) - 512;
        kill_process(&world);
        (void)dure_io_sim_crash(world.sim, 1);
        assert_true(dure_io_sim_flip(world.sim, "log-00000001.dure", offset + 20, 1));
        /* Not rested: indistinguishable from a torn write, and told as cut. */
        assert_int_equal(start(&world), rests == 1 ? DURE_STORE_CORRUPT : DURE_STORE_OK);
        assert_int_equal(world.report.cut_size > 0, rests == 0);
        (void)stop(&world);
        finish(&world);
    }
}

static void older_files_are_found(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    while (dure_store_log_size(world.store) < 4096 + 513) {
        OK(append_one(&world));
    }
    OK(stop(&world));
    uint64_t size = 0;
    uint64_t other_size = 0;
    uint8_t *old = dure_io_sim_copy(world.sim, "log-00000002.dure", &size);
    OK(start(&world));
    append_many(&world, 1);
    OK(stop(&world));
    uint64_t head = 0;
    /* The last segment as it was before the last blocks. */
    uint8_t *now = dure_io_sim_copy(world.sim, "log-00000002.dure", &other_size);
    dure_io_sim_put(world.sim, "log-00000002.dure", old, size);
    assert_int_equal(start(&world), DURE_STORE_CORRUPT);
    assert_true(is_located(dure_store_message(world.store), "log-00000002.dure", 4096));
    (void)stop(&world);
    dure_io_sim_put(world.sim, "log-00000002.dure", now, other_size);
    OK(start(&world));
    append_many(&world, 30);
    head = dure_store_durable_height(world.store);
    OK(stop(&world));
    /* A segment in the middle: found by the scrub, and by whoever reads there. */
    dure_io_sim_put(world.sim, "log-00000002.dure", old, size);
    OK(start(&world));
    assert_int_equal(world.report.head_height, head);
    assert_int_equal(scrub_all(&world), DURE_STORE_CORRUPT);
    assert_true(is_located(dure_store_message(world.store), "log-00000002.dure", 4096));
    assert_int_equal(append_one(&world), DURE_STORE_FAILED);
    (void)stop(&world);
    /* One segment in the place of another. */
    uint8_t *first = dure_io_sim_copy(world.sim, "log-00000001.dure", &size);
    dure_io_sim_put(world.sim, "log-00000002.dure", first, size);
    assert_int_equal(start(&world), DURE_STORE_CORRUPT);
    (void)stop(&world);
    /* A missing one, and a missing marker. */
    dure_io_sim_put(world.sim, "log-00000002.dure", NULL, 0);
    assert_int_equal(start(&world), DURE_STORE_CORRUPT);
    (void)stop(&world);
    dure_io_sim_put(world.sim, "log-00000002.dure", now, other_size);
    dure_io_sim_put(world.sim, "head.dure", NULL, 0);
    assert_int_equal(start(&world), DURE_STORE_CORRUPT);
    assert_non_null(strstr(dure_store_message(world.store), "head.dure"));
    (void)stop(&world);
    free(old);
    free(now);
    free(first);
    finish(&world);
}

/* A program that does not know the format says so instead of cutting. */
static void newer_formats_are_refused(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    append_many(&world, 2);
    OK(stop(&world));
    assert_true(dure_io_sim_flip(world.sim, "head.dure", 8, 2));
    assert_true(dure_io_sim_flip(world.sim, "head.dure", 4096 + 8, 2));
    assert_int_equal(start(&world), DURE_STORE_VERSION);
    (void)stop(&world);
    finish(&world);
}

/* Bytes inside a block that look like a batch cannot make a torn tail look like rot. */
static void blocks_cannot_forge_a_batch(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 65536);
    OK(start(&world));
    append_many(&world, 2);
    OK(stop(&world));
    uint64_t size = 0;
    uint8_t *log = dure_io_sim_copy(world.sim, "log-00000001.dure", &size);
    OK(start(&world));
    /* The block carries a true header at the byte where a header could stand. */
    static uint8_t data[2048];
    memcpy(data + 512 - 140, log + 512, 136);
    data[512 - 140 + 33] = 8; /* the place it will have: offset 2048 */
    dure_bytes_t block = dure_bytes(data, sizeof data);
    OK(dure_store_append_start(world.store, &block, 1));
    kill_process(&world);
    (void)dure_io_sim_crash(world.sim, 3);
    OK(start(&world));
    OK(stop(&world));
    free(log);
    finish(&world);
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* Some life: appends over several segments, a marker, a checkpoint, scrub, reading. */
static void some_life(world_t *world)
{
    dure_store_scrub_t progress;
    dure_bytes_t block;
    dure_checkpoint_t info = {.height = 6};
    for (int i = 0; i < 14 && dure_store_state(world->store) == DURE_STORE_OK; i++) {
        if (append_one(world) != DURE_STORE_OK) {
            return;
        }
    }
    if (dure_store_checkpoint_begin(world->store, &info) != DURE_STORE_OK) {
        return;
    }
    for (int i = 0; i < 6; i++) {
        dure_io_event_t events[4];
        size_t count = 0;
        dure_io_sim_advance(world->sim, 30000000);
        dure_store_tick(world->store);
        if (dure_io_poll(world->io, events, &count, 4, 10000000) != DURE_IO_OK) {
            return;
        }
        for (size_t j = 0; j < count; j++) {
            assert_true(dure_store_take_event(world->store, &events[j]));
        }
        if (dure_store_checkpoint_state(world->store) == DURE_CHECKPOINT_READY) {
            dure_store_result_t result = i < 2
                                             ? dure_store_checkpoint_chunk(world->store, "state", 5)
                                             : dure_store_checkpoint_end(world->store);
            assert_true(result != DURE_STORE_BUSY);
        }
    }
    if (dure_store_scrub_step(world->store, &progress, 20000) != DURE_STORE_OK ||
        dure_store_read(world->store, &block, 3) != DURE_STORE_OK) {
        return;
    }
    (void)append_one(world);
}

static bool one_fault(uint64_t nth, dure_io_result_t fault, bool is_forever, bool loses_power)
{
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    append_many(&world, 5);
    kill_process(&world);
    world.io = dure_io_sim_process(world.sim);
    dure_io_sim_fail(world.sim, DURE_IO_OP_ANY, nth, fault, is_forever);
    dure_store_result_t result =
        dure_store_open(&world.store, &world.report, world.io, &world.config);
    uint64_t acked = 5;
    if (result == DURE_STORE_OK) {
        some_life(&world);
        acked = dure_store_durable_height(world.store);
    } else {
        assert_true(strlen(dure_store_message(world.store)) > 0);
    }
    bool has_failed = dure_io_sim_has_failed(world.sim);
    if (loses_power) {
        kill_process(&world);
        (void)dure_io_sim_crash(world.sim, nth);
    } else {
        result = stop(&world);
        has_failed = has_failed || result != DURE_STORE_OK;
    }
    OK(start(&world));
    assert_true(dure_store_durable_height(world.store) >= acked);
    assert_true(holds(&world, dure_store_durable_height(world.store)));
    OK(scrub_all(&world));
    OK(append_one(&world));
    OK(stop(&world));
    finish(&world);
    return has_failed;
}

/* The Nth operation of the world fails, for every N, and after a new start all is there. */
static void every_single_fault_is_survived(void **state)
{
    (void)state;
    static const dure_io_result_t faults[] = {DURE_IO_DEVICE, DURE_IO_NO_SPACE};
    uint64_t runs = 0;
    for (int variant = 0; variant < 8; variant++) {
        uint64_t nth = 1;
        while (one_fault(nth, faults[variant % 2], variant / 2 % 2 == 1, variant / 4 == 1)) {
            nth++;
        }
        assert_true(nth > 100);
        runs += nth;
    }
    print_message("# %llu faults\n", (unsigned long long)runs);
}

/* The process dies in the Nth operation, for every N, and again in the recovery from that. */
static void every_single_death_is_survived(void **state)
{
    (void)state;
    bool has_died = true;
    for (uint64_t nth = 1; has_died; nth++) {
        world_t world;
        begin(&world, 4096);
        uint64_t acked = 0;
        for (uint64_t round = 0; round < 3; round++) {
            world.io = dure_io_sim_process(world.sim);
            dure_io_sim_die_after(world.sim, round == 0 ? nth : 1 + nth % 37);
            if (dure_store_open(&world.store, &world.report, world.io, &world.config) ==
                DURE_STORE_OK) {
                assert_true(world.report.head_height >= acked);
                some_life(&world);
                acked = dure_store_durable_height(world.store);
            }
            if (round == 0) {
                has_died = dure_io_sim_is_dead(world.sim);
            }
            kill_process(&world);
            (void)dure_io_sim_crash(world.sim, nth * 3 + round);
        }
        OK(start(&world));
        assert_true(dure_store_durable_height(world.store) >= acked);
        assert_true(holds(&world, dure_store_durable_height(world.store)));
        OK(scrub_all(&world));
        OK(stop(&world));
        finish(&world);
    }
}

static void a_failed_sync_fails_the_store(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 65536);
    OK(start(&world));
    append_many(&world, 2);
    dure_io_sim_fail(world.sim, DURE_IO_OP_SYNC, 1, DURE_IO_DEVICE, false);
    assert_int_equal(append_one(&world), DURE_STORE_IO);
    assert_int_equal(dure_store_durable_height(world.store), 2);
    assert_non_null(strstr(dure_store_message(world.store), "sync log-00000001.dure"));
    assert_int_equal(append_one(&world), DURE_STORE_FAILED);
    assert_int_equal(dure_store_tick_due_ns(world.store), DURE_IO_FOREVER);
    assert_int_equal(stop(&world), DURE_STORE_IO);
    OK(start(&world)); /* the cache showed block 3; the disk never had it */
    assert_int_equal(world.report.head_height, 2);
    OK(stop(&world));
    finish(&world);
}

static void a_full_disk_refuses_and_goes_on_reading(void **state)
{
    (void)state;
    world_t world;
    begin(&world, 4096);
    OK(start(&world));
    dure_io_sim_space(world.sim, 8192 + 2 * 4096);
    uint64_t height = 0;
    dure_store_result_t result = DURE_STORE_OK;
    while ((result = append_one(&world)) == DURE_STORE_OK) {
        height++;
    }
    assert_int_equal(result, DURE_STORE_NO_SPACE);
    assert_non_null(strstr(dure_store_message(world.store), "free space"));
    OK(dure_store_state(world.store));
    assert_int_equal(dure_store_head_height(world.store), height);
    assert_true(holds(&world, height));
    dure_checkpoint_t info = {.height = 1};
    assert_int_equal(dure_store_checkpoint_begin(world.store, &info), DURE_STORE_OK);
    dure_store_checkpoint_abort(world.store);
    OK(dure_store_state(world.store));
    dure_io_sim_space(world.sim, UINT64_MAX);
    OK(append_one(&world));
    OK(stop(&world));
    OK(start(&world));
    assert_true(holds(&world, height + 1));
    OK(stop(&world));
    finish(&world);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_back),
        cmocka_unit_test(batches_hold_many_blocks_and_large_ones),
        cmocka_unit_test(appends_are_asynchronous_and_one_at_a_time),
        cmocka_unit_test(the_end_moves_on_under_the_scrub),
        cmocka_unit_test(another_chain_is_refused),
        cmocka_unit_test(readers_change_nothing),
        cmocka_unit_test(every_flipped_byte_is_found_and_located),
        cmocka_unit_test(rot_above_the_marker_is_not_cut),
        cmocka_unit_test(cutting_rot_is_caught),
        cmocka_unit_test(marker_follows_when_the_log_rests),
        cmocka_unit_test(older_files_are_found),
        cmocka_unit_test(newer_formats_are_refused),
        cmocka_unit_test(blocks_cannot_forge_a_batch),
        cmocka_unit_test(every_single_fault_is_survived),
        cmocka_unit_test(every_single_death_is_survived),
        cmocka_unit_test(a_failed_sync_fails_the_store),
        cmocka_unit_test(a_full_disk_refuses_and_goes_on_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
