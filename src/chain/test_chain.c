/* The chain over the real ledger: executing, undoing, cutting into blocks, replay, checkpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

#define PLAY_COUNT 700u

static play_t play;

static int play_setup(void **state)
{
    (void)state;
    play = play_make(11, DURE_TRACE_CLOCK_DRIVEN, 10, PLAY_COUNT);
    return 0;
}

static int play_teardown(void **state)
{
    (void)state;
    play_free(&play);
    return 0;
}

static void assert_heads_equal(const dure_chain_t *a, const dure_chain_t *b)
{
    const dure_chain_head_t *first = dure_chain_head(a), *second = dure_chain_head(b);
    assert_int_equal(first->height, second->height);
    assert_memory_equal(&first->ledger_root, &second->ledger_root, 32);
    assert_memory_equal(&first->app_hash, &second->app_hash, 32);
    assert_memory_equal(&first->block_hash, &second->block_hash, 32);
}

/* ---- what transactions come to -----------------------------------------------------------------
 */

static uint8_t class_of(uint16_t code)
{
    if (code == DURE_RESULT_DONE) {
        return DURE_TRACE_GOOD;
    }
    return code >= 200 ? DURE_TRACE_REFUSED
                       : (code >= 100 ? DURE_TRACE_INADMISSIBLE : DURE_TRACE_MALFORMED);
}

static void the_trace_goes_as_it_means_to(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < PLAY_COUNT; i += 50) {
        const dure_chain_update_t update = finalize(chain, &play, i, 50);
        for (uint32_t t = 0; t < 50; t++) {
            const uint16_t code = update.results[t].code;
            if (class_of(code) != play.expects[i + t]) {
                dure_envelope_t envelope;
                const bool known =
                    dure_envelope_decode(&envelope, play.wires[i + t], NULL) == DURE_RESULT_DONE;
                print_message("transaction %u (%s) came to %u (%s), expected class %d\n", i + t,
                              known ? dure_body_kind_name(envelope.tx.body.kind) : "?", code,
                              dure_result_text(code)->name, play.expects[i + t]);
                wrong++;
            }
        }
        commit(chain);
    }
    assert_int_equal(wrong, 0);
    assert_null(dure_ledger_invariants(dure_chain_ledger(chain)));
    chain_free(chain);
}

static void the_cut_into_blocks_does_not_matter(void **state)
{
    (void)state;
    static const uint32_t cuts[] = {1, 3, 7, 1000};
    dure_hash_t root;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        dure_chain_t *chain = chain_new(&play);
        play_blocks(chain, &play, 0, PLAY_COUNT, cuts[i]);
        if (i == 0) {
            root = dure_chain_head(chain)->ledger_root;
        }
        assert_memory_equal(&root, &dure_chain_head(chain)->ledger_root, 32);
        chain_free(chain);
    }
}

/* ---- finalize and undo -------------------------------------------------------------------------
 */

typedef struct {
    uint8_t *block;
    size_t block_size;
    uint8_t *effects;
    size_t effects_size;
    dure_hash_t block_hash, ledger_root;
} outcome_t;

static outcome_t outcome_of(const dure_chain_update_t *update)
{
    outcome_t out = {.block_size = update->block.size,
                     .block_hash = update->block_hash,
                     .ledger_root = update->ledger_root};
    out.block = malloc(update->block.size);
    out.effects = malloc((size_t)update->result_count * (DURE_EFFECT_SIZE_MAX + 82) + 1);
    assert_true(out.block != NULL && out.effects != NULL);
    memcpy(out.block, update->block.data, update->block.size);
    for (uint32_t i = 0; i < update->result_count; i++) {
        const dure_chain_result_t *result = &update->results[i];
        dure_writer_t writer =
            dure_writer(out.effects + out.effects_size, DURE_EFFECT_SIZE_MAX + 82);
        dure_write_uint(&writer, 2, result->code);
        dure_write_raw(&writer, result->tx.bytes, 32);
        dure_write_raw(&writer, result->leaf.bytes, 32);
        dure_write_raw(&writer, result->blind.bytes, 16);
        dure_write_raw(&writer, result->effect.data, result->effect.size);
        assert_false(writer.overflow);
        out.effects_size += writer.size;
    }
    return out;
}

static void assert_outcomes_equal(const outcome_t *a, const outcome_t *b)
{
    assert_int_equal(a->block_size, b->block_size);
    assert_memory_equal(a->block, b->block, a->block_size);
    assert_int_equal(a->effects_size, b->effects_size);
    assert_memory_equal(a->effects, b->effects, a->effects_size);
    assert_memory_equal(&a->block_hash, &b->block_hash, 32);
    assert_memory_equal(&a->ledger_root, &b->ledger_root, 32);
}

static void outcome_free(outcome_t *outcome)
{
    free(outcome->block);
    free(outcome->effects);
}

static void the_same_block_again_gives_the_same_bytes(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    for (uint32_t first = 0; first < PLAY_COUNT; first += 70) {
        dure_chain_update_t update = finalize(chain, &play, first, 70);
        outcome_t once = outcome_of(&update);
        update = finalize(chain, &play, first, 70);
        outcome_t twice = outcome_of(&update);
        assert_outcomes_equal(&once, &twice);
        outcome_free(&once);
        outcome_free(&twice);
        commit(chain);
    }
    chain_free(chain);
}

static void a_block_replaced_before_its_commit_leaves_no_trace(void **state)
{
    (void)state;
    dure_chain_t *replaced = chain_new(&play), *straight = chain_new(&play);
    for (uint32_t first = 0; first + 60 <= PLAY_COUNT; first += 60) {
        /* Other transactions, or the same in another number, or none. */
        (void)finalize(replaced, &play, (first + 240) % (PLAY_COUNT - 100), 100);
        (void)finalize(replaced, &play, first, 17);
        (void)finalize(replaced, &play, first, 0);
        dure_chain_update_t update = finalize(replaced, &play, first, 60);
        outcome_t a = outcome_of(&update);
        update = finalize(straight, &play, first, 60);
        outcome_t b = outcome_of(&update);
        assert_outcomes_equal(&a, &b);
        outcome_free(&a);
        outcome_free(&b);
        commit(replaced);
        commit(straight);
        assert_heads_equal(replaced, straight);
    }
    size_t size_a, size_b;
    uint8_t *a = checkpoint_save(replaced, &size_a), *b = checkpoint_save(straight, &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    free(a);
    free(b);
    chain_free(replaced);
    chain_free(straight);
}

static void empty_blocks_leave_the_app_hash(void **state)
{
    (void)state;
    for (uint8_t clock = DURE_TRACE_CLOCK_REAL; clock <= DURE_TRACE_CLOCK_DRIVEN; clock++) {
        play_t own = play_make(5, clock, 0, 100);
        dure_chain_t *chain = chain_new(&own);
        play_blocks(chain, &own, 0, 100, 25);
        const dure_chain_head_t before = *dure_chain_head(chain);
        for (uint32_t i = 0; i < 5; i++) {
            dure_trace_time_set(own.trace, dure_trace_time(own.trace) + 1000);
            const dure_chain_update_t update = finalize(chain, &own, 0, 0);
            assert_true(dure_hash_is_zero(&update.header.effects_root));
            assert_true(dure_hash_is_zero(&update.header.tx_root));
            commit(chain);
        }
        const dure_chain_head_t *after = dure_chain_head(chain);
        assert_int_equal(after->height, before.height + 5);
        /* A driven clock stands still without a tick, whatever time the caller names. */
        uint64_t passed = clock == DURE_TRACE_CLOCK_REAL ? 5000 : 0;
        assert_int_equal(after->time, before.time + passed);
        assert_memory_equal(&after->app_hash, &before.app_hash, 32);
        assert_memory_not_equal(&after->block_hash, &before.block_hash, 32);
        chain_free(chain);
        play_free(&own);
    }
}

static void bytes_that_are_no_transaction_change_nothing(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    play_blocks(chain, &play, 0, 200, 100);
    const dure_hash_t root = dure_chain_head(chain)->ledger_root;
    static uint8_t large[DURE_TX_SIZE_MAX + 1], garbage[500];
    memset(garbage, 0x5a, sizeof garbage);
    const dure_chain_tx_t txs[] = {{{NULL, 0}, NULL},
                                   {{garbage, sizeof garbage}, NULL},
                                   {{large, sizeof large}, NULL},
                                   {{play.wires[0].data, play.wires[0].size - 1}, NULL}};
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .txs = txs,
                                      .tx_count = 4};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_memory_equal(&update.ledger_root, &root, 32);
    const uint8_t zeros[16] = {0};
    dure_hash_t leaf;
    dure_hash(&leaf, DURE_TAG_EFFECT_LEAF, zeros, sizeof zeros);
    for (uint32_t i = 0; i < 4; i++) {
        const dure_chain_result_t *result = &update.results[i];
        assert_int_equal(result->code, i == 2 ? DURE_RESULT_TOO_LARGE : DURE_RESULT_MALFORMED);
        assert_true(dure_hash_is_zero(&result->tx));
        assert_int_equal(result->effect.size, 0);
        assert_memory_equal(&result->leaf, &leaf, 32);
    }
    commit(chain);
    assert_int_equal(dure_chain_head(chain)->range.count, 3);
    chain_free(chain);
}

/* ---- signatures --------------------------------------------------------------------------------
 */

static void a_verdict_counts_only_for_its_transaction_and_key(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    play_blocks(chain, &play, 0, 100, 100);
    const uint64_t payer = dure_trace_citizen(0);
    const dure_body_t body = dure_trace_payment(dure_trace_merchant(0), 1);
    const dure_bytes_t good = dure_trace_make(play.trace, payer, &body);
    uint8_t forged[1024];
    memcpy(forged, good.data, good.size);
    forged[good.size - 1] ^= 1;
    dure_envelope_t envelope;
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(forged, good.size), NULL),
                     DURE_RESULT_DONE);
    dure_verdict_t verdict = {.result = DURE_CRYPTO_OK};
    dure_tx_hash(&verdict.tx, dure_trace_chain_id(play.trace), envelope.body);
    const dure_chain_tx_t tx = {dure_bytes(forged, good.size), &verdict};
    const dure_chain_event_t event = {.kind = DURE_CHAIN_CHECK, .txs = &tx, .tx_count = 1};
    dure_chain_update_t update;
    /* Another key. */
    verdict.key = dure_trace_key(play.trace, DURE_TRACE_BANK);
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_SIGNATURE_WRONG);
    /* The key, but another transaction. */
    assert_true(dure_ledger_signer_key(dure_chain_ledger(chain), payer, 0, &verdict.key));
    verdict.tx.bytes[0] ^= 1;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_SIGNATURE_WRONG);
    /* Both: it is believed, as it must be, for good and for ill. */
    verdict.tx.bytes[0] ^= 1;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_DONE);
    verdict.result = DURE_CRYPTO_MISMATCH;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_SIGNATURE_WRONG);
    chain_free(chain);
}

static void the_signature_of_another_chain_is_refused(void **state)
{
    (void)state;
    const dure_trace_config_t config = {.seed = 11, .start = UINT64_C(1767571200001)};
    dure_trace_t *other = dure_trace_new_from(&config, "examples/gimpo/general.yak");
    assert_non_null(other);
    const dure_bytes_t wire = dure_trace_next(other);
    dure_chain_t *chain = chain_new(&play);
    const dure_chain_tx_t txs[] = {{wire, NULL}, {play.wires[0], NULL}};
    dure_chain_event_t event = {.kind = DURE_CHAIN_CHECK, .txs = txs, .tx_count = 1};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_SIGNATURE_WRONG);
    event.txs = &txs[1];
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_DONE);
    chain_free(chain);
    dure_trace_free(other);
}

/* ---- the door's own refusals -------------------------------------------------------------------
 */

static void the_door_keeps_heights_and_sizes(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    dure_chain_update_t update;
    dure_chain_event_t event = {.kind = DURE_CHAIN_COMMIT};
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_NOT_FINALIZED);
    for (uint64_t height = 0; height < 4; height++) {
        if (height != 1) {
            event = (dure_chain_event_t){.kind = DURE_CHAIN_FINALIZE, .height = height};
            assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_WRONG_HEIGHT);
            event.kind = DURE_CHAIN_PROCESS;
            assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_WRONG_HEIGHT);
        }
    }
    dure_chain_tx_t *txs = calloc(DURE_BLOCK_TXS_MAX + 1, sizeof *txs);
    static uint8_t large[DURE_TX_SIZE_MAX];
    assert_non_null(txs);
    event = (dure_chain_event_t){
        .kind = DURE_CHAIN_FINALIZE, .height = 1, .txs = txs, .tx_count = DURE_BLOCK_TXS_MAX + 1};
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_TOO_LARGE);
    event.tx_count = DURE_BLOCK_SIZE_MAX / DURE_TX_SIZE_MAX;
    for (uint32_t i = 0; i < event.tx_count; i++) {
        txs[i].wire = dure_bytes(large, sizeof large);
    }
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_TOO_LARGE);
    event.kind = DURE_CHAIN_PROCESS;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_TOO_LARGE);
    event.tx_count--;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_MALFORMED);
    event.kind = DURE_CHAIN_FINALIZE;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    free(txs);
    chain_free(chain);
}

static void time_never_goes_back(void **state)
{
    (void)state;
    play_t own = play_make(5, DURE_TRACE_CLOCK_REAL, 0, 20);
    dure_chain_t *chain = chain_new(&own);
    const dure_time_t start = dure_chain_head(chain)->time;
    dure_chain_update_t update;
    dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE, .height = 1, .time = start - 5};
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.header.time, start);
    event.time = UINT64_MAX;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.header.time, DURE_TIME_MAX_MS);
    event.time = start + 7;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.header.time, start + 7);
    assert_int_equal(dure_ledger_time(dure_chain_ledger(chain)), start + 7);
    commit(chain);
    chain_free(chain);
    play_free(&own);
}

/* ---- replay ------------------------------------------------------------------------------------
 */

static void stored_blocks_replay_and_changed_ones_do_not(void **state)
{
    (void)state;
    dure_chain_t *made = chain_new(&play), *read = chain_new(&play);
    dure_chain_update_t update;
    dure_block_t block;
    const char *problem;
    static uint8_t bytes[DURE_BLOCK_SIZE_MAX];
    for (uint32_t first = 0; first < PLAY_COUNT; first += 100) {
        const dure_chain_update_t from = finalize(made, &play, first, 100);
        commit(made);
        memcpy(bytes, from.block.data, from.block.size);
        /* Every byte of the header but the version, which decoding guards, and the time: under a
           driven clock another time is as good, and only the next block's link tells it. */
        for (size_t at = 1; at < DURE_BLOCK_HEADER_SIZE; at++) {
            bytes[at] ^= 1;
            const bool is_time = at >= 9 && at < 17;
            if (!is_time &&
                dure_block_decode(&block, dure_bytes(bytes, from.block.size), &problem)) {
                assert_non_null(dure_chain_replay(read, &block, NULL, &update));
                assert_int_equal(dure_chain_head(read)->height, from.header.height - 1);
            }
            bytes[at] ^= 1;
        }
        assert_true(dure_block_decode(&block, from.block, &problem));
        assert_null(dure_chain_replay(read, &block, NULL, &update));
        assert_heads_equal(made, read);
        assert_string_equal(dure_chain_replay(read, &block, NULL, &update),
                            "the block's height is not the next");
    }
    chain_free(made);
    chain_free(read);
}

/* The play has wrong signatures in it: the block that refused one comes to the same all the same.
 */
static void own_blocks_replay_without_their_signatures(void **state)
{
    (void)state;
    dure_chain_t *made = chain_new(&play), *own = chain_new(&play);
    dure_chain_update_t update;
    dure_block_t block;
    const char *problem;
    uint32_t wrong = 0;
    for (uint32_t first = 0; first < PLAY_COUNT; first += 50) {
        const dure_chain_update_t from = finalize(made, &play, first, 50);
        for (uint32_t i = 0; i < 50; i++) {
            wrong += from.results[i].code == DURE_RESULT_SIGNATURE_WRONG;
        }
        commit(made);
        assert_true(dure_block_decode(&block, from.block, &problem));
        assert_null(dure_chain_replay_own(own, &block, &update));
        assert_heads_equal(made, own);
    }
    assert_true(wrong > 0);
    chain_free(made);
    chain_free(own);
}

/* A block whose signatures were never right: the own log is believed, another's is not. */
static void only_the_own_log_is_believed(void **state)
{
    (void)state;
    static const dure_verdict_t decided = {.result = DURE_VERDICT_DECIDED};
    dure_chain_t *made = chain_new(&play), *read = chain_new(&play);
    dure_chain_update_t update;
    dure_block_t block;
    const char *problem;
    play_blocks(made, &play, 0, 50, 50);
    play_blocks(read, &play, 0, 50, 50);
    uint8_t *wires[10];
    dure_chain_tx_t txs[10];
    for (uint32_t i = 0; i < 10; i++) {
        const dure_bytes_t wire = play.wires[50 + i];
        wires[i] = malloc(wire.size);
        assert_non_null(wires[i]);
        memcpy(wires[i], wire.data, wire.size);
        wires[i][wire.size - 5] ^= 1; /* within the signature, or the witness's length */
        txs[i] = (dure_chain_tx_t){.wire = dure_bytes(wires[i], wire.size), .verdict = &decided};
    }
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(made)->height + 1,
                                      .time = dure_trace_time(play.trace),
                                      .txs = txs,
                                      .tx_count = 10};
    assert_int_equal(dure_chain_step(made, &update, &event), DURE_CHAIN_OK);
    uint32_t done = 0;
    for (uint32_t i = 0; i < 10; i++) {
        done += update.results[i].code == DURE_RESULT_DONE;
    }
    assert_true(done > 0);
    assert_true(dure_block_decode(&block, update.block, &problem));
    dure_chain_update_t again;
    assert_non_null(dure_chain_replay(read, &block, NULL, &again));
    assert_null(dure_chain_replay_own(read, &block, &again));
    for (uint32_t i = 0; i < 10; i++) {
        free(wires[i]);
    }
    chain_free(made);
    chain_free(read);
}

/* ---- checkpoint --------------------------------------------------------------------------------
 */

static void a_checkpoint_continues_as_if_nothing_had_happened(void **state)
{
    (void)state;
    static const size_t parts[] = {1, 13, 4096, 1u << 20};
    for (uint32_t i = 0; i < 4; i++) {
        dure_chain_t *first = chain_new(&play), *second = chain_new(&play);
        const uint32_t cut = i * 210;
        play_blocks(first, &play, 0, cut, 30);
        size_t size, size_again;
        uint8_t *bytes = checkpoint_save(first, &size);
        assert_null(checkpoint_load(second, bytes, size, parts[i]));
        uint8_t *again = checkpoint_save(second, &size_again);
        assert_int_equal(size, size_again);
        assert_memory_equal(bytes, again, size);
        assert_heads_equal(first, second);
        assert_int_equal(dure_ledger_time(dure_chain_ledger(first)),
                         dure_ledger_time(dure_chain_ledger(second)));
        play_blocks(first, &play, cut, PLAY_COUNT, 10);
        play_blocks(second, &play, cut, PLAY_COUNT, 10);
        assert_heads_equal(first, second);
        free(bytes);
        free(again);
        chain_free(first);
        chain_free(second);
    }
}

static void a_checkpoint_of_a_replaced_block_is_the_heads(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play), *other = chain_new(&play);
    play_blocks(chain, &play, 0, 300, 100);
    play_blocks(other, &play, 0, 300, 100);
    (void)finalize(chain, &play, 300, 100);
    (void)finalize(chain, &play, 300, 0);
    commit(chain);
    (void)finalize(other, &play, 300, 0);
    commit(other);
    size_t size_a, size_b;
    uint8_t *a = checkpoint_save(chain, &size_a), *b = checkpoint_save(other, &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    free(a);
    free(b);
    chain_free(chain);
    chain_free(other);
}

static void a_damaged_checkpoint_is_refused(void **state)
{
    (void)state;
    dure_chain_t *chain = chain_new(&play);
    play_blocks(chain, &play, 0, 200, 100);
    size_t size;
    uint8_t *bytes = checkpoint_save(chain, &size);
    chain_free(chain);
    /* Height, time and block hash are guarded by the checkpoint file's own header. */
    for (size_t at = 0; at < size; at += 1 + size / 60) {
        if (at >= 33 && at < 81) {
            continue;
        }
        chain = chain_new(&play);
        bytes[at] ^= 4;
        const char *problem = checkpoint_load(chain, bytes, size, 1000);
        bytes[at] ^= 4;
        if (problem == NULL) {
            /* Only a blind that its table or its party tells anyway: the state is the same. */
            size_t size_again;
            uint8_t *again = checkpoint_save(chain, &size_again);
            assert_int_equal(size, size_again);
            assert_memory_equal(bytes, again, size);
            free(again);
        }
        chain_free(chain);
        chain = chain_new(&play);
        assert_non_null(checkpoint_load(chain, bytes, at, 1000));
        chain_free(chain);
    }
    chain = chain_new(&play);
    uint8_t *longer = malloc(size + 1);
    assert_non_null(longer);
    memcpy(longer, bytes, size);
    longer[size] = 0;
    assert_non_null(checkpoint_load(chain, longer, size + 1, 1000));
    chain_free(chain);
    free(longer);
    free(bytes);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trace_goes_as_it_means_to),
        cmocka_unit_test(the_cut_into_blocks_does_not_matter),
        cmocka_unit_test(the_same_block_again_gives_the_same_bytes),
        cmocka_unit_test(a_block_replaced_before_its_commit_leaves_no_trace),
        cmocka_unit_test(empty_blocks_leave_the_app_hash),
        cmocka_unit_test(bytes_that_are_no_transaction_change_nothing),
        cmocka_unit_test(a_verdict_counts_only_for_its_transaction_and_key),
        cmocka_unit_test(the_signature_of_another_chain_is_refused),
        cmocka_unit_test(the_door_keeps_heights_and_sizes),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(stored_blocks_replay_and_changed_ones_do_not),
        cmocka_unit_test(own_blocks_replay_without_their_signatures),
        cmocka_unit_test(only_the_own_log_is_believed),
        cmocka_unit_test(a_checkpoint_continues_as_if_nothing_had_happened),
        cmocka_unit_test(a_checkpoint_of_a_replaced_block_is_the_heads),
        cmocka_unit_test(a_damaged_checkpoint_is_refused),
    };
    return cmocka_run_group_tests(tests, play_setup, play_teardown);
}
