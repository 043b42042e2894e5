/* The store over a disk that crashes: seeded lives, each ended by power loss, kill, fault or close;
   a model that knows what was acknowledged; and bugs planted to prove that the model sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "store/dure_archive.h"
#include "store/dure_store.h"

#define HEIGHTS_MAX   4096u
#define BLOCK_MAX     2500u
#define CHUNKS        3u
#define CHUNK_SIZE    700u
#define LIVES         6u
#define CRASH_SEEDS   4000u
#define PLANTED_SEEDS 600u

typedef enum {
    VERDICT_GOOD,
    VERDICT_LOST,       /* an acknowledged block is not there */
    VERDICT_ALTERED,    /* a block is not the one that was appended */
    VERDICT_STOPPED,    /* the store refused to open though the disk did only what it may */
    VERDICT_CHECKPOINT, /* a finished checkpoint is gone or wrong */
} verdict_t;

typedef struct {
    dure_io_sim_t *sim;
    dure_io_t *io;
    dure_io_sim_t *archive_sim; /* the other device; NULL: there is none */
    dure_archiver_t *archiver;
    bool has_bad_copy; /* what is named as a copy is none */
    uint64_t archived; /* segments before it count as copied in this life */
    dure_store_t *store;
    dure_store_config_t config;
    uint64_t random;
    /* the model: what was given to the store, and what it acknowledged */
    uint64_t nonce[HEIGHTS_MAX];
    uint64_t appended;
    uint64_t acked;
    uint64_t checkpoint_acked;
    uint32_t chunk;
    uint64_t checkpoint_height;
    bool checkpoint_is_ending;
    dure_io_sim_losses_t losses;
    uint64_t cuts, pruned;
} world_t;

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = *state;
    x ^= x >> 33;
    x *= UINT64_C(0xFF51AFD7ED558CCD);
    return x ^ (x >> 29);
}

static uint64_t below(world_t *world, uint64_t limit)
{
    return draw(&world->random) % limit;
}

/* The bytes of a block follow from its height and a nonce. */
static size_t make_block(uint8_t *out, uint64_t height, uint64_t nonce)
{
    uint64_t state = height * 1000003u + nonce;
    size_t size = 1 + draw(&state) % (draw(&state) % 4 == 0 ? BLOCK_MAX : 200);
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)draw(&state);
    }
    return size;
}

static void make_chunk(uint8_t out[CHUNK_SIZE], uint64_t height, uint32_t chunk)
{
    for (uint32_t i = 0; i < CHUNK_SIZE; i++) {
        out[i] = (uint8_t)(height * 31 + chunk * 7 + i);
    }
}

static bool is_dead(const world_t *world)
{
    return dure_io_sim_is_dead(world->sim) ||
           (world->archive_sim != NULL && dure_io_sim_is_dead(world->archive_sim));
}

static bool is_alive(const world_t *world)
{
    return !is_dead(world) && dure_store_state(world->store) == DURE_STORE_OK;
}

/* Nothing fails but by a fault of the world. */
static void ok_or_dead(const world_t *world, dure_store_result_t result)
{
    assert_true(result == DURE_STORE_OK || !is_alive(world) || dure_io_sim_has_failed(world->sim));
}

static void note_acks(world_t *world)
{
    uint64_t durable = dure_store_durable_height(world->store);
    if (durable > world->acked) {
        world->acked = durable;
    }
    if (world->checkpoint_is_ending &&
        dure_store_checkpoint_state(world->store) == DURE_CHECKPOINT_IDLE) {
        world->checkpoint_is_ending = false;
        if (dure_store_checkpoint_error(world->store) == DURE_STORE_OK) {
            world->checkpoint_acked = world->checkpoint_height;
        }
    }
}

/* ---- what a life does ------------------------------------------------------------------------ */

static void do_append(world_t *world)
{
    static uint8_t data[4][BLOCK_MAX];
    dure_bytes_t blocks[4];
    size_t count = 1 + below(world, 4);
    uint64_t head = dure_store_head_height(world->store);
    if (head + count + 1 >= HEIGHTS_MAX || dure_store_append_is_busy(world->store)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t nonce = below(world, UINT32_MAX);
        world->nonce[head + 1 + i] = nonce;
        blocks[i] = dure_bytes(data[i], make_block(data[i], head + 1 + i, nonce));
    }
    if (head + count > world->appended) {
        world->appended = head + count;
    }
    if (dure_store_append_start(world->store, blocks, count) == DURE_STORE_OK) {
        assert_int_equal(dure_store_head_height(world->store), head + count);
    }
    memset(data, 0xEE, sizeof data); /* the blocks were copied */
}

static void do_poll(world_t *world)
{
    dure_io_event_t events[4];
    size_t count = 0;
    if (dure_io_poll(world->io, events, &count, 4, below(world, 3000000)) == DURE_IO_OK) {
        for (size_t i = 0; i < count; i++) {
            assert_true(dure_store_take_event(world->store, &events[i]));
        }
    }
}

static void do_checkpoint(world_t *world)
{
    static uint8_t chunk[CHUNK_SIZE];
    dure_store_t *store = world->store;
    switch (dure_store_checkpoint_state(store)) {
    case DURE_CHECKPOINT_IDLE: {
        dure_checkpoint_t info = {.height = dure_store_durable_height(store)};
        if (dure_store_checkpoint_begin(store, &info) == DURE_STORE_OK) {
            world->checkpoint_height = info.height;
            world->chunk = 0;
        }
        break;
    }
    case DURE_CHECKPOINT_READY:
        if (world->chunk == CHUNKS) {
            world->checkpoint_is_ending = dure_store_checkpoint_end(store) == DURE_STORE_OK;
            break;
        }
        make_chunk(chunk, world->checkpoint_height, world->chunk++);
        ok_or_dead(world, dure_store_checkpoint_chunk(store, chunk, CHUNK_SIZE));
        memset(chunk, 0xEE, sizeof chunk);
        break;
    case DURE_CHECKPOINT_WRITING:
        break;
    }
}

static void do_archive(world_t *world)
{
    dure_store_segment_t segment;
    if (world->archiver == NULL) {
        return;
    }
    if (world->archived < dure_store_base_segment(world->store)) {
        world->archived = dure_store_base_segment(world->store);
    }
    for (int i = 0; i < 6 && dure_store_segment(world->store, &segment, world->archived); i++) {
        dure_store_result_t result =
            dure_archiver_step(world->archiver, world->archived, 1 + below(world, 4096));
        world->archived += result == DURE_STORE_OK;
        if (result != DURE_STORE_OK && result != DURE_STORE_BUSY) {
            world->has_bad_copy |= !is_dead(world) && !dure_io_sim_has_failed(world->sim);
            return;
        }
    }
}

/* All that the older checkpoint does not need. */
static void do_prune(world_t *world)
{
    dure_store_segment_t segment;
    dure_store_t *store = world->store;
    uint64_t older = dure_store_checkpoint_older_height(store);
    uint64_t until = dure_store_base_segment(store);
    bool is_done = false;
    while (dure_store_segment(store, &segment, until) && segment.last_height < older &&
           (world->archiver == NULL || until < world->archived)) {
        until++;
    }
    uint64_t base = dure_store_base_segment(store);
    dure_store_result_t result = dure_store_prune(store, &is_done, until);
    if (result != DURE_STORE_BUSY) {
        ok_or_dead(world, result);
    }
    world->pruned += dure_store_base_segment(store) - base;
}

static void do_something(world_t *world)
{
    dure_bytes_t block;
    dure_store_scrub_t progress;
    /* What ACK_BEFORE_SYNC calls durable cannot be read yet. */
    bool reads = world->config.planted_bug != DURE_STORE_BUG_ACK_BEFORE_SYNC;
    switch (below(world, reads ? 9 : 6)) {
    case 0:
    case 1:
    case 2:
        do_append(world);
        break;
    case 3:
    case 4:
        do_poll(world);
        break;
    case 5:
        dure_store_tick(world->store);
        break;
    case 6:
        /* Often whole ones, so that segments can be pruned. */
        for (uint64_t i = below(world, 12); i > 0 && is_alive(world); i--) {
            do_checkpoint(world);
            note_acks(world);
            do_poll(world);
        }
        break;
    case 7:
        do_archive(world);
        if (is_alive(world)) {
            do_prune(world);
        }
        break;
    default:
        if (world->acked > 0 && below(world, 2) == 0) {
            uint64_t first = dure_store_first_height(world->store);
            ok_or_dead(world, dure_store_read(world->store, &block,
                                              first + below(world, world->acked - first + 1)));
        } else {
            ok_or_dead(world, dure_store_scrub_step(world->store, &progress, 4096));
        }
        break;
    }
    note_acks(world);
}

/* ---- what must hold after every recovery ------------------------------------------------------
 */

static verdict_t check_blocks(world_t *world)
{
    static uint8_t expected[BLOCK_MAX];
    uint64_t head = dure_store_durable_height(world->store);
    if (head < world->acked) {
        return VERDICT_LOST;
    }
    if (head > world->appended) {
        return VERDICT_ALTERED;
    }
    /* What the checkpoint needs is there. */
    uint64_t first = dure_store_first_height(world->store);
    if (first > 1 && (first > world->checkpoint_acked || world->archive_sim != NULL)) {
        return VERDICT_LOST;
    }
    for (uint64_t height = first; height <= head; height++) {
        dure_bytes_t block;
        dure_store_result_t result = dure_store_read(world->store, &block, height);
        if (result != DURE_STORE_OK) {
            return is_dead(world) ? VERDICT_GOOD : VERDICT_STOPPED;
        }
        size_t size = make_block(expected, height, world->nonce[height]);
        if (!dure_bytes_equal(block, dure_bytes(expected, size))) {
            return VERDICT_ALTERED;
        }
    }
    /* What was shown once must stay. */
    world->acked = head;
    world->appended = head;
    return VERDICT_GOOD;
}

static verdict_t check_scrub(world_t *world)
{
    dure_store_scrub_t progress = {0};
    while (progress.passes == 0) {
        dure_store_result_t result = dure_store_scrub_step(world->store, &progress, 8192);
        if (result != DURE_STORE_OK) {
            return is_dead(world) ? VERDICT_GOOD : VERDICT_STOPPED;
        }
    }
    return VERDICT_GOOD;
}

static verdict_t check_checkpoint(world_t *world)
{
    uint8_t expected[CHUNK_SIZE];
    dure_checkpoint_t info = {0};
    dure_store_result_t result = dure_store_checkpoint_next(world->store, &info);
    if (is_dead(world)) {
        return VERDICT_GOOD;
    }
    if (result == DURE_STORE_NOT_FOUND) {
        return world->checkpoint_acked == 0 ? VERDICT_GOOD : VERDICT_CHECKPOINT;
    }
    if (result != DURE_STORE_OK || info.height < world->checkpoint_acked ||
        info.payload_size != CHUNKS * CHUNK_SIZE) {
        return VERDICT_CHECKPOINT;
    }
    for (uint32_t chunk = 0; chunk <= CHUNKS; chunk++) {
        dure_bytes_t got;
        result = dure_store_checkpoint_read(world->store, &got);
        if (is_dead(world)) {
            return VERDICT_GOOD;
        }
        make_chunk(expected, info.height, chunk);
        if (result != DURE_STORE_OK ||
            !dure_bytes_equal(got, dure_bytes(expected, chunk < CHUNKS ? CHUNK_SIZE : 0))) {
            return VERDICT_CHECKPOINT;
        }
    }
    world->checkpoint_acked = info.height;
    return VERDICT_GOOD;
}

static verdict_t start(world_t *world, bool may_die)
{
    dure_store_report_t report;
    world->io = dure_io_sim_process(world->sim);
    world->checkpoint_is_ending = false;
    if (world->archive_sim != NULL) {
        world->config.archive = dure_io_sim_process(world->archive_sim);
        world->archiver = dure_archiver_new(world->io, world->config.archive,
                                            &world->config.chain_id, world->config.planted_bug);
        world->archived = 0;
    }
    if (may_die && below(world, 4) == 0) {
        dure_io_sim_die_after(world->sim, 1 + below(world, 60)); /* within the recovery */
    }
    dure_store_result_t result = dure_store_open(&world->store, &report, world->io, &world->config);
    if (is_dead(world)) {
        return VERDICT_GOOD;
    }
    if (result != DURE_STORE_OK) {
        print_message("# %s\n", dure_store_message(world->store));
        return VERDICT_STOPPED;
    }
    world->cuts += report.cut_size > 0;
    verdict_t verdict = check_blocks(world);
    if (verdict == VERDICT_GOOD && is_alive(world)) {
        verdict = check_checkpoint(world);
    }
    if (verdict == VERDICT_GOOD && is_alive(world)) {
        verdict = check_scrub(world);
    }
    return verdict;
}

static void add(dure_io_sim_losses_t *sum, const dure_io_sim_losses_t *more)
{
    sum->writes += more->writes;
    sum->dropped += more->dropped;
    sum->torn += more->torn;
    sum->garbled += more->garbled;
    sum->names += more->names;
}

static void end(world_t *world)
{
    uint64_t how = below(world, 10);
    dure_archiver_free(world->archiver);
    world->archiver = NULL;
    if (how == 0 && is_alive(world)) {
        dure_store_result_t result = dure_store_close(world->store);
        if (result == DURE_STORE_OK) {
            world->acked = world->appended; /* a close in order leaves nothing behind */
        } else {
            assert_true(dure_io_sim_has_failed(world->sim) || dure_io_sim_is_dead(world->sim));
        }
        dure_io_close(world->io);
    } else {
        dure_io_sim_die(world->sim);
        (void)dure_store_close(world->store);
    }
    if (world->archive_sim != NULL) {
        dure_io_sim_die(world->archive_sim);
        if (how <= 2) {
            dure_io_sim_kill(world->archive_sim);
        } else {
            (void)dure_io_sim_crash(world->archive_sim, below(world, UINT64_MAX));
        }
    }
    if (how <= 2) {
        dure_io_sim_kill(world->sim);
    } else {
        dure_io_sim_losses_t losses = dure_io_sim_crash(world->sim, below(world, UINT64_MAX));
        add(&world->losses, &losses);
    }
    world->store = NULL;
}

static verdict_t live(world_t *world)
{
    verdict_t verdict = start(world, true);
    if (verdict == VERDICT_GOOD && is_alive(world)) {
        uint64_t steps = below(world, 120);
        if (below(world, 2) == 0) {
            dure_io_sim_die_after(world->sim, 1 + below(world, 150));
        } else if (world->archive_sim != NULL && below(world, 2) == 0) {
            dure_io_sim_die_after(world->archive_sim, 1 + below(world, 60));
        }
        if (below(world, 4) == 0) {
            static const uint32_t ops[] = {DURE_IO_OP_SYNC, DURE_IO_OP_WRITE, DURE_IO_OP_ANY};
            dure_io_sim_fail(world->sim, ops[below(world, 3)], 1 + below(world, 60), DURE_IO_DEVICE,
                             below(world, 2) == 0);
        }
        for (uint64_t i = 0; i < steps && is_alive(world); i++) {
            do_something(world);
        }
    }
    end(world);
    return verdict == VERDICT_GOOD && world->has_bad_copy ? VERDICT_LOST : verdict;
}

static uint64_t pruned_segments; /* by all runs */
static uint64_t copied_segments;

static verdict_t run(uint64_t seed, dure_store_bug_t bug, dure_io_sim_losses_t *losses,
                     uint64_t *cuts)
{
    static const uint64_t segment_sizes[] = {4096, 8192, 65536};
    world_t *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->random = seed * 77777 + 1;
    world->sim = dure_io_sim_new(seed);
    world->archive_sim = seed % 2 == 1 ? dure_io_sim_new(seed + 1000000u) : NULL;
    world->config = (dure_store_config_t){.first_height = 1,
                                          .segment_size = segment_sizes[below(world, 3)],
                                          .marker_idle_ns = 1 + below(world, 5000000),
                                          .planted_bug = bug};
    memset(world->config.chain_id.bytes, 7, 32);
    dure_io_sim_latency(world->sim, 1000, 1000 + below(world, 3000000));
    if (bug == DURE_STORE_BUG_RETRY_AFTER_EIO) {
        dure_io_sim_plant_no_poison(world->sim);
    }
    verdict_t verdict = VERDICT_GOOD;
    for (uint32_t life = 0; life < LIVES && verdict == VERDICT_GOOD; life++) {
        verdict = live(world);
    }
    if (verdict == VERDICT_GOOD) {
        verdict = start(world, false);
        end(world);
    }
    add(losses, &world->losses);
    *cuts += world->cuts;
    pruned_segments += world->pruned;
    copied_segments += world->archive_sim != NULL ? world->pruned : 0;
    dure_io_sim_free(world->sim);
    dure_io_sim_free(world->archive_sim);
    free(world);
    return verdict;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    dure_io_sim_losses_t losses = {0};
    uint64_t cuts = 0;
    uint64_t losing = 0;
    for (uint64_t seed = 0; seed < CRASH_SEEDS; seed++) {
        dure_io_sim_losses_t before = losses;
        verdict_t verdict = run(seed, DURE_STORE_BUG_NONE, &losses, &cuts);
        if (verdict != VERDICT_GOOD) {
            fail_msg("seed %llu: verdict %d", (unsigned long long)seed, (int)verdict);
        }
        losing += losses.dropped + losses.torn + losses.garbled >
                  before.dropped + before.torn + before.garbled;
    }
    print_message("# %u seeds of %u lives: %llu lost unsynced bytes; %llu writes undecided, "
                  "%llu bytes dropped, %llu torn, %llu garbled, %llu names lost, %llu tails cut\n",
                  CRASH_SEEDS, LIVES, (unsigned long long)losing, (unsigned long long)losses.writes,
                  (unsigned long long)losses.dropped, (unsigned long long)losses.torn,
                  (unsigned long long)losses.garbled, (unsigned long long)losses.names,
                  (unsigned long long)cuts);
    print_message("# %llu segments pruned, %llu of them archived before\n",
                  (unsigned long long)pruned_segments, (unsigned long long)copied_segments);
    assert_true(copied_segments > CRASH_SEEDS / 40);
    /* The test must have met what it is about. */
    assert_true(losing > CRASH_SEEDS / 2);
    assert_true(losses.torn > 0 && losses.garbled > 0 && losses.names > 0);
    assert_true(cuts > CRASH_SEEDS / 10);
    assert_true(pruned_segments > CRASH_SEEDS / 10);
}

static void expect_caught(dure_store_bug_t bug)
{
    dure_io_sim_losses_t losses = {0};
    uint64_t cuts = 0;
    for (uint64_t seed = 0; seed < PLANTED_SEEDS; seed++) {
        verdict_t verdict = run(seed, bug, &losses, &cuts);
        if (verdict != VERDICT_GOOD) {
            print_message("# planted bug %d: verdict %d at seed %llu\n", (int)bug, (int)verdict,
                          (unsigned long long)seed);
            return;
        }
    }
    fail_msg("planted bug %d was not caught", (int)bug);
}

static void ack_before_sync_is_caught(void **state)
{
    (void)state;
    expect_caught(DURE_STORE_BUG_ACK_BEFORE_SYNC);
}

static void missing_record_hash_is_caught(void **state)
{
    (void)state;
    expect_caught(DURE_STORE_BUG_NO_RECORD_HASH);
}

static void retry_after_a_failed_sync_is_caught(void **state)
{
    (void)state;
    expect_caught(DURE_STORE_BUG_RETRY_AFTER_EIO);
}

static void removing_before_writing_it_down_is_caught(void **state)
{
    (void)state;
    expect_caught(DURE_STORE_BUG_PRUNE_FIRST);
}

static void a_marker_that_names_a_removed_segment_is_caught(void **state)
{
    (void)state;
    expect_caught(DURE_STORE_BUG_PRUNE_MARKER);
}

static void a_copy_that_nobody_read_again_is_caught(void **state)
{
    (void)state;
    expect_caught(DURE_STORE_BUG_COPY_UNVERIFIED);
}

/* The same seed gives the same disk, to the byte. */
static void runs_are_deterministic(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        dure_io_sim_losses_t a = {0};
        dure_io_sim_losses_t b = {0};
        uint64_t cuts_a = 0;
        uint64_t cuts_b = 0;
        (void)run(seed, DURE_STORE_BUG_NONE, &a, &cuts_a);
        (void)run(seed, DURE_STORE_BUG_NONE, &b, &cuts_b);
        assert_memory_equal(&a, &b, sizeof a);
        assert_int_equal(cuts_a, cuts_b);
    }
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost),
        cmocka_unit_test(ack_before_sync_is_caught),
        cmocka_unit_test(missing_record_hash_is_caught),
        cmocka_unit_test(retry_after_a_failed_sync_is_caught),
        cmocka_unit_test(removing_before_writing_it_down_is_caught),
        cmocka_unit_test(a_marker_that_names_a_removed_segment_is_caught),
        cmocka_unit_test(a_copy_that_nobody_read_again_is_caught),
        cmocka_unit_test(runs_are_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
