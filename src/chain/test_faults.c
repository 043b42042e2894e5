/* What must not pass unnoticed: planted bugs, an undo that is not possible, clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

#define PLAY_COUNT 400u

static play_t play;

static int play_setup(void **state)
{
    (void)state;
    play = play_make(41, DURE_TRACE_CLOCK_DRIVEN, 5, PLAY_COUNT);
    return 0;
}

static int play_teardown(void **state)
{
    (void)state;
    play_free(&play);
    return 0;
}

/* Replays the play's blocks, as an honest chain made them, on another; the height at which they
   differ, or 0. */
static uint64_t replay_on(dure_chain_t *other)
{
    dure_chain_t *honest = chain_new(&play);
    uint64_t height = 0;
    for (uint32_t first = 0; first < PLAY_COUNT && height == 0; first += 40) {
        const dure_chain_update_t made = finalize(honest, &play, first, 40);
        commit(honest);
        dure_block_t block;
        const char *problem;
        assert_true(dure_block_decode(&block, made.block, &problem));
        dure_chain_update_t update;
        if (dure_chain_replay(other, &block, NULL, &update) != NULL) {
            height = block.header.height;
        }
    }
    chain_free(honest);
    return height;
}

static void a_root_that_misses_a_table_is_caught(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    assert_int_equal(replay_on(chain), 0);
    chain_free(chain);
    chain = chain_new(&play);
    dure_ledger_plant(dure_chain_ledger_mutable(chain), DURE_LEDGER_BUG_ROOT_MISSES_PAYOUTS);
    assert_true(replay_on(chain) > 0);
    chain_free(chain);
}

static void a_window_not_restored_is_caught(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    play_blocks(chain, &play, 0, 200, 100);
    size_t size;
    uint8_t *bytes = checkpoint_save(chain, &size);
    chain_free(chain);
    chain = chain_new(&play);
    dure_ledger_plant(dure_chain_ledger_mutable(chain), DURE_LEDGER_BUG_WINDOW_NOT_RESTORED);
    assert_string_equal(checkpoint_load(chain, bytes, size, 4096),
                        "the checkpoint's records do not lead to its ledger root");
    chain_free(chain);
    free(bytes);
}

static void what_cannot_be_undone_asks_for_a_reload(void **state)
{
    (void)state;
    dure_ledger_limits_t limits = dure_ledger_limits_for(200);
    limits.journal_bytes_max = 4096;
    dure_chain_t *chain = chain_new_of(&play, &limits), *roomy = chain_new(&play);
    /* As long as nothing is to be undone, the journal's size does not matter. */
    play_blocks(chain, &play, 0, 200, 100);
    play_blocks(roomy, &play, 0, 200, 100);
    assert_memory_equal(&dure_chain_head(chain)->block_hash, &dure_chain_head(roomy)->block_hash,
                        32);
    (void)finalize(chain, &play, 200, 100);
    dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                .height = dure_chain_head(chain)->height + 1};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_MUST_RELOAD);
    for (uint8_t kind = DURE_CHAIN_CHECK; kind <= DURE_CHAIN_COMMIT; kind++) {
        event.kind = kind;
        assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_MUST_RELOAD);
    }
    chain_free(chain);
    chain_free(roomy);
}

static uint16_t check_one(dure_chain_t *chain, dure_bytes_t wire, dure_time_t time)
{
    const dure_chain_tx_t tx = {wire, NULL};
    dure_chain_event_t event = {.kind = DURE_CHAIN_CHECK,
                                .time = time,
                                .txs = &tx,
                                .tx_count = 1,
                                .block_bytes_max = DURE_BLOCK_SIZE_MAX};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    const uint16_t code = update.code;
    /* A proposal takes what the check lets pass, and nothing else. */
    event.kind = DURE_CHAIN_PROPOSE;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.chosen_count, code == DURE_RESULT_DONE);
    return code;
}

static void an_idle_chain_with_a_real_clock_admits_by_the_time_that_is(void **state)
{
    (void)state;
    play_t own = play_make(5, DURE_TRACE_CLOCK_REAL, 0, 20);
    dure_chain_t *chain = chain_new(&own);
    play_blocks(chain, &own, 0, 20, 20);
    const dure_time_t then = dure_chain_head(chain)->time;
    const dure_time_t now = then + 20 * UINT64_C(86400000);
    const dure_body_t body = dure_trace_deposit("budget", 5);
    uint8_t bytes[512];
    dure_bytes_t wire = dure_trace_make(own.trace, DURE_TRACE_BANK, &body); /* for a week */
    assert_int_equal(check_one(chain, wire, then), DURE_RESULT_DONE);
    assert_int_equal(check_one(chain, wire, now), DURE_RESULT_EXPIRED);
    dure_envelope_t envelope;
    memcpy(bytes, wire.data, wire.size);
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(bytes, wire.size), NULL),
                     DURE_RESULT_DONE);
    envelope.tx.valid_until = now + DURE_TX_VALIDITY_MS_MAX;
    dure_secret_key_t secret;
    dure_trace_secret(own.trace, DURE_TRACE_BANK, &secret);
    wire = dure_trace_sign(own.trace, &envelope.tx, 0, &secret);
    assert_int_equal(check_one(chain, wire, now), DURE_RESULT_DONE);
    assert_int_equal(check_one(chain, wire, now - 1), DURE_RESULT_VALID_UNTIL_TOO_FAR);
    dure_bytes_t forged = dure_bytes(bytes, wire.size);
    memcpy(bytes, wire.data, wire.size);
    bytes[wire.size - 1] ^= 1;
    assert_int_equal(check_one(chain, forged, now), DURE_RESULT_SIGNATURE_WRONG);
    /* And the block, which has its own time, decides alike. */
    const dure_chain_tx_t tx = {wire, NULL};
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .time = now,
                                      .txs = &tx,
                                      .tx_count = 1};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.results[0].code, DURE_RESULT_DONE);
    commit(chain);
    chain_free(chain);
    play_free(&own);
}

static void a_reloaded_chain_keeps_the_real_time(void **state)
{
    (void)state;
    play_t own = play_make(6, DURE_TRACE_CLOCK_REAL, 0, 120);
    dure_chain_t *first = chain_new(&own), *second = chain_new(&own);
    play_blocks(first, &own, 0, 100, 20);
    size_t size;
    uint8_t *bytes = checkpoint_save(first, &size);
    assert_null(checkpoint_load(second, bytes, size, 777));
    assert_int_equal(dure_ledger_time(dure_chain_ledger(second)),
                     dure_ledger_time(dure_chain_ledger(first)));
    play_blocks(first, &own, 100, 120, 5);
    play_blocks(second, &own, 100, 120, 5);
    assert_memory_equal(&dure_chain_head(first)->block_hash, &dure_chain_head(second)->block_hash,
                        32);
    free(bytes);
    chain_free(first);
    chain_free(second);
    play_free(&own);
}

/* ---- a limit that is raised above the tables ---- */
typedef struct {
    uint8_t bytes[3][512];
    dure_chain_tx_t txs[3]; /* an act is proposed and approved, then somebody is registered */
} raise_t;

static void raise_make(raise_t *raise, dure_trace_t *trace, uint32_t parties_max)
{
    const dure_act_t act = {.kind = DURE_ACT_LIMIT, .limit = {.parties_max = parties_max}};
    dure_bytes_t wire = {0};
    for (uint32_t i = 0; i < 3; i++) {
        const uint64_t signers[] = {DURE_TRACE_OFFICER_1, DURE_TRACE_OFFICER_2,
                                    DURE_TRACE_REGISTRAR};
        dure_body_t body = dure_trace_propose(30000, &act);
        if (i == 1) {
            body = dure_trace_approve(dure_trace_last_id(trace));
        } else if (i == 2) {
            body = dure_trace_registration(trace, dure_trace_citizen(7));
        }
        wire = dure_trace_make(trace, signers[i], &body);
        assert_true(wire.size <= sizeof raise->bytes[i]);
        memcpy(raise->bytes[i], wire.data, wire.size);
        raise->txs[i] = (dure_chain_tx_t){dure_bytes(raise->bytes[i], wire.size), NULL};
    }
}

static dure_chain_status_t finalize_raise(dure_chain_t *chain, const raise_t *raise, uint32_t first,
                                          uint32_t count, dure_chain_update_t *update)
{
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .txs = raise->txs + first,
                                      .tx_count = count};
    return dure_chain_step(chain, update, &event);
}

static void a_limit_above_the_tables_stops_the_chain_and_larger_ones_go_on(void **state)
{
    (void)state;
    play_t own = play_make(8, DURE_TRACE_CLOCK_DRIVEN, 0, 0);
    static raise_t raise;
    raise_make(&raise, own.trace, 201);
    dure_chain_t *narrow = chain_new(&own); /* for 200 */
    const dure_ledger_limits_t more = dure_ledger_limits_for(201);
    dure_chain_t *wide = chain_new_of(&own, &more), *late = chain_new_of(&own, &more);
    const dure_chain_head_t start = *dure_chain_head(narrow);
    dure_chain_update_t update;
    /* In the middle of a block nothing happens at all. */
    assert_int_equal(finalize_raise(narrow, &raise, 0, 3, &update), DURE_CHAIN_NO_CAPACITY);
    assert_int_equal(dure_chain_parties_needed(narrow), 201);
    assert_int_equal(dure_ledger_parties_max(dure_chain_ledger(narrow)), 64);
    assert_memory_equal(&start, dure_chain_head(narrow), sizeof start);
    assert_int_equal(finalize_raise(wide, &raise, 0, 3, &update), DURE_CHAIN_OK);
    assert_int_equal(update.results[2].code, DURE_RESULT_DONE);
    dure_block_t block;
    const char *problem = NULL;
    assert_true(dure_block_decode(&block, update.block, &problem));
    assert_non_null(dure_chain_replay(narrow, &block, NULL, &update));
    assert_null(dure_chain_replay(late, &block, NULL, &update));
    assert_int_equal(dure_chain_parties_needed(late), 0);
    /* At its end the block stands, and the next is not executed. */
    assert_int_equal(finalize_raise(narrow, &raise, 0, 2, &update), DURE_CHAIN_OK);
    commit(narrow);
    assert_int_equal(dure_chain_parties_needed(narrow), 201);
    assert_int_equal(finalize_raise(narrow, &raise, 2, 1, &update), DURE_CHAIN_NO_CAPACITY);
    size_t size;
    uint8_t *bytes = checkpoint_save(narrow, &size);
    dure_chain_t *small = chain_new(&own), *large = chain_new_of(&own, &more);
    assert_non_null(checkpoint_load(small, bytes, size, 4096));
    assert_int_equal(dure_chain_parties_needed(small), 201);
    assert_null(checkpoint_load(large, bytes, size, 4096));
    assert_int_equal(dure_chain_parties_needed(large), 0);
    assert_int_equal(finalize_raise(large, &raise, 2, 1, &update), DURE_CHAIN_OK);
    assert_int_equal(update.results[0].code, DURE_RESULT_DONE);
    assert_memory_equal(&update.ledger_root, &dure_chain_head(late)->ledger_root, 32);
    free(bytes);
    chain_free(small);
    chain_free(large);
    chain_free(narrow);
    chain_free(wide);
    chain_free(late);
    play_free(&own);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_that_misses_a_table_is_caught),
        cmocka_unit_test(a_window_not_restored_is_caught),
        cmocka_unit_test(what_cannot_be_undone_asks_for_a_reload),
        cmocka_unit_test(an_idle_chain_with_a_real_clock_admits_by_the_time_that_is),
        cmocka_unit_test(a_reloaded_chain_keeps_the_real_time),
        cmocka_unit_test(a_limit_above_the_tables_stops_the_chain_and_larger_ones_go_on),
    };
    return cmocka_run_group_tests(tests, play_setup, play_teardown);
}
